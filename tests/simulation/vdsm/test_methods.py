"""The methods of a simulated VDSM, and hooks run by VDSM's rules."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from simulation.vdsm.methods import Methods
from tests.mdev_inventory.vdsm.world import FakeHost

VMS = [{"vmId": "v1", "status": "Up"}, {"vmId": "v2", "status": "WaitForLaunch"}]
DEVICES = {"pci_1": {"params": {"capability": "pci"}}, "usb_1": {"params": {"capability": "usb"}}}
DOMAINS = {"v1": "<domain/>", "v2": "<domain>2</domain>"}
HOST = FakeHost({"software_version": "4.50"}, DEVICES, VMS, DOMAINS)


def write_hook(directory: Path, text: str, mode: int = 0o755) -> Path:
    """An executable Python script; `path` is the JSON file's, `caps` what it holds."""
    hook = directory / "50_hook"
    head = "import json, os, sys\npath = os.environ['_hook_json']\ncaps = json.load(open(path))\n"
    hook.write_text(f"#!{sys.executable}\n{head}{text}\n")
    hook.chmod(mode)
    return hook


def call(method: str, params: Any = None, hook: Path | None = None, tree: Path | None = None) -> Any:
    """The answer of that host to one request."""
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params or {}, "id": "r"}).encode()
    answer = asyncio.run(Methods(HOST, hook, tree).answer(body))
    assert answer is not None
    return answer.get("result", answer.get("error"))


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        pytest.param("Host.ping2", {}, True, id="ping2"),
        pytest.param("Host.getAllVmStats", {}, VMS, id="getAllVmStats"),
        pytest.param("Host.getVMList", {}, ["v1", "v2"], id="getVMList, ids by default"),
        pytest.param("Host.getVMList", {"onlyUUID": False}, VMS, id="getVMList with statuses"),
        pytest.param("Host.dumpxmls", {"vmList": ["v2"]}, {"v2": DOMAINS["v2"]}, id="dumpxmls"),
        pytest.param("Host.hostdevListByCaps", {}, DEVICES, id="all devices"),
        pytest.param("Host.hostdevListByCaps", {"caps": ["pci"]}, {"pci_1": DEVICES["pci_1"]}, id="pci"),
        pytest.param(
            "Host.getCapabilities", {}, {"software_version": "4.50", "lastClientIface": "ovirtmgmt"}, id="capabilities"
        ),
    ],
)
def test_methods_answer_as_vdsm_does(method: str, params: dict[str, Any], result: Any) -> None:
    """Results are the value itself, without any status around it."""
    assert result == call(method, params)


def test_a_vm_that_is_not_there_costs_all_domains() -> None:
    """VDSM looks each one up in turn, and fails as a whole."""
    assert -32603 == call("Host.dumpxmls", {"vmList": ["v1", "gone"]})["code"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"id": 1, "method": "Host.foo"}', -32601, id="unknown method"),
        pytest.param(b'{"id": 1}', -32600, id="no method"),
        pytest.param(b'[{"id": 1, "method": "Host.foo"}]', -32601, id="an array of one"),
    ],
)
def test_wrong_requests_have_json_rpcs_codes(body: bytes, code: int) -> None:
    """The answer carries the request's id."""
    answer = asyncio.run(Methods(HOST, None, None).answer(body))

    assert answer is not None
    assert (1, code) == (answer["id"], answer["error"]["code"])


@pytest.mark.parametrize("body", [b"no json", b"3", b"[]", b"[1, 2]"])
def test_what_cannot_be_answered_is_not(body: bytes) -> None:
    """No JSON, no object, a batch: VDSM has nobody to answer to."""
    assert asyncio.run(Methods(HOST, None, None).answer(body)) is None


ADD = "caps['added'] = 1; json.dump(caps, open(path, 'w'))"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        pytest.param(ADD, 1, id="exit 0"),
        pytest.param(f"{ADD}; open(path).close(); sys.exit(1)", 1, id="exit 1: the content still counts"),
        pytest.param(f"{ADD}; open(path).close(); sys.exit(2)", 1, id="exit 2 likewise"),
        pytest.param("sys.exit(3)", None, id="exit 3: nothing written, nothing lost"),
        pytest.param("print('x' * 200_000); sys.stderr.write('y' * 200_000)", None, id="pipes are read"),
        pytest.param(f"sys.stdin.read(); {ADD}", 1, id="standard input is at its end"),
    ],
)
def test_what_the_hook_leaves_in_the_file_counts(tmp_path: Path, text: str, added: int | None) -> None:
    """after_get_caps: the exit code does not matter, the file does."""
    result = call("Host.getCapabilities", hook=write_hook(tmp_path, text))

    assert ("4.50", "ovirtmgmt", added) == (result["software_version"], result["lastClientIface"], result.get("added"))


@pytest.mark.parametrize("text", ["open(path, 'w').write('{\"half')", "os.remove(path)"], ids=["cut", "gone"])
def test_a_hook_that_spoils_the_file_fails_the_call(tmp_path: Path, text: str) -> None:
    """VDSM reads the file without protection: this is why the real hook writes it in one go or not at all."""
    assert -32603 == call("Host.getCapabilities", hook=write_hook(tmp_path, text))["code"]


def test_a_hook_runs_in_vdsms_environment(tmp_path: Path) -> None:
    """PYTHONPATH ends with VDSM's directory of `hooking`; the tree comes as `--root`."""
    text = "caps['saw'] = [os.environ['PYTHONPATH'], sys.argv[1:]]; json.dump(caps, open(path, 'w'))"
    path, arguments = call("Host.getCapabilities", hook=write_hook(tmp_path, text), tree=tmp_path)["saw"]

    assert path.endswith(":/usr/lib/python3.6/site-packages/vdsm/hook")
    assert ["--root", str(tmp_path)] == arguments


def test_a_file_that_is_not_executable_is_no_hook(tmp_path: Path) -> None:
    """VDSM passes over it in silence."""
    assert "added" not in call("Host.getCapabilities", hook=write_hook(tmp_path, ADD, mode=0o644))


def test_a_hook_dies_with_its_vdsm(tmp_path: Path) -> None:
    """A simulation that ends leaves no process behind."""
    fifo = tmp_path / "fifo"
    hook = write_hook(tmp_path, f"os.mkfifo({str(fifo)!r}); open({str(fifo)!r}).read()")

    async def begin_and_cancel() -> None:
        call = asyncio.create_task(Methods(HOST, hook, None).answer(b'{"method": "Host.getCapabilities"}'))
        while not fifo.exists():
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(begin_and_cancel())

    with pytest.raises(OSError, match="No such device"):
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))


def test_a_hook_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    """It runs beside the event loop: other calls are answered meanwhile."""
    fifo = tmp_path / "fifo"
    hook = write_hook(tmp_path, f"os.mkfifo({str(fifo)!r}); open({str(fifo)!r}).read(); {ADD}")
    methods = Methods(HOST, hook, None)

    async def both() -> tuple[Any, Any]:
        slow = asyncio.create_task(methods.answer(b'{"id": 1, "method": "Host.getCapabilities"}'))
        while not fifo.exists():
            assert not slow.done()
            quick = await methods.answer(b'{"id": 2, "method": "Host.ping2"}')
            await asyncio.sleep(0.01)
        await asyncio.to_thread(fifo.write_text, "go on")
        return quick, await slow

    quick, slow = asyncio.run(both())

    assert quick["result"]
    assert 1 == slow["result"]["added"]
