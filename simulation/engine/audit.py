"""The audit log: what `GET /events` shows, with the codes of AuditLogType."""

from dataclasses import dataclass
from enum import IntEnum

ORIGIN = "oVirt"
NO_CUSTOM_ID = -1
MAX_DESCRIPTION = 10000
"""Longer texts are abbreviated."""


class Code(IntEnum):
    """AuditLogType, as far as the simulation writes it."""

    USER_RUN_VM = 32
    USER_FAILED_RUN_VM = 54
    VM_DOWN = 61
    VM_MIGRATION_DONE = 63
    VM_MIGRATION_FAILED = 65
    VM_DOWN_ERROR = 119
    USER_STARTED_VM = 153
    HOST_REFRESHED = 606
    CONNECT_TO_SCHEDULER_PROXY_FAILED = 9920
    EXTERNAL_EVENT_NORMAL = 9801
    EXTERNAL_EVENT_WARNING = 9802
    EXTERNAL_EVENT_ERROR = 9803
    EXTERNAL_EVENT_ALERT = 9804
    EXTERNAL_SCHEDULER_PLUGIN_ERROR = 10500
    EXTERNAL_SCHEDULER_ERROR = 10501


SEVERITIES = {
    Code.USER_FAILED_RUN_VM: "error",
    Code.VM_DOWN_ERROR: "error",
    Code.VM_MIGRATION_FAILED: "error",
    Code.CONNECT_TO_SCHEDULER_PROXY_FAILED: "error",
    Code.EXTERNAL_SCHEDULER_PLUGIN_ERROR: "error",
    Code.EXTERNAL_SCHEDULER_ERROR: "error",
}
"""Those that are not `normal`."""
EXTERNAL_CODES = {
    "normal": Code.EXTERNAL_EVENT_NORMAL,
    "warning": Code.EXTERNAL_EVENT_WARNING,
    "error": Code.EXTERNAL_EVENT_ERROR,
    "alert": Code.EXTERNAL_EVENT_ALERT,
}
"""By the severity of an external event."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry; `time` is the timeline's, in seconds."""

    index: int
    time: float
    code: int
    severity: str
    description: str
    about: "About"
    origin: str = ORIGIN
    custom_id: int = NO_CUSTOM_ID


class DuplicateEventError(ValueError):
    """(origin, custom_id) is in the log already."""


@dataclass(frozen=True, slots=True)
class About:
    """The objects that an entry is about, by id."""

    vm_id: str | None = None
    host_id: str | None = None
    cluster_id: str | None = None


class AuditLog:
    """All entries, oldest first, numbered from 1."""

    def __init__(self) -> None:
        """Empty."""
        self.events: list[AuditEvent] = []
        self._external: set[tuple[str, int]] = set()

    def write(self, code: Code, time: float, description: str, about: About | None = None) -> AuditEvent:
        """Adds an entry of the engine's own."""
        return self._add(code, time, SEVERITIES.get(code, "normal"), description, about or About())

    def write_external(
        self, time: float, severity: str, description: str, about: About, *, origin: str, custom_id: int
    ) -> AuditEvent:
        """Adds an entry of somebody else's (AddExternalEvent); DuplicateEventError where it is known."""
        if (origin, custom_id) in self._external:
            raise DuplicateEventError(f"origin {origin!r} has an event with custom_id {custom_id} already")
        self._external.add((origin, custom_id))
        text = description[:MAX_DESCRIPTION]
        return self._add(EXTERNAL_CODES[severity], time, severity, text, about, origin, custom_id)

    def codes(self) -> list[int]:
        """The codes in order."""
        return [event.code for event in self.events]

    def _add(
        self,
        code: Code,
        time: float,
        severity: str,
        description: str,
        about: About,
        origin: str = ORIGIN,
        custom_id: int = NO_CUSTOM_ID,
    ) -> AuditEvent:
        index = len(self.events) + 1
        event = AuditEvent(index, time, code, severity, description, about, origin, custom_id)
        self.events.append(event)
        return event
