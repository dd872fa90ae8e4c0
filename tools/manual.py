"""The manual page, made from the command itself.

python -m tools.manual > mdev-scheduler.8
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from mdev_inventory import __version__
from scheduler_plugins.cli.app import PROGRAM, app

HELP = "-h, --help", "Print what the command, or the program, does, and exit."

STATUS = (
    ("0", "Done."),
    ("1", "The answer is no: the VM fits nowhere, or something is wrong."),
    ("2", "Wrong usage or configuration."),
    ("3", "Could not ask; standard error says why."),
)
FILES = (
    ("/etc/mdev-scheduler/conf.d/*.conf", "The service's configuration, read in the order of the names."),
    ("/etc/mdev-scheduler/mdev-scheduler.conf.sample", "Every key at its default, with its meaning."),
    ("/var/lib/mdev-scheduler/", "The service's state; what the proxy's plugin reads while it is down."),
    ("/run/mdev-scheduler/proxy.sock", "Where the plugin of ovirt-scheduler-proxy asks."),
    ("/opt/mdev-scheduler/", "The program."),
)


def manual(version: str = __version__) -> str:
    """The page in roff, for man(1), section 8."""
    root = typer.main.get_command(app)
    lines = [f'.TH {PROGRAM.upper()} 8 "" "{PROGRAM} {version}" "System Administration"']
    lines += [".SH NAME", f"{_text(PROGRAM)} \\- {_text(_first(root.help or ''))}"]
    lines += [".SH SYNOPSIS", f".B {_text(PROGRAM)}", "[OPTION...] COMMAND [OPTION...]"]
    lines += [".SH DESCRIPTION", _text(root.help or ""), ".SH OPTIONS", *_list(_options(root))]
    lines += [*_list([HELP]), ".SH COMMANDS"]
    for words, command in commands(root):
        lines += _described(words, command)
    lines += [".SH EXIT STATUS", *_list(STATUS), ".SH FILES", *_list(FILES)]
    lines += [".SH SEE ALSO", ".BR systemctl (1),", ".BR journalctl (1)"]
    return "\n".join(line for line in lines if line) + "\n"


def commands(root: object, *words: str) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Every command with the words that are typed for it, in the order in which they are listed."""
    if isinstance(root, TyperGroup):
        for name, command in root.commands.items():
            yield from commands(command, *words, name)
    elif isinstance(root, TyperCommand):
        yield words, root


def _described(words: Sequence[str], command: TyperCommand) -> Iterator[str]:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    yield f".SS {_text(' '.join([*words, *map(_value, arguments)]))}"
    yield _text(command.help or "")
    yield from _list((_value(argument), argument.help or "") for argument in arguments)
    yield from _list(_options(command))


def _options(command: object) -> Iterator[tuple[str, str]]:
    """Each option as it is typed, and what it means."""
    assert isinstance(command, TyperCommand | TyperGroup)
    for param in command.params:
        if isinstance(param, TyperOption) and not param.hidden:
            value = "" if param.is_flag else f" {_value(param)}"
            names = (*param.opts, *param.secondary_opts)  # a switch may be said in two ways
            yield ", ".join(f"{name}{value}" for name in names), _meaning(param)


def _meaning(param: TyperOption) -> str:
    untold = param.is_flag or callable(param.default) or param.default in (None, "", [], ())
    default = "" if untold else f" Default: {param.default}."
    environ = f" Also set by ${param.envvar}." if param.envvar else ""
    return f"{param.help or ''}{default}{environ}"


def _value(param: TyperOption | TyperArgument) -> str:
    return param.metavar or (param.name or "value").upper().replace("_", "-")


def _list(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in items:
        yield from (".TP", f"\\fB{_text(name)}\\fR", _text(meaning))


def _first(text: str) -> str:
    """The first sentence, without its end."""
    return text.split("\n")[0].rstrip(".")


def _text(text: str) -> str:
    """Text that roff prints as it is: no control lines, and hyphens that can be copied as such."""
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    sys.stdout.write(manual())
