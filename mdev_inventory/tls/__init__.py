"""TLS as both clients speak it, to hosts and to the engine: one strictness, and a name for each way it fails.

The entrances are `context.trusting` and `causes.told`; `remedies` has what to do about these and about all other
errors of a host's VDSM and of the engine. It asks nobody but the server whose certificate was refused.
"""
