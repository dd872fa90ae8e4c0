"""The proxy's plugin file, run as the proxy runs it, by every interpreter that a proxy may have."""

import ast
import socket
import threading
import time

import pytest

from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.proxy.asking import HOSTS, LOADER, Proxy, Ran, server
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, HOST_C, VM, FakeDecider, proxy_socket


def test_the_loader_finds_exactly_our_units(proxy: Proxy) -> None:
    """Each with the description that the engine endpoint tells, and no helper class beside them."""
    expected = [
        *((name, "do_filter", unit.description, unit.properties) for name, unit in FILTERS.items()),
        *((name, "do_score", unit.description, unit.properties) for name, unit in WEIGHTS.items()),
    ]

    loaded = proxy.python(LOADER)

    assert "" == loaded.stderr
    assert sorted(expected) == sorted(ast.literal_eval(row) for row in loaded.stdout.splitlines())


@pytest.mark.parametrize("options", [("-W", "error"), ("-W", "always", "-X", "dev")], ids=["errors", "dev"])
def test_importing_says_nothing(proxy: Proxy, options: tuple[str, ...]) -> None:
    """A byte on either stream while the proxy loads the file, and none of its units registers."""
    assert Ran(0, "", "") == proxy.python("import mdev_units", *options)


def test_importing_loads_no_module_that_start_up_has_not(proxy: Proxy) -> None:
    """Start-up counts in every call: nothing but socket's C half, which is a tenth of socket."""
    script = (
        "import os, sys; sys.path.insert(0, ''); before = set(sys.modules);"
        "import mdev_units; print(set(sys.modules) - before)"
    )

    loaded = proxy.python(script, "-I", "-S").literal

    assert {"mdev_units", "_socket", "time"} >= loaded  # type: ignore[operator]


def test_a_filter_prints_the_services_answer(proxy: Proxy) -> None:
    """Hosts, VM and properties arrive whole, whatever characters the properties hold."""
    decider = FakeDecider(fitting=(HOST_A, HOST_C))
    with proxy_socket(proxy.socket, decider):
        ran = proxy.run("MdevFilter", mode="a b;c=%d\n'\"", empty="")

    assert f"['{HOST_A}', '{HOST_C}']\n" == ran.stdout
    assert [HOST_A, HOST_C] == ran.literal
    assert [("MdevFilter", VM, tuple(HOSTS), {"mode": "a b;c=%d\n'\"", "empty": ""})] == decider.asked


def test_refusing_every_host_is_an_explicit_empty_list(proxy: Proxy) -> None:
    """Printing nothing would let every host pass."""
    with proxy_socket(proxy.socket, FakeDecider(fitting=())):
        assert [] == proxy.run("MdevFilter").literal


@pytest.mark.parametrize("unit", list(WEIGHTS))
def test_a_weight_prints_pairs(proxy: Proxy, unit: str) -> None:
    """Exactly two members each: the proxy fails the whole call over a third one."""
    with proxy_socket(proxy.socket, FakeDecider()):
        assert [(HOST_A, 0), (HOST_B, 1), (HOST_C, 2)] == proxy.run(unit).literal


def test_as_many_hosts_as_a_command_line_holds(proxy: Proxy) -> None:
    """The kernel takes 128 KiB of one argument: about 3000 hosts, which fit the proxy socket's line."""
    hosts = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(3000)]
    with proxy_socket(proxy.socket, FakeDecider(fitting=tuple(hosts))):
        assert hosts == proxy.run("MdevFilter", hosts).literal


def test_odd_ids_survive(own_proxy: Proxy) -> None:
    """The engine sends UUIDs; anything else must not change the line's form either."""
    odd = ["a b", "c,d", "ä", "%"]
    with proxy_socket(own_proxy.socket, FakeDecider(fitting=tuple(odd))):
        assert odd == own_proxy.run("MdevFilter", odd).literal


def test_a_silent_service_costs_five_seconds_at_most(own_proxy: Proxy) -> None:
    """The whole call has one deadline: the engine holds its cluster's lock meanwhile."""
    own_proxy.knows(VM)
    began = time.monotonic()
    with server(own_proxy.socket, b"['", threading.Event()):
        ran = own_proxy.run("MdevFilter")
        took = time.monotonic() - began

    assert [] == ran.literal
    assert 4.5 < took < 6.5


def test_a_full_backlog_costs_little(own_proxy: Proxy) -> None:
    """A socket that takes nobody is given up soon after 0.2 s."""
    own_proxy.knows(VM)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(own_proxy.socket))
        listener.listen(0)
        waiting.connect(str(own_proxy.socket))
        began = time.monotonic()
        ran = own_proxy.run("MdevFilter")

        assert [] == ran.literal
        assert 0.2 < time.monotonic() - began < 3


def test_a_fault_of_the_file_itself_is_silent(own_proxy: Proxy) -> None:
    """Whatever it is asked, standard error stays empty; the exit status tells."""
    ran = own_proxy.python("import mdev_units; mdev_units.MdevFilter().do_filter(None, None, None)")

    assert Ran(1, "", "") == ran


def test_without_its_variables_it_looks_where_the_service_is_installed(own_proxy: Proxy) -> None:
    """The paths that the service's defaults use."""
    script = "import mdev_units; print((mdev_units.SOCKET, mdev_units.STATE))"

    assert ("/run/mdev-scheduler/proxy.sock", "/var/lib/mdev-scheduler") == own_proxy.python(script).literal
