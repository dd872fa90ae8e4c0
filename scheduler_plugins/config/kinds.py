"""How values are written in configuration files: for each kind the words for what is allowed, and both ways.

Numbers are plain: seconds have no unit, digits are ASCII, and nothing is guessed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Generic, TypeVar

from mdev_inventory.engine.address import base_url
from mdev_inventory.engine.errors import EngineSettingError

T = TypeVar("T")

# A unix socket's address holds 108 bytes, the final NUL included.
LONGEST_SOCKET_PATH = 107
# useradd's and groupadd's rule; oVirt's users have a profile after an @ sign, perhaps two.
GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}", re.ASCII)
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", re.ASCII)
ENGINE_USER = re.compile(r"[^@\s]+(@[^@\s]+)+")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value."""

    allowed: str
    """What is allowed, to follow the words "it must be"."""
    read: Callable[[str], T]
    """The value of a text; raises ValueError."""
    write: Callable[[T], str] = str
    """The text of a value: what `read` takes."""


def whole(least: int, most: int) -> Kind[int]:
    """A whole number between two limits, both included."""

    def read(text: str) -> int:
        return int(_within(text, r"[0-9]{1,9}", least, most))

    return Kind(f"a whole number from {least} to {most}", read)


def seconds(least: int, most: int) -> Kind[float]:
    """A time in seconds between two limits, both included."""

    def read(text: str) -> float:
        return _within(text, r"[0-9]{1,9}(\.[0-9]{1,6})?", least, most)

    return Kind(f"seconds, a plain number from {least} to {most}", read, lambda s: repr(s).removesuffix(".0"))


def choice(*words: str) -> Kind[str]:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Kind(" or ".join(words), read)


def switch() -> Kind[bool]:
    """On or off, in INI's usual words."""
    words = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}

    def read(text: str) -> bool:
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]

    return Kind("yes or no (true, false, on and off will do)", read, lambda on: "yes" if on else "no")


def path(longest: int = 4095) -> Kind[Path]:
    """An absolute path, as long as the system allows in that place."""

    def read(text: str) -> Path:
        if not text.startswith("/") or not text.isprintable() or len(text.encode()) > longest:
            raise ValueError(text)
        return Path(text)

    return Kind(f"an absolute path of at most {longest} bytes", read)


def optional(kind: Kind[T], otherwise: str) -> Kind[T | None]:
    """That kind, or nothing; `otherwise` says what nothing means."""
    return Kind(
        f"{kind.allowed}, or empty: {otherwise}",
        lambda text: kind.read(text) if text else None,
        lambda value: "" if value is None else kind.write(value),
    )


def pattern(allowed: str, form: re.Pattern[str]) -> Kind[str]:
    """Text of a form."""

    def read(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(text)
        return text

    return Kind(allowed, read)


def host_names() -> Kind[tuple[str, ...]]:
    """Names of hosts, or none."""

    def read(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(",")) if text else ()
        if not all(map(HOST_NAME.fullmatch, names)):
            raise ValueError(text)
        return names

    return Kind("names of hosts with commas between them, without ports, or empty: none", read, ",".join)


def loopback() -> Kind[str]:
    """An address that no other machine can reach."""

    def read(text: str) -> str:
        if not ip_address(text).is_loopback:
            raise ValueError(text)
        return text

    return Kind("a loopback address: 127.0.0.1 or ::1", read)


def engine_url() -> Kind[str]:
    """Where the engine is, in the engine client's own terms; its password would be seen here."""

    def read(text: str) -> str:
        try:
            base_url(text)
        except EngineSettingError as error:
            raise ValueError(text) from error
        return text

    allowed = "https://HOST[:PORT][/ovirt-engine[/api]] without user and password (http: only for a loopback host)"
    return Kind(allowed, read)


def _within(text: str, form: str, least: int, most: int) -> float:
    if not re.fullmatch(form, text, re.ASCII) or not least <= float(text) <= most:
        raise ValueError(text)
    return float(text)
