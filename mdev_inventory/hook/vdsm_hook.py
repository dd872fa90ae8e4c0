"""VDSM's capability extension: publishes the host's mdev inventory under `mdev_inventory`.

VDSM runs every executable in `/usr/libexec/vdsm/hooks/after_get_caps` when it is asked for capabilities,
names a JSON file of them in `_hook_json`, waits without a limit, and decodes the file unprotected. So this
is silent, is quick, exits 0, and adds its member in one go or leaves the file alone: a host must never
drop out of its cluster because of an inventory.

Runs on Python 3.6, standard library only; `tools.hook_file` makes the one file that hosts get.
"""

import contextlib
import json
import os
import sys
from typing import List, Mapping, NamedTuple, Tuple

from mdev_inventory import __version__
from mdev_inventory.hook.capabilities_file import set_member
from mdev_inventory.hook.deadline import read_inventory_within, redirect_standard_streams
from mdev_inventory.hook.sysfs import BUS
from mdev_inventory.inventory_json import dump_key, to_document
from mdev_inventory.model import KEY, HostInventory, ReadError

# For the reading: with the interpreter's start and the writing, a busy host too stays near the 1.5 s that the
# hook allows itself, and an idle one well below.
DEADLINE_S = 1.2

# A driver may fail at each of a thousand files: the log gets the first ones, and how many they are.
MOST_ERRORS = 50

USAGE = """\
usage: 50_mdev_inventory [--print] [--root DIR]

The mdev inventory of this host, added to the capabilities when VDSM runs this as an after_get_caps hook
(the file named by $_hook_json); does nothing when run by hand without --print.

  --print     print the inventory as JSON instead
  --root DIR  read DIR/sys instead of /sys
  --help      print this
"""


class UsageError(ValueError):
    """Arguments that make no sense; the text says which."""


class Options(NamedTuple):
    """What the command line asks for."""

    root: str = "/"
    print_it: bool = False
    help: bool = False


def main(arguments: List[str], environment: Mapping[str, str]) -> int:
    """The hook's life; returns the exit status: 2 for wrong arguments by hand, else 0."""
    capabilities = environment.get("_hook_json")
    try:
        options = parse(arguments)
    except UsageError as error:
        return 0 if capabilities else _complain(error)
    if options.help:
        sys.stdout.write(USAGE)
    elif options.print_it:
        print_inventory(options.root)
    elif capabilities:
        # Whatever goes wrong, VDSM's capabilities are worth more than ours.
        with contextlib.suppress(Exception):
            redirect_standard_streams()
            extend(capabilities, options.root)
    return 0


def parse(arguments: List[str]) -> Options:
    """The options; by hand, because argparse takes longer to import than the hook to run."""
    options = Options()
    rest = iter(arguments)
    for argument in rest:
        if argument == "--print":
            options = options._replace(print_it=True)
        elif argument in ("--help", "-h"):
            options = options._replace(help=True)
        elif argument == "--root":
            options = options._replace(root=_folder(next(rest, "")))
        elif argument.startswith("--root="):
            options = options._replace(root=_folder(argument[len("--root=") :]))
        else:
            raise UsageError(f"unknown argument: {argument!r}")
    return options


def _folder(path: str) -> str:
    if not os.path.isdir(path):
        raise UsageError(f"--root needs a folder that holds sys/..., {path!r} is none")
    return path


def _complain(error: UsageError) -> int:
    sys.stderr.write(f"50_mdev_inventory: {error}\n\n{USAGE}")
    return 2


def extend(capabilities: str, root: str) -> None:
    """Adds the inventory to that file of capabilities; raises OSError or ValueError with it untouched."""
    set_member(capabilities, KEY, dump_key(take_inventory(root)))


def print_inventory(root: str) -> None:
    """Writes the inventory in its long form to standard output."""
    sys.stdout.write(json.dumps(to_document(take_inventory(root)), indent=2) + "\n")


def take_inventory(root: str) -> HostInventory:
    """The host's inventory, within the hook's deadline, signed with the hook's version."""
    inventory = read_inventory_within(DEADLINE_S, root)
    return inventory._replace(hook_version=__version__, errors=_first(inventory.errors))


def _first(errors: Tuple[ReadError, ...]) -> Tuple[ReadError, ...]:
    if len(errors) <= MOST_ERRORS:
        return errors
    more = ReadError(BUS, f"{len(errors) - MOST_ERRORS} more errors are not listed")
    return (*errors[:MOST_ERRORS], more)
