"""Starts in flight: what was promised to VMs that no inventory shows yet, from the decision to its end.

The entrance is `store.ClaimStore`. It knows inventories, but neither units nor how a decision is made.
"""
