"""A simulated data centre: hosts with real device profiles, an engine, VM starts.

Only the kernel driver and the engine are simulated; what speaks to them is the product itself. The
simulation keeps to what is known of the real ones and shares no code with the decisions it is used to judge.
"""
