"""The answers in `answers/`, with one thing changed where a test wants it."""

import json
from pathlib import Path
from typing import Any

from mdev_inventory.model import MdevType, ParentDevice

FOLDER = Path(__file__).parent / "answers"
HOST_ID = "11111111-0000-4000-8000-000000000001"
VM_ID = "aaaaaaaa-0000-4000-8000-000000000001"
CLUSTER_ID = "cccccccc-0000-4000-8000-000000000001"
DEVICE_ID = "dddddddd-0000-4000-8000-000000000002"
T4 = ParentDevice(
    "0000:3b:00.0",
    "0x10de",
    "0x1eb8",
    "nvidia",
    0,
    None,
    (
        MdevType("nvidia-231", "GRID T4-2Q", "framebuffer=2048M, max_instance=8", "", 4, None),
        MdevType("nvidia-210", "GRID T4-1Q", "", "", 0, None),
    ),
)
"""The parent in the sample `hostdev_list`."""


def sample(name: str, /, **changes: Any) -> Any:
    """The JSON of `name`.json with members replaced, or removed where the change is `...`."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    document.update(changes)
    return {k: v for k, v in document.items() if v is not ...} if changes else document
