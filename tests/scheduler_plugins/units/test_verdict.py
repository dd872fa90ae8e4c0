"""The summary of a decision: one line, the most telling refusal first."""

import pytest

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.units.verdict import Verdict, summary

C = RefusalCode


def refused(name: str, code: RefusalCode) -> Verdict:
    """A host that refuses."""
    return Verdict(f"id-{name}", False, None, code, f"because of {name}", 1.0, None, name)


def fitting(name: str) -> Verdict:
    """A host that fits."""
    return Verdict(f"id-{name}", True, None, None, "lands", 1.0, None, name)


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        pytest.param([], "no host was asked about", id="no host"),
        pytest.param([fitting("a")], "fits on 1 of 1 hosts", id="fits"),
        pytest.param([refused("a", C.CLAIMED), fitting("b")], "fits on 1 of 2 hosts", id="fits on some"),
        pytest.param(
            [refused("a", C.NO_SUCH_TYPE), refused("b", C.NO_FREE_INSTANCE), refused("c", C.NO_FREE_INSTANCE)],
            "no capacity left on 2 of 3 hosts; no such type on 1 of 3 hosts (b: because of b)",
            id="capacity leads",
        ),
        pytest.param(
            [refused("a", C.NO_SUCH_TYPE), refused("b", C.NO_SUCH_TYPE)],
            "no such type anywhere (a: because of a)",
            id="no such type anywhere",
        ),
        pytest.param(
            [refused("a", C.NO_FREE_INSTANCE)] * 2,
            "no capacity left on all 2 hosts (a: because of a)",
            id="one reason for all",
        ),
        pytest.param(
            [refused(code.value, code) for code in C],
            "no capacity left on 1 of 8 hosts; cards held by another type on 1 of 8 hosts;"
            " taken by starts in flight on 1 of 8 hosts; the host's allocator fails on 1 of 8 hosts;"
            " no vGPU support on the host on 1 of 8 hosts; nothing known of the host on 1 of 8 hosts;"
            " more vGPUs than one VM may have on 1 of 8 hosts;"
            " no such type on 1 of 8 hosts (no-free-instance: because of no-free-instance)",
            id="every reason, in its order",
        ),
    ],
)
def test_summary(verdicts: list[Verdict], text: str) -> None:
    """Reasons come in the order of what they tell, with the first host of the leading one."""
    assert text == summary(verdicts)


def test_host_without_name() -> None:
    """A host without a name is told by its id."""
    verdict = Verdict("id-1", False, None, C.NO_INVENTORY, "never seen", None, None)

    assert "nothing known of the host on all 1 hosts (id-1: never seen)" == summary([verdict])
