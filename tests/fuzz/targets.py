"""What is fuzzed: each target reads bytes as the product reads what comes from outside, and may raise nothing.

The errors that a reader foresees are caught here, by name: whoever calls it catches just these. What can be said of the
result is asserted.
"""

import json
import math
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import fromstring

from mdev_inventory import descriptions, inventory_json
from mdev_inventory.collector import sources
from mdev_inventory.engine import parsing
from mdev_inventory.engine.elements import AnswerError
from mdev_inventory.hook.capabilities_file import with_member
from mdev_inventory.hook.sysfs import inventory_of
from mdev_inventory.model import InventoryError
from mdev_inventory.store import rows as store_rows
from mdev_inventory.vdsm import key_reader
from mdev_inventory.vdsm.domains import owners
from mdev_inventory.vdsm.stomp import FrameError, Parser
from scheduler_plugins.allocator import request
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.config import ConfigError, load, show
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.demand import life_rows
from scheduler_plugins.service.engine_endpoint.application import answer_to
from scheduler_plugins.service.engine_endpoint.external import External
from scheduler_plugins.service.proxy_socket import line
from tests.fuzz import seeds
from tests.fuzz.memory_files import MemoryFiles
from tests.fuzz.odd import Orders, changed
from tests.scheduler_plugins.world import World

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
BODY_LIMIT = 4096


def vdsm_frames(data: bytes) -> None:
    """STOMP frames off the wire, however they are cut."""
    at = data[0] if data else 0
    whole, cut = _frames(data[1:]), _frames(data[1 : 1 + at], data[1 + at :])
    assert whole == cut


def _frames(*parts: bytes) -> list[Any] | None:
    parser = Parser(body_limit=BODY_LIMIT, head_limit=BODY_LIMIT)
    with suppress(FrameError):
        return [frame for part in parts for frame in parser.feed(part)]
    return None


def vdsm_answers(data: bytes) -> None:
    """What VDSM answers to each of our calls."""
    with suppress(InventoryError):
        sources.from_hostdev_list(changed(seeds.HOST_DEVICES, data))
    with suppress(InventoryError):
        sources.from_capabilities(changed(seeds.CAPABILITIES, data))
    with suppress(InventoryError):
        owners(changed(seeds.DOMAINS, data), seeds.UUIDS)


def hook_key(data: bytes) -> None:
    """The hook's key in the capabilities; what can be read can be written and read again."""
    with suppress(InventoryError):
        inventory = key_reader.from_key(changed(seeds.KEY, data))
        assert inventory == key_reader.from_key(json.loads(inventory_json.dump_key(inventory)))


def engine_answers(data: bytes) -> None:
    """Each list that the engine's REST API gives us, and what a VM in it asks for."""
    readers: dict[str, Callable[[object], object]] = {
        "host": parsing.hosts,
        "vm": parsing.vms,
        "vm_mediated_device": parsing.mediated_devices,
        "host_device": parsing.host_devices,
        "event": parsing.events,
    }
    for name, read in readers.items():
        with suppress(AnswerError):
            read(changed(seeds.ENGINE[name], data))
    with suppress(AnswerError, request.RequestError):
        for vm in parsing.vms(changed(seeds.ENGINE["vm"], data)).items:
            request.request_of(vm)


WORLD = World()
ENGINE_ENDPOINT = External(Scheduler(WORLD, WORLD, WORLD.clock))


def xmlrpc_calls(data: bytes) -> None:
    """A call of the engine's endpoint: whatever it is, the answer is XML that an engine can read."""
    answer = answer_to(ENGINE_ENDPOINT, data)
    assert "methodResponse" == fromstring(answer).tag
    assert b"fault: see the log" not in answer


def xmlrpc_values(data: bytes) -> None:
    """A call with parameters that are odd, in right XML."""
    question = changed(seeds.QUESTION, data)
    parameters = question if isinstance(question, list) else [question]
    try:
        call = seeds.call("runFilters", ["MdevFilter"], *parameters)
    except (TypeError, ValueError, OverflowError):  # what the marshaller itself cannot write
        return
    xmlrpc_calls(call)


def proxy_line(data: bytes) -> None:
    """A line at the proxy socket, and an error that quotes it."""
    try:
        line.parse(data)
    except line.LineError as error:
        answer = line.format_error(str(error))
        assert answer.isascii()
        assert 1 == answer.count(b"\n")


def configuration(data: bytes) -> None:
    """A file of the configuration."""
    file = FOLDER / "10-fuzzed.conf"
    file.write_bytes(data)
    with suppress(ConfigError):
        show(load(FOLDER))


def sysfs(data: bytes) -> None:
    """A tree of files that the kernel shows; the key made of it can be read."""
    inventory = inventory_of(MemoryFiles(Orders(data)))
    with suppress(InventoryError):
        assert len(inventory.parents) == len(
            key_reader.from_key(json.loads(inventory_json.dump_key(inventory))).parents
        )
    json.dumps(inventory_json.to_document(inventory))


def capabilities_file(data: bytes) -> None:
    """The file in which VDSM hands its capabilities to the hook: it stays JSON, or is left alone."""
    with suppress(ValueError, RecursionError):
        document = data.decode()
        assert 1 == json.loads(with_member(document, "mdev_inventory", "1"))["mdev_inventory"]


def texts(data: bytes) -> None:
    """Texts with a form of their own: a type's description, a VM's request."""
    text = data.decode("utf-8", "surrogateescape")
    descriptions.parse(text)
    with suppress(request.RequestError):
        request.from_property(text)


def state_rows(data: bytes) -> None:
    """Rows of the state file: one that makes no sense is refused, and those of claims and lifetimes left out."""
    readers: tuple[Callable[..., object], ...] = (
        store_rows.host,
        store_rows.observation,
        store_rows.failure,
        store_rows.vm,
        store_rows.entry,
        store_rows.booted_at,
    )
    for read, columns in zip(readers, seeds.ROWS, strict=True):
        odd = changed(columns, data)
        with suppress(*store_rows.BAD_ROW):
            read(*odd)
    texts_of = {key: json.dumps(changed(value, data)) for key, value in seeds.CLAIMS.items()}
    claims = claim_rows.claims_of(claim_rows.read(texts_of))
    assert all(math.isfinite(claim.since) for claim in claims.by_vm.values())
    assert all(math.isfinite(entry.at) for entry in claims.pending.values())
    claim_rows.read({"v": data.decode("utf-8", "replace")})
    running, _, _ = life_rows.from_rows(
        {key: json.dumps(changed(value, data)) for key, value in seeds.LIFETIMES.items()}
    )
    assert all(math.isfinite(one.since) for one in running.values())


def odd_json(data: bytes) -> None:
    """Any JSON at all in the place of any answer."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    for read in (sources.from_hostdev_list, sources.from_capabilities, key_reader.from_key):
        with suppress(InventoryError):
            read(document)
    for kind in (parsing.hosts, parsing.vms, parsing.host_devices, parsing.events):
        with suppress(AnswerError):
            kind(document)


Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        *(vdsm_frames, vdsm_answers, hook_key, engine_answers, xmlrpc_calls, xmlrpc_values, proxy_line),
        *(configuration, sysfs, capabilities_file, texts, state_rows, odd_json),
    )
}
"""By name."""
