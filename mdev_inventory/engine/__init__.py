"""The engine: what it knows of hosts, VMs and host devices, asked over its REST API.

The entrance is `api.EngineApi`, a method for each question. It knows nothing of who asks, nor what for.
"""
