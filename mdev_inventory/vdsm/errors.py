"""What can go wrong when a host's VDSM is asked, each with a code for programs and a remedy for people."""

import json
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mdev_inventory.vdsm.connection import STREAM_ENDS, ClosedError, Phase
from mdev_inventory.vdsm.stomp import Frame, FrameError

RECOVERING = 99
"""VDSM's code while it finds its VMs again after a restart: ask again later."""


class CredentialsError(Exception):
    """A certificate or key file that cannot be used."""

    def __init__(self, file: Path, reason: str) -> None:
        """`file` is the one to look at, `reason` a clause that follows its name."""
        super().__init__(f"{file} {reason}")
        self.file = file


class ErrorCode(StrEnum):
    """Stable for machines: who has to look where."""

    CONNECT = "connect"
    """No TCP connection: the name is unknown, nothing listens, no route."""
    TLS = "tls"
    """One side does not trust the other, or does not speak TLS."""
    TIMEOUT = "timeout"
    """The deadline passed; `phase` says in what."""
    PROTOCOL = "protocol"
    """What came was no answer to our question."""
    VDSM = "vdsm"
    """VDSM answered with an error; `rpc_code` is its number."""


class VdsmError(Exception):
    """A call to a host's VDSM that brought no result."""

    def __init__(self, code: ErrorCode, text: str, phase: Phase, rpc_code: int | None = None) -> None:
        """`text` names host, port, method, what happened and what to do."""
        super().__init__(text)
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

    def error(self, code: ErrorCode, reason: str, rpc_code: int | None = None) -> VdsmError:
        """An error that names the host and the method; `reason` includes the remedy."""
        where = f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
        return VdsmError(code, f"VDSM at {where}, {self.method}: {reason}", self.phase, rpc_code)

    def overdue(self) -> VdsmError:
        """The deadline passed."""
        if self.foreign_ids:
            reason = f"{self.foreign_ids} answers to other requests, none to ours within {self.deadline_s:.4g} s"
            return self.error(ErrorCode.PROTOCOL, f"{reason}; restart vdsmd there if this stays")
        reason = f"gave up after {self.deadline_s:.4g} s, waiting for: {self.phase}; {_WAITING[self.phase]}"
        return self.error(ErrorCode.TIMEOUT, reason)

    def failed(self, error: Exception) -> VdsmError:
        """The error of a lower layer, by what it is and by the phase it came in."""
        if isinstance(error, ssl.SSLError) and not isinstance(error, STREAM_ENDS):
            return self.error(ErrorCode.TLS, self._tls_reason(error))
        if isinstance(error, FrameError):
            return self.error(ErrorCode.PROTOCOL, f"{error}; is this VDSM's port?")
        if self.phase in (Phase.LOOKUP, Phase.CONNECT):
            return self.error(ErrorCode.CONNECT, self._unreachable_reason(error))
        half = isinstance(error, ClosedError) and error.within_frame
        if self.phase is Phase.ANSWER or half:
            what = "in the middle of its answer" if half else "without an answer"
            reason = f"closed the connection {what}; see vdsm.log there, vdsmd may have been restarted"
            return self.error(ErrorCode.PROTOCOL, reason)
        # With TLS 1.3 a server refuses our certificate after our side of the handshake is done, and what
        # arrives first, its alert or the end of the connection, is chance.
        return self.error(ErrorCode.TLS, f"closed the connection in the handshake: {_REFUSED_OR_NO_TLS}")

    def _tls_reason(self, error: ssl.SSLError) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            if error.verify_code in _NAME_MISMATCHES:
                return (
                    f"its certificate is for another address ({error.verify_message}); enroll the host's"
                    " certificate in the engine again, or set check_hostname = false in section [vdsm]"
                )
            return (
                f"its certificate is not trusted ({error.verify_message}) by the CA file {self.ca_file};"
                " compare it with the engine's /etc/pki/ovirt-engine/ca.pem"
            )
        if "ALERT" in (error.reason or ""):
            return f"it refused us ({error.reason}): {_REFUSED_OR_NO_TLS}"
        return f"no TLS there ({error.reason or error}): {_REFUSED_OR_NO_TLS}"

    def _unreachable_reason(self, error: Exception) -> str:
        if self.phase is Phase.LOOKUP:
            return f"cannot look up {self.address!r} ({error}); check the host's address in the engine, and DNS"
        return f"cannot connect ({error}); check that vdsmd runs there and that no firewall blocks the port"

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
                remedy = "; it answers again once it has found its VMs" if code == RECOVERING else ""
                raise self.error(ErrorCode.VDSM, f"error {code}: {str(message)[:500]}{remedy}", code)
            case {"error": error}:
                raise self.error(ErrorCode.PROTOCOL, f"an error without code and message: {str(error)[:200]}")
            case {"result": result}:
                return result
        raise self.error(ErrorCode.PROTOCOL, "an answer with neither result nor error")


_NAME_MISMATCHES = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""

_REFUSED_OR_NO_TLS = (
    "our certificate must be signed by the engine's CA and be in date, and VDSM must listen there with TLS"
)

_WAITING = {
    Phase.LOOKUP: "check name resolution on this machine",
    Phase.CONNECT: "the host is down or a firewall drops the packets",
    Phase.HANDSHAKE: "something accepts connections there but VDSM does not serve them: restart vdsmd",
    Phase.LOGIN: "VDSM is overloaded or no VDSM: see vdsm.log there",
    Phase.ANSWER: "VDSM is overloaded, or a hook of it hangs: see vdsm.log there",
}
