"""Scheduling policies: which units a cluster uses, how they are changed, what a rejected change leaves.

The entrance is `Policies`; what of a change is valid is in `rules`, what the engine brings along in
`built_in`.
"""

from simulation.engine.policies.policies import Policies, SchedulingPolicy

__all__ = ["Policies", "SchedulingPolicy"]
