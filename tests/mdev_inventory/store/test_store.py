"""What survives a restart."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mdev_inventory.observation import Source
from mdev_inventory.store.file import StoreError
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import failed, host, known_vm, seen
from tests.mdev_inventory.store.state_files import alter


def test_everything_survives_a_restart(path: Path) -> None:
    """Hosts, observations, failures and VMs come back equal to what was saved."""
    hosts = {"h1": host("h1", separate=True), "h2": host("h2", status="maintenance", port=1)}
    observations = {
        "h1": seen("h1", owners={"some-uuid": "v1"}),
        "h2": seen("h2", source=Source.ENGINE, received_at=200.5),
        "h3": seen("h3", owners={}),
    }
    vms = {
        "v1": known_vm("v1", "nvidia-22", "nvidia-22")._replace(devices=("d1", "d2")),
        "v2": known_vm("v2")._replace(cluster_id="c1"),
    }

    first = Store(path)
    first.save_hosts(hosts.values())
    for observation in observations.values():
        first.save_observation(observation)
    first.save_failure(failed("h2"))
    first.save_vms(vms.values())
    first.save_claims({"a": "1"}, ())
    first.save_lifetimes({"a": "2", "b": "3"}, ())
    first.save_lifetimes({"c": "4"}, ["b"])
    first.close()
    second = Store(path)

    assert hosts == second.hosts()
    assert observations == second.observations()
    assert {"h2": failed("h2")} == second.failures()
    assert vms == second.vms()
    assert {"a": "1"} == second.claims()
    assert {"a": "2", "c": "4"} == second.lifetimes()
    second.close()


def test_the_last_one_counts(store: Store) -> None:
    """A host has one observation and one failure, a VM one request."""
    for at in (1.0, 2.0):
        store.save_observation(seen(at=at))
        store.save_failure(failed(at=at))
        store.save_vms([known_vm("v1", "nvidia-22", at=at)])

    assert {"h1": seen(at=2.0)} == store.observations()
    assert {"h1": failed(at=2.0)} == store.failures()
    assert known_vm("v1", "nvidia-22", at=2.0) == store.vms()["v1"]


def test_hosts_gone_from_the_engine_are_removed(store: Store) -> None:
    """Saving a list of hosts removes all that is known of any other."""
    store.save_hosts([host("h1"), host("h2")])
    for host_id in ("h1", "h2"):
        store.save_observation(seen(host_id))
        store.save_failure(failed(host_id))

    store.save_hosts([host("h2")])

    assert ["h2"] == list(store.hosts())
    assert ["h2"] == list(store.observations())
    assert ["h2"] == list(store.failures())


def test_a_failure_is_cleared(store: Store) -> None:
    """A host that answers has no failure any more."""
    store.save_failure(failed("h1"))

    store.clear_failure("h1")

    assert {} == store.failures()


def test_vms_are_forgotten_one_by_one(store: Store) -> None:
    """Saving VMs leaves the others; removing names them."""
    store.save_vms([known_vm("v1", "a"), known_vm("v2", "b")])
    store.save_vms([known_vm("v3", "c")])

    store.remove_vms(["v1", "never-seen"])

    assert ["v2", "v3"] == sorted(store.vms())


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    """An error inside a transaction undoes what was saved before it, nested ones included."""

    def save_and_fail() -> None:
        with store.transaction():
            store.save_vms([known_vm("v1", "a")])
            with store.transaction():
                store.save_failure(failed())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        save_and_fail()

    assert {} == store.vms()
    assert {} == store.failures()


def test_threads_share_a_store(store: Store) -> None:
    """Many threads writing and reading at once lose nothing."""
    errors: list[Exception] = []

    def work(part: int) -> None:
        try:
            for n in range(20):
                store.save_vms([known_vm(f"v{part}-{n}", "a")])
                store.vms()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == errors
    assert 160 == len(store.vms())


def test_a_failed_write_leaves_the_store_usable(store: Store, path: Path) -> None:
    """After an error the next write works: no transaction is left open."""
    alter(path, "CREATE TRIGGER full BEFORE INSERT ON vms BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreError, match="cannot be written: disk is full"):
        store.save_vms([known_vm("v1", "a")])
    alter(path, "DROP TRIGGER full")

    store.save_vms([known_vm("v2", "a")])

    assert ["v2"] == list(store.vms())


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        pytest.param("observations", "inventory = '{'", "EOF", id="half a JSON"),
        pytest.param("observations", "inventory = '{\"schema\":99}'", "schema", id="JSON of a newer schema"),
        pytest.param("observations", "inventory = x'ff'", "text", id="bytes for text"),
        pytest.param("observations", "inventory = cast(x'22ff22' as text)", "utf-8", id="text, no UTF-8"),
        pytest.param("observations", "source = 'hearsay'", "hearsay", id="a source that we do not know"),
        pytest.param("observations", "requested_at = 'noon'", "noon", id="words for a time"),
        pytest.param("observations", "received_at = 9e999", "inf", id="a time without end"),
        pytest.param("failures", "at = 'noon'", "noon", id="a failure at no time"),
        pytest.param("hosts", "port = 'x'", "port", id="a port that is no number"),
        pytest.param("hosts", "separate = 7", "separate", id="neither separate nor not"),
        pytest.param("vms", "types = '{}'", "list", id="types that are no list"),
        pytest.param("vms", "types = '[1]'", "text", id="a type that is no text"),
    ],
)
def test_a_damaged_row_costs_that_row_only(
    path: Path, table: str, change: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The row is left out, named in the log with the reason; its neighbour is read."""
    store = Store(path)
    store.save_hosts([host("h1"), host("h2")])
    for each in ("h1", "h2"):
        store.save_observation(seen(each))
        store.save_failure(failed(each))
    store.save_vms([known_vm("h1", "a"), known_vm("h2", "b")])
    key = "host_id" if table in ("observations", "failures") else "id"
    alter(path, f"UPDATE {table} SET {change} WHERE {key} = 'h1'")

    rows = getattr(store, table)()

    assert ["h2"] == list(rows)
    (record,) = caplog.records
    damaged, _, why = record.getMessage().partition("'h1': ")
    assert f"DAMAGED row left out: file={path} table={table} key=" == damaged
    assert reason in why
    store.close()


def test_text_that_cannot_be_encoded_is_saved(store: Store) -> None:
    """Half a surrogate pair in a name, legal in JSON, does not stop the store."""
    store.save_hosts([host(name="h\ud800")])

    assert "h?" == store.hosts()["h1"].name


def test_a_service_killed_while_it_writes(path: Path) -> None:
    """After SIGKILL the file opens again, and every transaction is there whole or not at all."""
    endless = (
        "import itertools, sys; from pathlib import Path; from mdev_inventory.store.store import Store\n"
        "from mdev_inventory.engine.known_vm import KnownVm\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    with store.transaction():\n"
        "        store.save_vms([KnownVm(f'a{n}', 'x', ('t',), 1.0)])\n"
        "        store.save_vms([KnownVm(f'b{n}', 'x', ('t',), 1.0)])\n"
        "    print(n, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", endless, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 100:
            pass
        writer.kill()

    store = Store(path)
    vms = store.vms()

    assert len(vms) > 200
    assert {vm[1:] for vm in vms if vm[0] == "a"} == {vm[1:] for vm in vms if vm[0] == "b"}
    store.close()


def test_a_checkpoint_brings_what_was_written_into_the_file(tmp_path: Path) -> None:
    """Before it, a decision's claims are in SQLite's log alone."""
    store = Store(tmp_path / "state.sqlite")
    found = []
    for number in range(2):
        with store.transaction():
            store.save_claims({f"firm/{number}": "{}"}, [])
        before = copied(store.path, tmp_path / f"before-{number}")
        store.checkpoint()
        found.append((before, copied(store.path, tmp_path / f"after-{number}")))
    store.close()

    assert [(set(), {"firm/0"}), ({"firm/0"}, {"firm/0", "firm/1"})] == found


def copied(path: Path, copy: Path) -> set[str]:
    """The claims in the file itself, without its log."""
    copy.mkdir()
    shutil.copy(path, copy / "state.sqlite")
    store = Store(copy / "state.sqlite")
    claims = set(store.claims())
    store.close()
    return claims
