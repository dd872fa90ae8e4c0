"""Why a question cannot be decided: one class per situation, each with a code that machines may rely on."""


class SchedulerError(Exception):
    """A question that has no decision; `code` is stable, the text is for people."""

    code = "fault"


class UnknownUnitError(SchedulerError):
    """No policy unit of that name."""

    code = "unknown-unit"

    def __init__(self, unit: str, known: list[str]) -> None:
        """`known` are the names that would have been right."""
        super().__init__(f"no policy unit {unit!r}; there are: {', '.join(known)}")


class MalformedIdError(SchedulerError):
    """An id that is no UUID: the engine never sends one."""

    code = "malformed-id"

    def __init__(self, what: str, value: str) -> None:
        """`what` the id names: a VM or a host."""
        super().__init__(f"{what} id {value[:80]!r} is no UUID")


class UnknownVmError(SchedulerError):
    """The engine has no such VM."""

    code = "unknown-vm"

    def __init__(self, vm: str) -> None:
        """`vm` is the id or name asked for."""
        super().__init__(f"the engine knows no VM {vm!r}; ask by the VM's id, or by its name as the portal shows it")


class AmbiguousNameError(SchedulerError):
    """Several VMs bear that name, in different data centers."""

    code = "ambiguous-name"


class EngineSilentError(SchedulerError):
    """Only the engine could tell, and it does not answer."""

    code = "engine-unreachable"

    def __init__(self, what: str, reason: str) -> None:
        """`what` was to be learned, and the `reason` why it could not be."""
        super().__init__(f"cannot learn {what} from the engine: {reason}")
