"""An error's own text and doctor agree on what to do, and it is said once."""

from pathlib import Path

import pytest

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import Host
from mdev_inventory.model import InventoryError
from mdev_inventory.tls import remedies
from mdev_inventory.vdsm.connection import ClosedError, Phase
from mdev_inventory.vdsm.errors import Call, ErrorCode, VdsmError
from mdev_inventory.vdsm.key_reader import from_key
from scheduler_plugins.doctor import unreached
from scheduler_plugins.doctor.catalogue import KINDS
from scheduler_plugins.doctor.gather import hosts
from tests.scheduler_plugins.doctor.well import gpu, said

CALL = Call("gpu.example.com", 54321, "Host.getCapabilities", 5.0, Path("/ca.pem"))
HOST = Host("h-1", "gpu", "127.0.0.1", 54321, "up", "c-1", separate=False)


@pytest.mark.parametrize("phase", [*Phase])
@pytest.mark.parametrize("late", [False, True], ids=["failed", "late"])
def test_a_host_that_cannot_be_asked(phase: Phase, late: bool) -> None:
    """In whatever phase it fails or hangs: the finding's remedy is the one with which the error's text ends."""
    CALL.enter(phase)
    error = CALL.overdue() if late else CALL.failed(ClosedError(within_frame=False))
    (found,) = [each for each in said(gpu(code=error.key, error=error.seen), "VDSM") if each.code]

    assert str(error) == f"{found.seen}; {found.remedy}"


@pytest.mark.parametrize("key", remedies.HOST)
def test_every_error_of_a_host(key: str) -> None:
    """Each has a finding of its own, with its own remedy."""
    error = VdsmError(ErrorCode.CONNECT, "no", Phase.CONNECT, key=key)

    assert f"no; {KINDS[unreached.of_host(key)].remedy}" == str(error)
    assert len(remedies.HOST) == len({unreached.of_host(one) for one in remedies.HOST})


@pytest.mark.parametrize("code", unreached.ENGINE)
def test_every_error_of_the_engine(code: str) -> None:
    """Likewise."""
    error = EngineError(code, "no", advised=True)  # type: ignore[arg-type] # a str in the table

    assert f"no; {KINDS[unreached.of_engine(code)].remedy}" == str(error)


def test_a_refused_login() -> None:
    """Likewise."""
    assert str(EngineError("auth", "no", advised=True)) == f"no; {KINDS['credentials-refused'].remedy}"


@pytest.mark.parametrize("key", [{"schema": 99}, {"schema": 0}, {"schema": 2}, "text"], ids=str)
def test_a_hook_that_cannot_be_understood(key: object) -> None:
    """Whichever side is to be updated, doctor says the same as the error."""
    with pytest.raises(InventoryError) as caught:
        from_key(key)
    facts = hosts.told(HOST, {"mdev_inventory": key}, 1.0, 2.0)
    (found,) = [
        each for each in said(gpu(hook_error=facts.hook_error, hook_remedy=facts.hook_remedy), "hook") if each.code
    ]

    assert f"host gpu: {caught.value}" == f"{found.seen}; {found.remedy}"
