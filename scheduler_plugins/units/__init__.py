"""The policy units: pure, one file each, beside the figures that they go by.

The entrance, and where a new unit is entered, is `registry`. A unit judges one host at a time, asking nobody.
"""
