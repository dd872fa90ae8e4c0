"""Time in the simulated data centre, virtual or real, and what happens in it.

`Timeline` is the queue of everything that will happen, `RealTime` drives one by the clock. `processes` lets
what takes time be written from top to bottom; `outside` and `turns` ask what is not simulated. The room knows
nothing of hosts or engines.
"""

from simulation.timeline.timeline import RealTime, Timeline, TimelineError

__all__ = ["RealTime", "Timeline", "TimelineError"]
