"""The proxy that runs our plugin file as processes, without a service behind it."""

from pathlib import Path

import pytest

from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.datacenter.proxy_process import UNITS, ProxyScheduler

HOSTS = ["a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"]
VM = "b0000000-0000-4000-8000-000000000001"


@pytest.fixture
def proxy(tmp_path: Path) -> ProxyScheduler:
    """Nobody listens at its socket."""
    (tmp_path / "state").mkdir()
    return ProxyScheduler(tmp_path / "plugins", tmp_path / "nobody.sock", tmp_path / "state")


def test_it_has_the_products_units() -> None:
    """What discovery finds is what the service has."""
    assert set(FILTERS) == set(UNITS["filters"])
    assert set(WEIGHTS) == set(UNITS["scores"])


def test_where_every_filter_fails_every_host_passes(proxy: ProxyScheduler) -> None:
    """Nothing is known of any VM: the unit fails, and the engine is told so."""
    expected = {"result_code": 1, "result": HOSTS, "errors": ["all filters failed"]}

    assert expected == proxy.run_filters(["MdevFilter"], HOSTS, VM, {})


@pytest.mark.parametrize(("known", "left"), [pytest.param(VM, [], id="asks"), pytest.param("", HOSTS, id="does not")])
def test_without_the_service_only_a_vm_that_asks_is_dropped(
    proxy: ProxyScheduler, tmp_path: Path, known: str, left: list[str]
) -> None:
    """An explicit empty list refuses every host."""
    (tmp_path / "state" / "vms-with-request").write_text(known + "\n")

    assert {"result_code": 0, "result": left} == proxy.run_filters(["MdevFilter"], HOSTS, VM, {})


def test_weights_are_multiplied_and_added_up(proxy: ProxyScheduler, tmp_path: Path) -> None:
    """Whole numbers, by host."""
    (tmp_path / "state" / "vms-with-request").write_text("\n")
    functions = [("MdevConsolidate", 2), ("MdevSpread", 3)]
    expected = {"result_code": 0, "result": [[host, 0] for host in HOSTS]}

    assert expected == proxy.run_cost_functions(functions, HOSTS, VM, {})
