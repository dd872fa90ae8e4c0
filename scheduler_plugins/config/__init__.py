"""The configuration: `conf.d/*.conf` over typed defaults, as one frozen object, passed on and never global.

`load` reads it and `show` prints what is in force. What the configuration only names (files of keys and
passwords) is looked at when the service is about to start: see `secrets.py`.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from scheduler_plugins.config.defaults import Collector, Decisions, Engine, Log, Service, Vdsm
from scheduler_plugins.config.files import ConfigError, Entry, read_folder
from scheduler_plugins.config.kinds import Kind

__all__ = ["FOLDER", "Config", "ConfigError", "Engine", "Service", "Vdsm", "load", "show"]

FOLDER = Path("/etc/mdev-scheduler/conf.d")


@dataclass(frozen=True, slots=True)
class Config:
    """What is in force, by section."""

    service: Service = field(default_factory=Service)
    engine: Engine = field(default_factory=Engine)
    vdsm: Vdsm = field(default_factory=Vdsm)
    collector: Collector = field(default_factory=Collector)
    decisions: Decisions = field(default_factory=Decisions)
    log: Log = field(default_factory=Log)
    folder: Path = field(default=FOLDER, compare=False)
    """Where it was read from."""
    origins: Mapping[tuple[str, str], Path] = field(default_factory=dict, compare=False)
    """The file of every key that is not at its default, by section and key."""

    def text(self, section: str, key: str) -> str:
        """A key's value as one would write it."""
        kind: Kind[Any] = next(o.kind for o in options() if (o.section, o.key) == (section, key))
        return kind.write(getattr(getattr(self, section), key))

    def error(self, section: str, key: str, reason: str) -> ConfigError:
        """What to raise when a value turns out to be wrong when it is used: names its file and the value."""
        file = self.origins.get((section, key))
        if file is None:
            reason = f"{reason} (this is the default; no file in {self.folder} sets it)"
        return ConfigError(reason, file=file, section=section, key=key, value=self.text(section, key))


@dataclass(frozen=True, slots=True)
class Option:
    """A key, described."""

    section: str
    key: str
    default: Any
    kind: Kind[Any]

    @property
    def default_text(self) -> str:
        """The default as one would write it."""
        return self.kind.write(self.default)


SECTIONS: Mapping[str, type[Any]] = MappingProxyType(
    {"service": Service, "engine": Engine, "vdsm": Vdsm, "collector": Collector, "decisions": Decisions, "log": Log}
)


def options() -> Iterator[Option]:
    """Every key, in the order in which they are documented."""
    for section, cls in SECTIONS.items():
        for each in dataclasses.fields(cls):
            yield Option(section, each.name, each.default, get_args(each.type)[1])


def load(folder: Path = FOLDER) -> Config:
    """The configuration in force; ConfigError where a file or a value is wrong."""
    known = {name: tuple(f.name for f in dataclasses.fields(cls)) for name, cls in SECTIONS.items()}
    entries = read_folder(folder, known)
    values: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for option in options():
        if entry := entries.get((option.section, option.key)):
            values[option.section][option.key] = _value(option, entry)
    config = Config(
        **{name: cls(**values[name]) for name, cls in SECTIONS.items()},
        folder=folder,
        origins=MappingProxyType({place: entry.file for place, entry in entries.items()}),
    )
    _check_together(config)
    return config


def show(config: Config) -> str:
    """The configuration in force as INI that gives the same again, with the file of each key that has one."""
    blocks = []
    for section, its_options in itertools.groupby(options(), lambda option: option.section):
        lines = [line for option in its_options for line in _shown_option(config, option)]
        blocks.append("\n".join([f"[{section}]", *lines, ""]))
    return "\n".join(blocks)


def _shown_option(config: Config, option: Option) -> Iterator[str]:
    if file := config.origins.get((option.section, option.key)):
        yield f"# {file}"
    yield f"{option.key} = {config.text(option.section, option.key)}".rstrip()


def _value(option: Option, entry: Entry) -> Any:
    try:
        return option.kind.read(entry.text)
    except ValueError:
        reason = f"it must be {option.kind.allowed}"
        raise ConfigError(reason, file=entry.file, section=option.section, key=option.key, value=entry.text) from None


def _check_together(config: Config) -> None:
    service = config.service
    if service.http_port and service.http_port == service.xmlrpc_port:
        reason = "it must differ from [service] xmlrpc_port, or be 0 for any free port"
        raise config.error("service", "http_port", reason)
