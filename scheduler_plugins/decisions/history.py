"""The last decisions, in memory: for the page, and so that weights find the decision that they belong to."""

import threading
from collections import deque
from dataclasses import replace

from scheduler_plugins.decisions.decision import Decision, Weights

KEPT = 200
"""So many decisions are kept,"""
VERDICTS_KEPT = 50_000
"""with so many verdicts in all, about 1 KiB each; the last decision always is."""


class History:
    """Keeps the last decisions; safe for threads."""

    def __init__(self) -> None:
        """Nothing was decided yet."""
        self._decisions: deque[Decision] = deque()
        self._verdicts = 0
        """In all of them."""
        self._lock = threading.Lock()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The last decisions, newest first."""
        with self._lock:
            return tuple(reversed(self._decisions))

    def add(self, decision: Decision) -> None:
        """One more; the oldest go."""
        with self._lock:
            self._decisions.append(decision)
            self._verdicts += len(decision.verdicts)
            while len(self._decisions) > KEPT or (self._verdicts > VERDICTS_KEPT and len(self._decisions) > 1):
                self._verdicts -= len(self._decisions.popleft().verdicts)

    def add_weights(self, vm_id: str, weights: Weights) -> Decision | None:
        """The VM's last decision, which has these weights from now on; None where there is none."""
        with self._lock:
            for index in reversed(range(len(self._decisions))):
                decision = self._decisions[index]
                if decision.vm_id == vm_id:
                    others = tuple(kept for kept in decision.weights if kept.unit != weights.unit)
                    decision = replace(decision, weights=(*others, weights))
                    self._decisions[index] = decision
                    return decision
        return None
