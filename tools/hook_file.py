"""Builds the capability extension as one executable file to drop into a host's `after_get_caps` folder.

    python -m tools.hook_file dist/50_mdev_inventory

A zipapp: a zip file behind a `#!` line. The same sources give the same bytes, because VDSM reports each
hook's checksum and the engine shows it: equal hooks must look equal.
"""

import io
import os
import sys
import zipfile
from pathlib import Path

import mdev_inventory

# The hosts' own Python, kept from VDSM's PYTHONPATH and the user's packages (-I), and without `site`,
# which costs more than our own imports (-S).
SHEBANG = b"#!/usr/bin/python3 -IS\n"

# All that the hook imports of this package; a test holds this to be exact.
MODULES = (
    "__init__",
    "hook/__init__",
    "hook/answers",
    "hook/bare_cards",
    "hook/capabilities_file",
    "hook/deadline",
    "hook/files",
    "hook/reading",
    "hook/slots",
    "hook/sysfs",
    "hook/vdsm_hook",
    "inventory_json",
    "model",
)

MAIN = """\
import os
import sys

from mdev_inventory.hook.vdsm_hook import main

sys.exit(main(sys.argv[1:], os.environ))
"""

# The earliest moment that a zip file can name.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(target: Path) -> Path:
    """Writes the archive to `target`, executable, in one go; returns `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.{os.getpid()}.new")
    new.write_bytes(SHEBANG + _zip(_sources()))
    new.chmod(0o755)
    return new.replace(target)


def _sources() -> dict[str, bytes]:
    """The archive's files: path to content, in the order of the archive."""
    package = Path(mdev_inventory.__file__).parent
    modules = {f"{package.name}/{name}.py": (package / f"{name}.py").read_bytes() for name in MODULES}
    return {"__main__.py": MAIN.encode(), **modules}


def _zip(files: dict[str, bytes]) -> bytes:
    """A zip file, uncompressed: quicker to import, and independent of zlib's version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = 3  # Unix, whatever builds it
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    """Builds the archive named on the command line; returns the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m tools.hook_file TARGET\n")
        return 2
    sys.stdout.write(f"{build(Path(arguments[0]))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
