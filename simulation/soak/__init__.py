"""A service under a long, mixed load: does it stay as small as it was?

`python -m simulation.soak` runs the data centre, the service and the load; `load.py` has what is asked,
`footprint.py` what is measured of the service's process and when that counts as flat.
"""
