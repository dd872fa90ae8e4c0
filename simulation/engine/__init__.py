"""A simulated oVirt engine: VM starts, scheduling with external units, and the REST API.

It keeps to what is known of the real engine's commands; the docstrings name the command or class whose
rule they follow. `SimulatedEngine` is the whole; everything else is a part of it.
"""

from simulation.engine.engine import SimulatedEngine

__all__ = ["SimulatedEngine"]
