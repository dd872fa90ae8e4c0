"""What the plugin does while the service is down: by the files that the service left."""

import os
import time

import pytest

from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.proxy.asking import HOSTS, OTHER_VM, Proxy, Ran, server
from tests.scheduler_plugins.service.fakes import HOST_A, VM


def test_down_a_vm_without_a_request_passes(proxy: Proxy) -> None:
    """With the service down, only who asks for devices is held back."""
    proxy.knows(OTHER_VM)

    assert HOSTS == proxy.run("MdevFilter").literal
    assert [(host, 0) for host in HOSTS] == proxy.run("MdevSpread").literal


@pytest.mark.parametrize("word", [None, "drop", "nonsense"])
def test_down_a_vm_with_a_request_is_dropped(proxy: Proxy, word: str | None) -> None:
    """By default, and where the word is not understood: it would start where its device is not free."""
    proxy.knows(OTHER_VM, VM, on_failure=word)

    assert [] == proxy.run("MdevFilter").literal


def test_down_a_drop_is_remembered(proxy: Proxy) -> None:
    """One line a start for the service, once it is back: which VM, and when, behind what is there."""
    proxy.knows(VM)
    dropped = proxy.state / "dropped"
    dropped.write_text("before\n")
    since = time.time()

    assert [] == proxy.run("MdevFilter").literal
    assert [] == proxy.run("MdevFilter", vm=VM.upper()).literal
    before, *lines = dropped.read_text().splitlines()
    assert "before" == before
    assert [VM, VM] == [line.split()[0] for line in lines]
    assert all(since - 1 <= float(line.split()[1]) <= time.time() + 1 for line in lines)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "link", "full"])
def test_a_drop_that_cannot_be_remembered_is_one_all_the_same(own_proxy: Proxy, kind: str) -> None:
    """Whatever lies there: no word, no wait, the same answer, and nothing written where we should not."""
    own_proxy.knows(VM)
    dropped, elsewhere = own_proxy.state / "dropped", own_proxy.state / "elsewhere"
    elsewhere.touch()
    if kind == "folder":
        dropped.mkdir()
    elif kind == "pipe":
        os.mkfifo(dropped)
    elif kind == "link":
        dropped.symlink_to(elsewhere)
    elif kind == "full":
        dropped.write_bytes(b"x" * 65536)

    assert [] == own_proxy.run("MdevFilter").literal
    assert "" == elsewhere.read_text()
    assert kind != "missing" or not dropped.exists()
    assert kind != "full" or dropped.stat().st_size == 65536


@pytest.mark.parametrize(
    ("unit", "vm", "word"),
    [
        pytest.param("MdevFilter", OTHER_VM, "drop", id="no request"),
        pytest.param("MdevFilter", VM, "pass", id="on pass"),
        pytest.param("MdevConsolidate", VM, "drop", id="a weight"),
    ],
)
def test_what_is_no_drop_is_not_remembered(own_proxy: Proxy, unit: str, vm: str, word: str) -> None:
    """Only VMs that were refused are told of."""
    own_proxy.knows(VM, on_failure=word)
    (own_proxy.state / "dropped").touch()
    own_proxy.run(unit, vm=vm)

    assert "" == (own_proxy.state / "dropped").read_text()


def test_down_a_vm_with_a_request_is_left_to_the_engine_on_pass(proxy: Proxy) -> None:
    """The run fails, so that the proxy skips the filter, and logs it."""
    proxy.knows(VM, on_failure="pass")

    assert Ran(1, "", "") == proxy.run("MdevFilter")


def test_down_a_weight_fails_for_a_vm_with_a_request(proxy: Proxy) -> None:
    """Zeros would say that every host is the best."""
    proxy.knows(VM)

    assert Ran(1, "", "") == proxy.run("MdevConsolidate")


@pytest.mark.parametrize("unit", [*FILTERS, *WEIGHTS])
def test_down_and_nothing_known_fails(proxy: Proxy, unit: str) -> None:
    """Without the file nobody can tell who asks for devices: skipped and logged, not refused."""
    assert Ran(1, "", "") == proxy.run(unit)


def test_down_and_the_file_is_no_text(own_proxy: Proxy) -> None:
    """A damaged file is as good as none."""
    (own_proxy.state / "vms-with-request").write_bytes(b"\xff\xfe")

    assert Ran(1, "", "") == own_proxy.run("MdevFilter")


@pytest.mark.parametrize("unit", [*FILTERS, *WEIGHTS])
@pytest.mark.parametrize("answer", [b"!fault: x\n", b"!\n"], ids=["with a text", "bare"])
def test_an_error_of_the_service_fails_the_unit(proxy: Proxy, unit: str, answer: bytes) -> None:
    """It runs, and cannot decide this question: the proxy skips the unit, and nothing is told as a refusal."""
    proxy.knows(VM, on_failure="drop")
    (proxy.state / "dropped").touch()
    with server(proxy.socket, answer):
        assert Ran(1, "", "") == proxy.run(unit)

    assert "" == (proxy.state / "dropped").read_text()


@pytest.mark.parametrize(
    "answer",
    [b"", b"['" + HOST_A.encode(), b"\n", b"!fault: x", b"\xff\n"],
    ids=["nothing", "half a line", "empty line", "half an error", "not ASCII"],
)
def test_what_is_no_whole_answer_is_as_if_it_were_down(proxy: Proxy, answer: bytes) -> None:
    """The service died while it answered: half a list of hosts must not pass for the answer."""
    proxy.knows(VM)
    with server(proxy.socket, answer):
        assert [] == proxy.run("MdevFilter").literal
