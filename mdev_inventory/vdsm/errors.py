"""What can go wrong when a host's VDSM is asked, each with a code for programs and a remedy for people.

The remedies are in `mdev_inventory.tls.remedies`.
"""

import json
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mdev_inventory.tls import causes, remedies
from mdev_inventory.tls.causes import Cause
from mdev_inventory.vdsm.connection import ClosedError, DistrustError, Phase
from mdev_inventory.vdsm.stomp import Frame, FrameError

RECOVERING = 99
"""VDSM's code while it finds its VMs again after a restart: ask again later."""


class ErrorCode(StrEnum):
    """Stable for machines: who has to look where. What TLS may fail by has the codes of `Cause`."""

    CONNECT = "connect"
    """No TCP connection: the name is unknown, nothing listens, no route."""
    TIMEOUT = "timeout"
    """The deadline passed; `phase` says in what."""
    PROTOCOL = "protocol"
    """What came was no answer to our question."""
    VDSM = "vdsm"
    """VDSM answered with an error; `rpc_code` is its number."""


class VdsmError(Exception):
    """A call to a host's VDSM that brought no result."""

    def __init__(
        self, code: ErrorCode | Cause, seen: str, phase: Phase, rpc_code: int | None = None, key: str = ""
    ) -> None:
        """`seen` names host, port, method and what happened; `key` finds what to do, where not `code` does."""
        self.seen, self.key = seen, str(key or code)
        super().__init__(f"{seen}; {remedies.HOST[self.key]}")
        self.code = code
        self.phase = phase
        self.rpc_code = rpc_code


@dataclass(slots=True)
class Call:
    """One call under way: knows enough to name what went wrong with it."""

    address: str
    port: int
    method: str
    deadline_s: float
    ca_file: Path
    phase: Phase = Phase.LOOKUP
    foreign_ids: int = 0
    """Answers received that carried another id than ours."""

    def enter(self, phase: Phase) -> None:
        """The conversation reached this phase."""
        self.phase = phase

    def error(self, code: ErrorCode | Cause, seen: str, rpc_code: int | None = None, key: str = "") -> VdsmError:
        """An error that names the host and the method."""
        where = f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
        text = f"VDSM at {where}, {self.method}: {seen}"
        return VdsmError(code, text, self.phase, rpc_code, key)

    def overdue(self) -> VdsmError:
        """The deadline passed."""
        if self.foreign_ids:
            seen = f"{self.foreign_ids} answers to other requests, none to ours within {self.deadline_s:.4g} s"
            return self.error(ErrorCode.PROTOCOL, seen)
        seen = f"gave up after {self.deadline_s:.4g} s, waiting for: {self.phase}"
        return self.error(ErrorCode.TIMEOUT, seen, key=_UNREACHED.get(self.phase, ""))

    def failed(self, error: Exception) -> VdsmError:
        """The error of a lower layer, by what it is and by the phase it came in."""
        asked = causes.Asked(self.address, self.ca_file)
        if isinstance(error, DistrustError):
            return self.error(*causes.told(error.error, asked, error.shown))
        if isinstance(error, ssl.SSLError) and not isinstance(error, causes.ENDS):
            return self.error(*causes.told(error, asked))
        if isinstance(error, FrameError):
            return self.error(ErrorCode.PROTOCOL, str(error))
        if self.phase in _UNREACHED:
            what = f"look up {self.address!r}" if self.phase is Phase.LOOKUP else "connect"
            return self.error(ErrorCode.CONNECT, f"cannot {what} ({error})", key=_UNREACHED[self.phase])
        half = isinstance(error, ClosedError) and error.within_frame
        if self.phase is Phase.ANSWER or half:
            what = "in the middle of its answer" if half else "without an answer"
            return self.error(ErrorCode.PROTOCOL, f"closed the connection {what}")
        # With TLS 1.3 a server refuses our certificate after our side of the handshake is done, and what
        # arrives first, its alert or the end of the connection, is chance.
        return self.error(Cause.TLS, "closed the connection in the handshake")

    def refused(self, frame: Frame) -> VdsmError:
        """A frame that is no answer: ERROR, or one that has no place here."""
        text = frame.headers.get("message", "") + " " + frame.body[:200].decode(errors="replace")
        return self.error(ErrorCode.PROTOCOL, f"{frame.command} frame instead of an answer: {text.strip()}")

    def answer(self, body: bytes) -> dict[str, Any]:
        """A message's body as the JSON object that it must be."""
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self.error(ErrorCode.PROTOCOL, f"the answer is not JSON ({error}): {body[:60]!r}") from error
        if not isinstance(answer, dict):
            raise self.error(ErrorCode.PROTOCOL, f"the answer is no JSON object: {body[:60]!r}")
        return answer

    def result(self, answer: dict[str, Any]) -> Any:
        """The result in the answer to us; raises VDSM's error where it holds one."""
        match answer:
            case {"error": {"code": int(code), "message": message}}:
                raise self.error(ErrorCode.VDSM, f"error {code}: {str(message)[:500]}", code)
            case {"error": error}:
                raise self.error(ErrorCode.PROTOCOL, f"an error without code and message: {str(error)[:200]}")
            case {"result": result}:
                return result
        raise self.error(ErrorCode.PROTOCOL, "an answer with neither result nor error")


_UNREACHED = {Phase.LOOKUP: "lookup", Phase.CONNECT: "connect"}
"""Where no connection came about, what is to be done hangs on how far it got."""
