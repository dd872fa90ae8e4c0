"""What an administrator can set for the units: properties of the cluster's scheduling policy.

The engine hands every unit the whole map of the cluster's properties, values as text. It checks them by the
regexes that the units declare (`key=regex;key=regex`, each against the whole value), so a value that does not
fit comes from elsewhere, or from before an upgrade: it is an error that names it, and the unit then gives no
weights; the engine goes on with its others and says so in its events. A key that is missing or empty has its
default.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mdev_inventory.engine.forms import TYPE_ID
from scheduler_plugins.errors import SchedulerError


class BadPropertyError(SchedulerError):
    """A policy property with a value that its unit does not understand."""

    code = "bad-property"

    def __init__(self, parameter: "Parameter", value: str) -> None:
        """`value` is what was set."""
        super().__init__(
            f"policy property {parameter.key} is {value[:80]!r}, not {parameter.takes};"
            " set it in the cluster's scheduling policy"
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """All parameters of all units."""

    mix: Mapping[str, float] = field(default_factory=dict)
    """By mdev type, its share of the requests; empty: as learnt from the engine."""
    ages: bool = True
    """Whether the ages of running VMs count."""
    reserved_types: frozenset[str] = frozenset()
    """The mdev types that make a host worth keeping free; empty: all."""


USUAL = Settings()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One property that a unit understands."""

    key: str
    """As the engine knows it; no two units may declare different regexes for one."""
    regex: str
    """Of whole values, alike for Java and for us."""
    takes: str
    """The same in words, for errors."""
    read: Callable[[Settings, str], Settings]
    """The settings with a value that the regex took."""

    def into(self, settings: Settings, properties: Mapping[str, str]) -> Settings:
        """The settings with this one as the properties have it; raises BadPropertyError."""
        value = properties.get(self.key, "")
        if not re.fullmatch(self.regex, value):
            raise BadPropertyError(self, value)
        return self.read(settings, value) if value else settings


def _mix(settings: Settings, value: str) -> Settings:
    pairs = (entry.rpartition(":") for entry in value.split(","))
    parts = {type_id: int(part) for type_id, _, part in pairs}
    total = max(1, sum(parts.values()))
    return replace(settings, mix={type_id: part / total for type_id, part in parts.items()})


MIX = Parameter(
    "MdevFragmentationMix",
    rf"({TYPE_ID}:[0-9]{{1,6}}(,{TYPE_ID}:[0-9]{{1,6}})*)?",
    "a list like nvidia-231:80,nvidia-234:20 of mdev types and their parts",
    _mix,
)
AGES = Parameter(
    "MdevFragmentationAges", "(yes|no)?", "yes or no", lambda settings, value: replace(settings, ages=value == "yes")
)
RESERVED_TYPES = Parameter(
    "MdevReserveTypes",
    rf"({TYPE_ID}(,{TYPE_ID})*)?",
    "a list like nvidia-231,nvidia-234 of mdev types",
    lambda settings, value: replace(settings, reserved_types=frozenset(value.split(","))),
)


def declared(*parameters: Parameter) -> str:
    """The parameters as the engine takes them."""
    return ";".join(f"{parameter.key}={parameter.regex}" for parameter in parameters)


def settings_of(parameters: Iterable[Parameter], properties: Mapping[str, str]) -> Settings:
    """The settings that these parameters make; raises BadPropertyError."""
    settings = USUAL
    for parameter in parameters:
        settings = parameter.into(settings, properties)
    return settings


def usable(parameters: Iterable[Parameter], properties: Mapping[str, str]) -> Settings:
    """As `settings_of`, with the default for a value that is not understood."""
    settings = USUAL
    for parameter in parameters:
        with suppress(BadPropertyError):
            settings = parameter.into(settings, properties)
    return settings
