"""The sample and the reference of the configuration, made from the defaults.

python -m tools.configuration sample > deploy/mdev-scheduler.conf
python -m tools.configuration reference > docs/configuration.md
"""

import ast
import inspect
import itertools
import sys
import textwrap
from collections.abc import Iterator
from functools import cache

from scheduler_plugins.config import FOLDER, SECTIONS, Option, options

INTRODUCTION = f"""\
# Configuration

The service reads every `*.conf` in `{FOLDER}` (or in the folder given with
`serve --config`), in the order of their names; a later file overrides an earlier one key by key. The form is
INI: `[section]`, `key = value`, comments on lines of their own with `#` or `;`. Times are seconds, plain
numbers. A wrong value, an unknown key or section and one given twice stop the service with an error that
names file, key, value and what is allowed.

`mdev-scheduler serve --show-config` prints what is in force, with the file of each key that is not at its
default. A change takes effect when the service is started again.
"""


def sample() -> str:
    """A configuration file in which every key stands, commented out, at its default."""
    head = f"Copy to {FOLDER}/ and take the # from what you change. Every key stands here at its default."
    lines = [f"# {line}" for line in _wrapped(head, 98)]
    for section in SECTIONS:
        lines += ["", f"[{section}]"]
        for option in _of(section):
            lines += ["", *_comment(option), f"#{option.key} = {option.default_text}".rstrip()]
    return "\n".join(lines) + "\n"


def reference() -> str:
    """Every key with its meaning, default and allowed values, in Markdown."""
    parts = [INTRODUCTION]
    for section, cls in SECTIONS.items():
        parts.append(f"## [{section}]\n\n{cls.__doc__}\n")
        parts += [_described(option) for option in _of(section)]
    return "\n".join(parts)


def meaning(option: Option) -> str:
    """What stands below the key among the defaults, in one line."""
    return _meanings(option.section)[option.key]


@cache
def _meanings(section: str) -> dict[str, str]:
    (described,) = ast.parse(inspect.getsource(SECTIONS[section])).body
    assert isinstance(described, ast.ClassDef)
    return {
        key.target.id: " ".join(ast.literal_eval(below.value).split())
        for key, below in itertools.pairwise(described.body)
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(below, ast.Expr)
    }


def _of(section: str) -> Iterator[Option]:
    return (option for option in options() if option.section == section)


def _comment(option: Option) -> list[str]:
    allowed = f"Allowed: {option.kind.allowed}."
    return [f"# {line}" for text in (meaning(option), allowed) for line in _wrapped(text, 98)]


def _described(option: Option) -> str:
    default = f"`{option.default_text}`" if option.default_text else "empty"
    told = "\n".join(_wrapped(meaning(option), 110))
    return f"### {option.key}\n\n{told}\n\n- Default: {default}\n- Allowed: {option.kind.allowed}\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)


if __name__ == "__main__":
    sys.stdout.write({"sample": sample, "reference": reference}[sys.argv[1]]())
