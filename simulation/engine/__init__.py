"""A simulated oVirt engine: VM starts, scheduling with external units, and the REST API.

It keeps to what is known of the real engine's commands; the docstrings name the command or class whose rule
they follow. `SimulatedEngine` is the whole, `rest.server.RestServer` serves it: whoever builds a data centre
puts the two together. What the engine's database holds is in `state`, what its parts share in `world`.
"""

from simulation.engine.engine import SimulatedEngine

__all__ = ["SimulatedEngine"]
