"""The service's life, as a real process."""

import ast
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import pytest
import requests

import scheduler_plugins
from mdev_inventory.store.request_files import ON_FAILURE_FILE
from scheduler_plugins.units.registry import WEIGHTS
from tests.scheduler_plugins.service.running import HOSTS, Folder, Running
from tests.scheduler_plugins.world import FREE, PLAIN, TYPE, WANTS, World


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that remembers an earlier run, while its engine is silent."""
    folder = Folder(tmp_path_factory.mktemp("service"))
    folder.remember(World())
    with Running(folder) as running:
        yield running


def test_engine_endpoint_answers_from_what_the_last_run_knew(running: Running) -> None:
    """A restart while the engine is down changes no decision; the engine is told what it rests on."""
    with ServerProxy(running.endpoints["xmlrpc"]) as engine:
        assert {"MdevFilter"} == set(engine.discover()["filters"])  # type: ignore[index, call-overload]
        answers: list[Any] = [engine.runFilters(["MdevFilter"], HOSTS, vm, {}) for vm in (WANTS, PLAIN)]
        weights = engine.runCostFunctions([["MdevSpread", 1]], HOSTS, WANTS, {})

    assert [(1, [FREE]), (1, HOSTS)] == [(answer["result_code"], answer["result"]) for answer in answers]
    for answer in answers:
        ((error,),) = answer["plugin_errors"].values()
        assert "its request is as known" in error

    expected = [[FREE, 10, "MdevSpread"], *([host, 1000, "MdevSpread"] for host in HOSTS[1:])]
    assert {"result_code": 0, "result": expected} == weights


def test_engine_endpoint_takes_the_policys_properties(running: Running) -> None:
    """Every unit's are told, and reach it; a bad value costs its own unit its answer, with the reason."""
    functions = [[name, 1] for name in WEIGHTS]
    mix = {"MdevFragmentationMix": f"{TYPE}:80,x-1:20", "HighUtilization": "80"}
    with ServerProxy(running.endpoints["xmlrpc"]) as engine:
        told: Any = engine.discover()
        good: Any = engine.runCostFunctions(functions, HOSTS, WANTS, mix)
        bad: Any = engine.runCostFunctions(functions, HOSTS, WANTS, {"MdevFragmentationMix": TYPE})

    assert {n: [u.description, u.properties] for n, u in WEIGHTS.items()} == told["scores"]
    assert [[host, name] for name in WEIGHTS for host in HOSTS] == [[h, n] for h, _, n in good["result"]]
    assert 0 == good["result_code"]
    assert {*WEIGHTS} - {"MdevFragmentation"} == {name for _, _, name in bad["result"]}
    assert ["MdevFragmentation"] == list(bad["plugin_errors"])
    assert bad["plugin_errors"]["MdevFragmentation"][0].startswith(
        "bad-property: policy property MdevFragmentationMix is 'nvidia-22', not a list like"
    )


@pytest.mark.parametrize("properties", [{}, {"MdevFragmentationMix": f"{TYPE}:80,x-1:20"}], ids=["none", "mix"])
def test_proxy_socket_takes_the_policys_properties(running: Running, properties: dict[str, str]) -> None:
    """The plugin hands them on, whatever they hold; a bad one makes it fail, as the proxy wants."""
    plugins = Path(scheduler_plugins.__file__).parent / "proxy"
    environ = {**os.environ, "MDEV_SCHEDULER_SOCKET": running.endpoints["socket"]}
    answers = []
    for args in (properties, {"MdevFragmentationAges": "\n; maybe"}):
        script = f"import mdev_units; mdev_units.MdevFragmentation().do_score{(HOSTS, WANTS, args)!r}"
        answers.append(subprocess.run([sys.executable, "-c", script], cwd=plugins, env=environ, capture_output=True))

    assert HOSTS == [host for host, _ in ast.literal_eval(answers[0].stdout.decode())]
    assert [(0, b""), (1, b"")] == [(answer.returncode, answer.stderr) for answer in answers]


def test_proxy_socket_answers_the_proxys_plugin(running: Running) -> None:
    """The plugin file as the proxy runs it, against the real service."""
    plugins = Path(scheduler_plugins.__file__).parent / "proxy"
    script = f"import mdev_units; mdev_units.MdevFilter().do_filter{(HOSTS, WANTS, {})!r}"
    environ = {**os.environ, "MDEV_SCHEDULER_SOCKET": running.endpoints["socket"]}
    done = subprocess.run([sys.executable, "-c", script], cwd=plugins, env=environ, capture_output=True)

    assert (0, b"") == (done.returncode, done.stderr)
    assert [FREE] == ast.literal_eval(done.stdout.decode())


def test_the_api_and_the_page_are_there(running: Running) -> None:
    """With the engine's silence in both."""
    api = running.endpoints["api"]
    running.log("FAILED engine hosts")
    running.log("FAILED host=elsewhere")
    health = requests.get(f"{api}/healthz", timeout=10).json()

    assert "degraded" == health["status"]
    assert "engine hosts: " in "\n".join(health["reasons"])
    assert "hosts that are up could not be asked as they should: dead" in "\n".join(health["reasons"])
    assert 5 == len(requests.get(f"{api}/api/v1/hosts", timeout=10).json()["items"])
    assert "degraded" in requests.get(api, timeout=10).text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_nothing_behind(folder: Folder, number: int) -> None:
    """Exit status 0, the socket gone, the ports free, the state file closed."""
    with Running(folder) as running:
        api = running.endpoints["api"]
        status = running.stop(number)

    assert 0 == status
    assert not folder.socket.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(api, timeout=10)
    assert [] == list(folder.state.glob("*-wal"))
    assert "Traceback" not in running.log_file.read_text()


def test_the_plugins_word_for_failures_is_written(folder: Folder) -> None:
    """The plugin reads it while the service is down."""
    folder.write("20-word.conf", service="on_failure=pass\n")
    with Running(folder) as running:
        running.stop(signal.SIGTERM)

    assert "pass\n" == (folder.state / ON_FAILURE_FILE).read_text()


def test_systemd_is_told(folder: Folder, tmp_path: Path) -> None:
    """READY once the endpoints listen, a watchdog's ping at least twice as often as it bites, STOPPING."""
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(15)
        with Running(folder, {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "100000"}) as running:
            said = [systemd.recv(100) for _ in range(4)]
            running.stop(signal.SIGTERM)
        while said[-1] != b"STOPPING=1":
            said.append(systemd.recv(100))

    assert [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"] == said[:4]


def test_a_proxy_on_engine_endpoint_port_is_lived_with(folder: Folder) -> None:
    """The service runs on and says who it is."""
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        port = proxy.getsockname()[1]
        folder.write("20-port.conf", service=f"xmlrpc_port={port}\n")
        with Running(folder) as running:
            reasons = requests.get(f"{running.endpoints['api']}/healthz", timeout=10).json()["reasons"]

    assert "-" == running.endpoints["xmlrpc"]
    assert f"the engine endpoint is closed: http://127.0.0.1:{port} is held by {os.getpid()} (" in reasons[0]


def test_a_damaged_state_file_does_not_stop_the_service(folder: Folder) -> None:
    """It is kept aside, and the health page says so until the next start; decisions go on."""
    folder.state.mkdir()
    (folder.state / "state.sqlite").write_bytes(b"no database" * 1000)
    with Running(folder) as service:
        (kept,) = folder.state.glob("state.sqlite.damaged-*")
        health = requests.get(f"{service.endpoints['api']}/healthz", timeout=10).json()
        with ServerProxy(service.endpoints["xmlrpc"]) as endpoint:
            answer: Any = endpoint.runFilters(["MdevFilter"], HOSTS, WANTS, {})

    assert b"no database" * 1000 == kept.read_bytes()
    assert any(str(kept) in reason for reason in health["reasons"])
    assert HOSTS == answer["result"]


def test_a_state_folder_that_cannot_be_used_does_not_stop_the_service(folder: Folder) -> None:
    """Nothing is kept then, which the health page says."""
    folder.state.write_text("in the way")
    with Running(folder) as service:
        health = requests.get(f"{service.endpoints['api']}/healthz", timeout=10).json()

    assert any("kept in memory" in reason for reason in health["reasons"])


def test_a_full_disk_does_not_stop_decisions(folder: Folder) -> None:
    """What cannot be written any more has a name on the health page; answers stay as good as before."""
    folder.remember(World())
    with Running(folder) as service, ServerProxy(service.endpoints["xmlrpc"]) as endpoint:
        before: Any = endpoint.runFilters(["MdevFilter"], HOSTS, PLAIN, {})
        # Every file of this process is as large as it may get.
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        after: Any = endpoint.runFilters(["MdevFilter"], HOSTS, WANTS, {})
        reasons = service.reasons(until="claims: state file")

    assert [HOSTS, [FREE]] == [before["result"], after["result"]]
    assert any("with space left" in reason for reason in reasons)


def test_a_second_service_leaves_the_first_alone(running: Running) -> None:
    """A service of another state folder that would listen at the same socket: that is not taken away."""
    running.folder.write("20-folder.conf", service=f"state_dir={running.folder.state}-of-its-own\n")
    done = subprocess.run(
        [sys.executable, "-m", "scheduler_plugins", "serve", "--config", str(running.folder.config)],
        capture_output=True,
        timeout=30,
    )

    assert 3 == done.returncode
    assert b"another process listens at" in done.stderr
    assert running.folder.socket.exists()
