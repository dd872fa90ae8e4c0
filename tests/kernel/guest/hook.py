"""Runs the hook as VDSM does and reads what it added to the capabilities."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdev_inventory.model import KEY, HostInventory
from tests.kernel.guest.plain_key import from_key

ARCHIVE = "/project/dist/50_mdev_inventory"

# Numbers that a decoder would change, and keys that another hook or VDSM wrote.
_OTHERS = '{"kvmEnabled": "true", "memory": 1.10, "big": 12345678901234567890123, "hooks": {"after_get_caps": {}}'


class BreachError(Exception):
    """Something is not as it has to be; the text says what was seen and what was expected."""


@contextmanager
def ready() -> Iterator["Hook"]:
    """The hook with its archive loaded, for as long as it is needed."""
    command = ["python3", "-IS", str(Path(__file__).with_name("preloaded.py")), ARCHIVE]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as loaded,
    ):
        yield Hook(Path(folder), loaded)


class Hook:
    """Asks the archive for the inventory: executed as VDSM does it, or forked, which is ten times faster."""

    def __init__(self, folder: Path, loaded: "subprocess.Popen[str]") -> None:
        self._capabilities = folder / "capabilities.json"
        self._loaded = loaded

    def executed(self) -> HostInventory:
        """The inventory by a process of its own."""
        self._capabilities.write_text(_OTHERS + "}")
        done = subprocess.run(
            [ARCHIVE],
            env={**os.environ, "_hook_json": str(self._capabilities)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode or done.stdout:
            raise BreachError(f"the hook ended with {done.returncode} and said {done.stdout!r}")
        return self._added()

    def forked(self) -> HostInventory:
        """The inventory by a fork of an interpreter that has the same archive loaded."""
        self._capabilities.write_text(_OTHERS + "}")
        assert self._loaded.stdin
        assert self._loaded.stdout
        self._loaded.stdin.write(f"{self._capabilities}\n")
        answer = self._loaded.stdout.readline()
        if answer != "0\n":
            raise BreachError(f"the loaded hook answered {answer!r}")
        return self._added()

    def _added(self) -> HostInventory:
        text = self._capabilities.read_text()
        if not text.startswith(_OTHERS):
            raise BreachError(f"the hook changed the other capabilities: {text[: len(_OTHERS)]!r}")
        key = json.loads(text).get(KEY)
        if key is None:
            raise BreachError("the hook added nothing to the capabilities")
        return from_key(key)
