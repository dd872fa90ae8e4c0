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

T = TypeVar("T")

# A unix socket's address holds 108 bytes, the final NUL included.
LONGEST_SOCKET_PATH = 107
# useradd's and groupadd's rule; oVirt's users have a profile after an @ sign, perhaps two.
GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}", re.ASCII)
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", re.ASCII)
ENGINE_USER = re.compile(r"[^@\s]+(@[^@\s]+)+")
SWITCH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value."""

    allowed: str
    """What is allowed, to follow the words "it must be"."""
    fits: Callable[[str], object]
    """Whether a text is allowed: something true, else something false or ValueError."""
    made: Callable[[str], T]
    """The value of a text that fits."""
    write: Callable[[T], str] = str
    """The text of a value: what `read` takes."""

    def read(self, text: str) -> T:
        """The value of a text; raises ValueError."""
        if not self.fits(text):
            raise ValueError(text)
        return self.made(text)


def whole(least: int, most: int) -> Kind[int]:
    """A whole number between two limits, both included."""
    return Kind(f"a whole number from {least} to {most}", _within(r"[0-9]{1,9}", least, most), int)


def seconds(least: int, most: int) -> Kind[float]:
    """A time in seconds between two limits, both included."""
    fits = _within(r"[0-9]{1,9}(\.[0-9]{1,6})?", least, most)
    allowed = f"seconds, a plain number from {least} to {most}"
    return Kind(allowed, fits, float, lambda value: repr(value).removesuffix(".0"))


def choice(*words: str) -> Kind[str]:
    """One of a few words."""
    return Kind(" or ".join(words), words.__contains__, str)


def switch() -> Kind[bool]:
    """On or off, in INI's usual words."""
    return Kind(
        "yes or no (true, false, on and off will do)",
        lambda text: text.lower() in SWITCH,
        lambda text: SWITCH[text.lower()],
        lambda on: "yes" if on else "no",
    )


def path(longest: int = 4095) -> Kind[Path]:
    """An absolute path, as long as the system allows in that place."""

    def fits(text: str) -> bool:
        return text.startswith("/") and text.isprintable() and len(text.encode()) <= longest

    return Kind(f"an absolute path of at most {longest} bytes", fits, Path)


def optional(kind: Kind[T], otherwise: str) -> Kind[T | None]:
    """That kind, or nothing; `otherwise` says what nothing means."""
    return Kind(
        f"{kind.allowed}, or empty: {otherwise}",
        lambda text: not text or kind.fits(text),
        lambda text: kind.made(text) if text else None,
        lambda value: "" if value is None else kind.write(value),
    )


def pattern(allowed: str, form: re.Pattern[str]) -> Kind[str]:
    """Text of a form."""
    return Kind(allowed, form.fullmatch, str)


def host_names() -> Kind[tuple[str, ...]]:
    """Names of hosts, or none."""

    def names(text: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in text.split(",")) if text else ()

    allowed = "names of hosts with commas between them, without ports, or empty: none"
    return Kind(allowed, lambda text: all(map(HOST_NAME.fullmatch, names(text))), names, ",".join)


def loopback() -> Kind[str]:
    """An address that no other machine can reach."""
    return Kind("a loopback address: 127.0.0.1 or ::1", lambda text: ip_address(text).is_loopback, str)


def engine_url() -> Kind[str]:
    """Where the engine is, in the engine client's own terms; its password would be seen here."""
    allowed = "https://HOST[:PORT][/ovirt-engine[/api]] without user and password (http: only for a loopback host)"
    return Kind(allowed, base_url, str)


def _within(form: str, least: int, most: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(form, text, re.ASCII) is not None and least <= float(text) <= most
