"""Asks the engine over its REST API: hosts, VMs and what they ask for, host devices, events, its set-up.

The entrance is `api.EngineApi`, and for doctor `administration.Administration`; what they tell is in `model`.
It keeps nothing but a token, and knows neither what hosts say themselves nor what is decided.
"""
