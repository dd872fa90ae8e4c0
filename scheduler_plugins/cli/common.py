"""What the commands share: exit statuses, options, and the word on standard error that ends a command."""

from pathlib import Path
from typing import Annotated

import typer

from mdev_inventory.visible import visible_lines

DONE, NO, USAGE, COULD_NOT_ASK = 0, 1, 2, 3
URL = "http://127.0.0.1:18782"
CONFIG = Path("/etc/mdev-scheduler/conf.d")

Config = Annotated[Path, typer.Option("--config", metavar="DIR", help="Folder of the *.conf files.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[str, typer.Option("--url", envvar="MDEV_SCHEDULER_URL", help="Where the service is.")]


def fail(text: str, status: int = COULD_NOT_ASK) -> typer.Exit:
    """The exception that ends the command with a word on standard error."""
    typer.echo(visible_lines(f"mdev-scheduler: {text}"), err=True)
    return typer.Exit(status)
