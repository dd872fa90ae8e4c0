"""Completion for bash and zsh, made from the command itself: words only, nothing is run at a tabulator.

python -m scheduler_plugins.cli.completion > mdev-scheduler.bash

zsh reads the same file after `autoload -U bashcompinit && bashcompinit`.
"""

import sys
from collections.abc import Iterator

from scheduler_plugins.cli.tree import Command, program

FOLDERS = ("DIR", "ROOT", "RUN-DIR")
"""What stands for a folder in the help."""
HEAD = """\
# Completion of mdev-scheduler; made from the command itself.
_mdev_scheduler() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" said="" offered=""
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$said ${COMP_WORDS[i]}" in
"""
MIDDLE = """\
        esac
    done
    case "$before" in
"""
MATCH = """\
    esac
    case "$said" in
"""
TAIL = """\
    esac
    COMPREPLY=($(compgen -W "$offered" -- "$word"))
}
complete -F _mdev_scheduler mdev-scheduler
"""


def bash(root: Command) -> str:
    """The script that bash-completion loads when the command is first completed."""
    known = [command for command in root.all() if command.words]
    lines = [f'            "{_said(command)}") said="{_said(command)}" ;;' for command in known]
    values = list(_values(root))
    offers = [
        f'        "{_said(command)}") offered="{" ".join(_offers(command))}" ;;' for command in root.all()
    ]
    return "\n".join([HEAD + "\n".join(lines), MIDDLE + "\n".join(values), MATCH + "\n".join(offers), TAIL])


def _said(command: Command) -> str:
    """The words typed so far, each after a blank."""
    return "".join(f" {word}" for word in command.words)


def _values(root: Command) -> Iterator[str]:
    """Options that take a value: a folder is completed as such, anything else is the user's to know."""
    options = [option for command in root.all() for option in command.options if option.value]
    folders = {name for option in options if option.value in FOLDERS for name in option.names}
    others = {name for option in options for name in option.names} - folders
    if folders:
        yield f'        {"|".join(sorted(folders))}) COMPREPLY=($(compgen -d -- "$word")); return ;;'
    if others:
        yield f"        {'|'.join(sorted(others))}) return ;;"


def _offers(command: Command) -> list[str]:
    names = [part.words[-1] for part in command.commands]
    return [*names, *(name for option in command.options for name in option.names), "--help"]


if __name__ == "__main__":
    sys.stdout.write(bash(program()))
