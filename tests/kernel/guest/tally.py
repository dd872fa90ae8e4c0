"""What a run did and found, for people."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one run."""

    executed: int = 0
    forked: int = 0
    creations: int = 0
    removals: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """The kernel's, by errno."""
    verdicts: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    """Requests by view: whether the replay placed all of it, whether the kernel created all of it."""
    predictions: Counter[str] = field(default_factory=Counter)
    """Inventories predicted and compared, by view."""
    figures: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Figures in them, by view and parent."""
    below: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those below the kernel's."""
    farthest: Counter[str] = field(default_factory=Counter)
    """By view, how many instances the farthest of them were below."""
    capacities: int = 0
    """Times that free_instances was held against creating until the kernel refused."""
    churned: int = 0

    def report(self) -> str:
        """The counts as text."""
        views = (line for view in self.predictions for line in self._view(view))
        return "\n".join(f"  {line}" for line in (*self._steps(), *views))

    def _steps(self) -> list[str]:
        refused = self.refusals.total()
        churned = f"; {self.churned} more while an instance came and went" if self.churned else ""
        return [
            f"{self.creations + refused + self.removals} steps: {self.creations} creations,"
            f" {self.removals} removals, {refused} refused by the kernel ({_listed(self.refusals)})",
            f"{self.executed + self.forked} inventories equal the kernel's files: {self.executed} from the"
            f" archive executed, {self.forked} from it loaded and forked{churned}",
            f"{self.capacities} times free_instances was just what the kernel then created",
        ]

    def _view(self, view: str) -> list[str]:
        both, neither = self.verdicts[view, True, True], self.verdicts[view, False, False]
        refused = self.verdicts[view, False, True]
        parents = [
            f"{parent} {_share(self.below[key], count)}"
            for key in sorted(self.figures)
            for parent, count in [(key[1], self.figures[key])]
            if key[0] == view
        ]
        return [
            f"{view}: {both + neither + refused} requests: {both} fit by replay and kernel, {neither} by"
            f" neither, 0 by the replay alone; false refusals {_share(refused, both + refused)}",
            f"{view}: {self.predictions[view]} predictions, no figure above the kernel's; below it by"
            f" {self.farthest[view]} at most: {', '.join(parents)}",
        ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"
