"""The command's own description of itself, as plain data: what manual and shell completion are made from."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from scheduler_plugins.cli import app

PROGRAM = "mdev-scheduler"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command."""

    names: tuple[str, ...]
    value: str
    """What stands for its value, `DIR`; empty for a switch."""
    help: str
    default: str
    """Empty where there is none worth telling."""
    environ: str
    """The variable that sets it too; empty for none."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command, or a group of them (`policy`)."""

    words: tuple[str, ...]
    """What is typed after the program's name; nothing for the program itself."""
    help: str
    arguments: tuple[tuple[str, str], ...]
    """Name and meaning, in order."""
    options: tuple[Option, ...]
    commands: tuple["Command", ...]

    def all(self) -> Iterator["Command"]:
        """This command and all below it, in the order in which they are listed."""
        yield self
        for command in self.commands:
            yield from command.all()


def program() -> Command:
    """The whole command line."""
    return _command((), typer.main.get_command(app))


def _command(words: tuple[str, ...], command: object) -> Command:
    assert isinstance(command, TyperCommand | TyperGroup)
    below = command.commands if isinstance(command, TyperGroup) else {}
    params = command.params
    return Command(
        words,
        (command.help or "").strip(),
        tuple((_value(p), p.help or "") for p in params if isinstance(p, TyperArgument)),
        tuple(_option(p) for p in params if isinstance(p, TyperOption) and not p.hidden),
        tuple(_command((*words, name), part) for name, part in below.items() if not part.hidden),
    )


def _option(param: TyperOption) -> Option:
    # A switch that can be said in two ways has a second name: --dry-run/--no-dry-run.
    names = (*param.opts, *param.secondary_opts)
    environ = param.envvar if isinstance(param.envvar, str) else ""
    value = "" if param.is_flag else _value(param)
    return Option(names, value, param.help or "", _default(param), environ)


def _value(param: TyperOption | TyperArgument) -> str:
    return param.metavar or (param.name or "value").upper().replace("_", "-")


def _default(param: TyperOption) -> str:
    default = param.default
    if param.is_flag or default is None or callable(default) or default in ("", [], ()):
        return ""
    return str(default.value if isinstance(default, enum.Enum) else default)
