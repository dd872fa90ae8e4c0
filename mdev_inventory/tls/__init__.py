"""TLS as both clients speak it, to hosts and to the engine: one strictness, and a name for each way it fails.

The entrances are `context.trusting` and `causes.told`. It knows neither VDSM nor the engine.
"""
