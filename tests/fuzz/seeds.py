"""What is right: from here the fuzzer goes astray."""

import json
import xmlrpc.client
from typing import Any

from mdev_inventory import inventory_json
from mdev_inventory.model import KEY as KEY_NAME
from mdev_inventory.model import HostInventory, MdevType, ParentDevice, ReadError
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store import rows as store_rows
from mdev_inventory.vdsm.stomp import Frame, encode
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.model import Claim, PendingDecision, Start
from scheduler_plugins.config import options
from scheduler_plugins.demand import life_rows
from tests.mdev_inventory.engine.samples import FOLDER, sample
from tests.mdev_inventory.known import known_vm
from tests.scheduler_plugins.world import FREE, FULL, WANTS, host

UUIDS = ("c2177883-f1bb-47f0-914d-32a22e3a8804",)
T4 = MdevType(
    "nvidia-222", "GRID T4-1B", "num_heads=4, frl_config=45, framebuffer=1024M, max_instance=16", "vfio-pci", 15
)
SAME = MdevType("nvidia-223", "GRID T4-2B", "max_instance=8", "vfio-pci", 0, ())
CARD = ParentDevice("0000:3b:00.0", "0x10de", "0x1eb8", "nvidia", 0, None, (T4._replace(instances=UUIDS), SAME))
FUNCTION = ParentDevice(
    "0000:3b:00.4", "0x10de", "0x1eb8", "nvidia", None, "0000:3b:00.0", (T4._replace(instances=()),)
)
INVENTORY = HostInventory(
    (CARD, FUNCTION), (ReadError("/sys/x", "EIO"),), collected_at="2026-11-22T19:00:00Z", boot_id="b"
)
KEY: Any = inventory_json.to_key(INVENTORY)
CAPABILITIES: Any = {"hooks": {"vm_start": {}}, KEY_NAME: KEY}
HOST_DEVICES: Any = json.loads((FOLDER / "hostdev_list.json").read_text())
DOMAINS: Any = {
    WANTS: "<domain><devices><hostdev type='mdev'><source><address uuid='"
    + UUIDS[0]
    + "'/></source></hostdev></devices></domain>"
}
ENGINE: dict[str, Any] = {
    "host": {"host": [sample("host")]},
    "vm": {"vm": [sample("vm_4.4"), {**sample("vm_4.5"), "mediated_devices": sample("mediated_devices")}]},
    "vm_mediated_device": sample("mediated_devices"),
    "host_device": sample("host_devices"),
    "event": sample("events"),
}
QUESTION: Any = [[FREE, FULL], WANTS, {"MdevFragmentationMix": "nvidia-22=1"}]
SEEN = Observation("h", INVENTORY, Source.HOOK, 1.0, 2.0, owners={UUIDS[0]: "v"})
ROWS: list[Any] = [
    list(columns)
    for columns in (
        store_rows.host_row(host(FREE, "free")),
        store_rows.observation_row(SEEN),
        store_rows.failure_row(HostFailure("h", "timeout", "no answer", 1.0)),
        store_rows.vm_row(known_vm("v", "nvidia-22")),
        ("v", "{}"),
        ("boot", 1.0),
    )
]
START = Start("v", "name", ("nvidia-22",), UUIDS)
CLAIM, PENDING = Claim(START, "h", 1.0, 2.0, 3.0), PendingDecision(START, ("h", "g"), 1.0)
CLAIMS: dict[str, Any] = {
    "v": json.loads(claim_rows.written(claim_rows.Row(CLAIM, None))),
    "w": json.loads(claim_rows.written(claim_rows.Row(None, PENDING))),
    claim_rows.name_of(("h", "g")): "h g",
}
LIFETIMES: dict[str, Any] = {
    key: json.loads(text)
    for key, text in life_rows.to_rows(
        {"v": life_rows.Running("nvidia-22", 1.0, 2.0)}, {"nvidia-22": life_rows.Counted()}, 3.0
    ).items()
}


def call(method: str, *parameters: Any) -> bytes:
    """An XML-RPC call as the engine makes it."""
    return xmlrpc.client.dumps(parameters, method, allow_none=True).encode("utf-8", "surrogatepass")


FRAMES = [
    encode(Frame("CONNECTED", {"version": "1.2", "heart-beat": "0,0"}, b"")),
    encode(Frame("MESSAGE", {"destination": "a:b\\c", "content-length": "14"}, b'{"result": {}}')),
    b"\n\nERROR\nmessage:x\n\nwhy\x00\n",
]
CONFIGURATION = "".join(
    f"[{option.section}]\n{option.key} = {option.default_text}\n" for option in options() if option.default_text
)
TEXTS = (T4.description, "nvidia-22", "nvidia-22,nvidia-22", "nodisplay,nvidia-22", " nvidia-22 ", "i915-GVTg_V5_4")
INPUTS: dict[str, list[bytes]] = {
    "vdsm_frames": [bytes([5]) + frame for frame in (*FRAMES, b"".join(FRAMES))],
    "xmlrpc_calls": [
        call("discover"),
        call("runFilters", ["MdevFilter"], *QUESTION),
        call("runCostFunctions", [["MdevSpread", 1]], *QUESTION),
        call("runLoadBalancing", "x", [FREE], {}),
        call("runFilters", ["MdevFilter"], [], WANTS, None),
    ],
    "proxy_line": [f"1 MdevFilter {WANTS} {FREE},{FULL} a=b;c=%20d\n".encode(), b"1 MdevFilter v  \n"],
    "configuration": [CONFIGURATION.encode(), b"[vdsm]\nca_file = /x\n", b"[log]\nlevel = debug\n"],
    "capabilities_file": [b'{"a": 1e999, "b": [{"c": "\\ud800"}]}', b" {} ", json.dumps(CAPABILITIES).encode()],
    "texts": [text.encode() for text in TEXTS],
    "odd_json": [json.dumps(one).encode() for one in (HOST_DEVICES, CAPABILITIES, KEY, *ENGINE.values())],
    "state_rows": [json.dumps(CLAIMS["v"]).encode()],
}
"""Where each target begins; those that change a document begin with that one, unchanged."""


def inputs(target: str) -> list[bytes]:
    """The target's first inputs."""
    return [b"", bytes(range(64)), *INPUTS.get(target, [])]
