"""Reads a folder of INI files into plain texts, each with the file that it comes from.

`*.conf` in the order of their names, later ones override earlier ones key by key. Nothing is forgiven: a
section or key that nobody knows, one given twice in a file, a line that is no INI. No error repeats a line
or a value that was not understood, as it may be a misplaced password.
"""

import configparser
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# The DEFAULT section of configparser is of no use to us: its name is one that nobody can write.
NO_DEFAULTS = "\n"
# How much of a wrong value an error repeats.
LONGEST_VALUE = 200


class ConfigError(Exception):
    """The configuration cannot be used: file, section, key and value as far as they are known, and why."""

    def __init__(
        self, reason: str, *, file: Path | None = None, section: str = "", key: str = "", value: str | None = None
    ) -> None:
        """`reason` says what is wrong and what is allowed."""
        self.reason, self.file, self.section, self.key = reason, file, section, key
        self.value = None if value is None else _fit(value)
        place = f"[{section}] {key}".strip() if section else ""
        given = place if self.value is None else f"{place} = {self.value!r}"
        super().__init__(": ".join(part for part in (str(file or ""), given, reason) if part))


class Entry(NamedTuple):
    """A key's text and where it stands."""

    text: str
    file: Path


Known = Mapping[str, tuple[str, ...]]
"""The keys of each section."""


def read_folder(folder: Path, known: Known) -> dict[tuple[str, str], Entry]:
    """What the folder's files say, by section and key; a folder that does not exist says nothing."""
    entries: dict[tuple[str, str], Entry] = {}
    for file in _files(folder):
        entries |= _read_file(file, known)
    return entries


def _files(folder: Path) -> list[Path]:
    try:
        found = [file for file in folder.iterdir() if file.suffix == ".conf" and not file.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"the folder cannot be read: {error.strerror}", file=folder) from error
    return sorted(found, key=lambda file: file.name)


def _read_file(file: Path, known: Known) -> dict[tuple[str, str], Entry]:
    parser = _parsed(file)
    entries = {}
    for section in parser.sections():
        if section not in known:
            raise ConfigError(f"no such section; {_nearest(section, known)}", file=file, section=section)
        for key, value in parser.items(section):
            if key not in known[section]:
                raise ConfigError(_unknown(section, key, known), file=file, section=section, key=key)
            entries[section, key] = Entry(value, file)
    return entries


def _parsed(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(
        default_section=NO_DEFAULTS, delimiters=("=",), comment_prefixes=("#", ";"), empty_lines_in_values=False
    )
    parser.optionxform = lambda name: name  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(_text(file))
    except configparser.Error as error:
        raise ConfigError(_wrong_line(error), file=file) from None
    return parser


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = f"cannot be read: {error.strerror}; the service's user must be able to"
        raise ConfigError(reason, file=file) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 text: byte {error.start}", file=file) from None


def _wrong_line(error: configparser.Error) -> str:
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {error.lineno}: [{error.section}] {error.option} is given twice; keep one"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {error.lineno}: section [{error.section}] stands there twice; make it one"
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno}: a key before the first [section]"
    if isinstance(error, configparser.ParsingError) and error.errors:
        return f"line {error.errors[0][0]}: neither [section] nor key = value nor # comment"
    return "is no INI file"


def _unknown(section: str, key: str, known: Known) -> str:
    homes = [other for other in known if key in known[other]]
    if homes:
        return f"no such key there; it belongs in [{'] or ['.join(homes)}]"
    return f"no such key; {_nearest(key, known[section])}"


def _fit(value: str) -> str:
    """A value fit for an error: not too long, and without a password in a URL."""
    hidden = re.sub(r"//.*@", "//***@", value, flags=re.DOTALL)
    return hidden if len(hidden) <= LONGEST_VALUE else f"{hidden[:LONGEST_VALUE]}..."


def _nearest(name: str, names: Mapping[str, object] | tuple[str, ...]) -> str:
    if close := difflib.get_close_matches(name.lower(), names, n=1):
        return f"did you mean {close[0]}?"
    return f"there are: {', '.join(names)}"
