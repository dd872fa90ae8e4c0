"""MdevFilter: the verdict on one host."""

import pytest

from mdev_inventory.observation import HostFailure, Source
from scheduler_plugins.allocator.model import Slot
from scheduler_plugins.allocator.placement import Placement
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.units.mdev_filter import MdevFilter
from scheduler_plugins.units.verdict import Verdict
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import Q2, A, B, t4

NOW = 1060.0
T4 = inv.host(t4())


def test_no_request_passes_everywhere() -> None:
    """A VM without a request passes, even where nothing is known."""
    verdict = MdevFilter().judge(inv.request(), inv.view(None))

    text = "the VM asks for no mediated device"
    assert Verdict("id-1", True, None, None, text, None, None, "gpu1") == verdict


def test_fits() -> None:
    """A host that fits says where each instance lands, on knowledge how old and whose."""
    verdict = MdevFilter().judge(inv.request(Q2, Q2), inv.view(T4, source=Source.VDSM))

    text = "lands on 0000:3b:00.0 (nvidia-231), 0000:3b:00.0 (nvidia-231)"
    placement = Placement((Slot(A, Q2), Slot(A, Q2)), T4)
    assert Verdict("id-1", True, placement, None, text, 1000.0, Source.VDSM, "gpu1") == verdict


def test_refused() -> None:
    """A host that refuses says why, on knowledge how old and whose."""
    verdict = MdevFilter().judge(inv.request("nvidia-9"), inv.view(T4))

    text = "none of the host's 1 parents offers nvidia-9"
    code = RefusalCode.NO_SUCH_TYPE
    assert Verdict("id-1", False, None, code, text, 1000.0, Source.HOOK, "gpu1") == verdict


def test_source_counts() -> None:
    """What the source cannot know is not held against the host: a vendor not told is none missing."""
    untold = inv.host(inv.unseen(t4())._replace(vendor=None))

    assert MdevFilter().judge(inv.request(Q2), inv.view(untold, source=Source.ENGINE)).fits
    assert not MdevFilter().judge(inv.request(Q2), inv.view(untold, source=Source.HOOK)).fits


def test_placement_of_the_host_counts() -> None:
    """With separate placement a second card takes the second instance."""
    two = inv.host(t4(), t4(B))

    verdict = MdevFilter().judge(inv.request(Q2, Q2), inv.view(two, separate=True))

    assert "lands on 0000:3b:00.0 (nvidia-231), 0000:3c:00.0 (nvidia-231)" == verdict.text


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        pytest.param(None, "nothing is known of the host's devices, it was not asked yet", id="not asked yet"),
        pytest.param(
            HostFailure("id-1", "tls", "gpu1:54321 presents a foreign certificate", 990.0),
            "nothing is known of the host's devices: gpu1:54321 presents a foreign certificate",
            id="does not answer",
        ),
    ],
)
def test_nothing_known(failure: HostFailure | None, text: str) -> None:
    """A host that was never seen is dropped, with the reason why nothing is known of it."""
    verdict = MdevFilter().judge(inv.request(Q2), inv.view(None, failure=failure))

    assert Verdict("id-1", False, None, RefusalCode.NO_INVENTORY, text, None, None, "gpu1") == verdict


def test_last_inventory_counts_though_the_host_failed_since() -> None:
    """The last inventory counts though the host failed since; its age is told."""
    failure = HostFailure("id-1", "timeout", "gpu1:54321 did not answer within 10 s", 1050.0)

    assert MdevFilter().judge(inv.request(Q2), inv.view(T4, failure=failure)).fits
