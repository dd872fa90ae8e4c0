"""The manual page, made from the command itself.

python -m scheduler_plugins.cli.manual > mdev-scheduler.8
"""

import sys
from collections.abc import Iterable, Iterator

from mdev_inventory import __version__
from scheduler_plugins.cli.tree import PROGRAM, Command, Option, program

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


def manual(root: Command, version: str = __version__) -> str:
    """The page in roff, for man(1), section 8."""
    lines = [f'.TH {PROGRAM.upper()} 8 "" "{PROGRAM} {version}" "System Administration"']
    lines += [".SH NAME", f"{_text(PROGRAM)} \\- {_text(_first(root.help))}"]
    lines += [".SH SYNOPSIS", f".B {_text(PROGRAM)}", "[OPTION...] COMMAND [OPTION...]"]
    lines += [".SH DESCRIPTION", _text(root.help)]
    lines += [".SH OPTIONS", *_options(root), *_help_option(), ".SH COMMANDS"]
    for command in root.all():
        if command.words and not command.commands:
            lines += _described(command)
    lines += [".SH EXIT STATUS", *_list(STATUS), ".SH FILES", *_list(FILES)]
    lines += [".SH SEE ALSO", ".BR systemctl (1),", ".BR journalctl (1)"]
    return "\n".join(line for line in lines if line) + "\n"


def _described(command: Command) -> Iterator[str]:
    words = " ".join((*command.words, *(name for name, _ in command.arguments)))
    yield f".SS {_text(words)}"
    yield _text(command.help)
    yield from _list(command.arguments)
    yield from _options(command)


def _options(command: Command) -> Iterator[str]:
    yield from _list((_spelled(option), _meaning(option)) for option in command.options)


def _help_option() -> Iterator[str]:
    return _list([("-h, --help", "Print what the command, or the program, does, and exit.")])


def _spelled(option: Option) -> str:
    return ", ".join(f"{name} {option.value}".rstrip() for name in option.names)


def _meaning(option: Option) -> str:
    default = f" Default: {option.default}." if option.default else ""
    environ = f" Also set by ${option.environ}." if option.environ else ""
    return f"{option.help}{default}{environ}"


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
    sys.stdout.write(manual(program()))
