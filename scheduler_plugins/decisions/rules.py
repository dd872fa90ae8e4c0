"""What can be set about decisions while starts are in flight."""

from dataclasses import dataclass
from typing import Protocol

from scheduler_plugins.decisions.settling import Waiting


class Settings(Waiting, Protocol):
    """Section `[decisions]` of the configuration; times in seconds."""

    @property
    def unresolved_timeout(self) -> float:
        """How long a decision counts whose host is not known."""

    @property
    def claim_timeout(self) -> float:
        """How long a claim lasts at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The usual settings."""

    unresolved_timeout: float = 30.0
    claim_timeout: float = 300.0
    recheck_deadline: float = 1.5
    recheck_hosts: int = 16


USUAL = Rules()
