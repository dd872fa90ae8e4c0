"""The command: what it prints, and the exit status that it ends with."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory import __version__
from mdev_inventory.engine.errors import EngineError
from tests import golden
from tests.scheduler_plugins.cli.running import GOLDEN, NOWHERE, Ran, run
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.service.running import Folder
from tests.scheduler_plugins.world import FREE, PLAIN, TYPE, World, vm


def test_version() -> None:
    """The one of the package."""
    assert Ran(0, f"mdev-scheduler {__version__}\n", "") == run("--version")


@pytest.mark.parametrize("words", [("hosts",), ("types",), ("explain", "wants"), ("explain", "plain")], ids="-".join)
def test_questions_are_answered_with_tables(url: str, words: tuple[str, ...]) -> None:
    """For people; the whole output is compared."""
    ran = run(*words, "--url", url)

    assert (0, "") == (ran.status, ran.err)
    golden.check(GOLDEN / f"{'-'.join(words)}.txt", ran.out)


def test_a_narrow_terminal_cuts_no_name() -> None:
    """What a row is about stands on one line, whatever has to give way."""
    command = "from scheduler_plugins.cli import output; table = output._table('Host', *'abcdefg')\n"
    command += "table.add_row('a-host-of-some-name', *['much to tell'] * 7); output._print(table)"
    master, slave = os.openpty()
    environ = {**os.environ, "COLUMNS": "60", "TERM": "dumb"}
    subprocess.run([sys.executable, "-c", command], stdout=slave, env=environ, check=True)
    os.close(slave)

    assert "a-host-of-some-name " in os.read(master, 65536).decode()


def test_questions_are_answered_with_json(url: str) -> None:
    """The API's own answer, for programs."""
    assert 5 == len(run("hosts", "--json", "--url", url).json["items"])
    assert [TYPE] == [item["id"] for item in run("types", "--json", "--url", url).json["items"]]
    verdicts = run("explain", "wants", "--json", "--url", url).json["verdicts"]
    assert [FREE] == [verdict["host_id"] for verdict in verdicts if verdict["fits"]]


def test_the_service_is_found_by_a_variable(url: str) -> None:
    """For who asks often."""
    assert 0 == run("types", MDEV_SCHEDULER_URL=url + "/").status


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_a_vm_that_fits_nowhere_is_a_no(world: World, url: str, options: tuple[str, ...]) -> None:
    """Status 1, with the reasons printed all the same."""
    world.engine_vms = [vm(PLAIN, "odd", "nvidia-9")]
    ran = run("explain", "odd", *options, "--url", url)

    assert (1, "") == (ran.status, ran.err)
    assert "no-such-type" in ran.out


def test_what_the_service_cannot_answer_is_told(world: World, url: str) -> None:
    """Status 3 and the service's own words, with nothing on standard output."""
    unknown = run("explain", "nobody", "--url", url)
    world.engine_error = EngineError("timeout", "no answer within 2 s")
    silent = run("explain", "nobody", "--url", url)

    assert (3, "") == (unknown.status, unknown.out)
    assert unknown.err.startswith("mdev-scheduler: the engine knows no VM 'nobody'")
    assert (3, "") == (silent.status, silent.out)
    assert "no answer within 2 s" in silent.err


def test_a_service_that_is_not_there_is_told() -> None:
    """Status 3, what to do, and no traceback."""
    ran = run("hosts", "--url", NOWHERE)

    assert (3, "") == (ran.status, ran.out)
    assert 1 == len(ran.err.splitlines())
    assert "is it running (systemctl status mdev-scheduler)?" in ran.err


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"[]"], ids=["a page", "another API"])
def test_somebody_elses_port_is_told(answer: bytes) -> None:
    """Whatever another server says is not mistaken for an answer."""

    async def other(scope: object, receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    with fakes.http(other) as url:
        ran = run("types", "--url", url)

    assert (3, "") == (ran.status, ran.out)
    assert "HTTP status 404 and no answer of ours" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("frobnicate",),
        ("hosts", "--colour"),
        ("explain",),
        ("scan", "--root", "/nowhere"),
        ("demo", "--port", "65536"),
        ("hosts", "--url", "nonsense"),
    ],
)
def test_wrong_usage(words: tuple[str, ...]) -> None:
    """Status 2 from the parser; a URL is judged by asking it."""
    ran = run(*words)

    assert (3 if "nonsense" in words else 2, "") == (ran.status, ran.out)
    assert "Traceback" not in ran.err


def test_the_configuration_can_be_shown(tmp_path: Path) -> None:
    """As INI, defaults included, without a service."""
    folder = Folder(tmp_path)
    ran = run("serve", "--config", str(folder.config), "--show-config")

    assert (0, "") == (ran.status, ran.err)
    assert f"socket = {folder.socket}\n" in ran.out
    assert "collect_interval = 60\n" in ran.out


def test_a_wrong_configuration_is_a_usage_error(tmp_path: Path) -> None:
    """Status 2 with file, key, value and what is allowed, shown or served."""
    folder = Folder(tmp_path)
    folder.write("20-bad.conf", service="on_failure=maybe\n")
    for options in ((), ("--show-config",)):
        ran = run("serve", "--config", str(folder.config), *options)

        assert (2, "") == (ran.status, ran.out)
        assert "20-bad.conf" in ran.err
        assert "on_failure = 'maybe': it must be drop or pass" in ran.err
