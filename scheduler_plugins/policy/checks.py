"""Whether the engine will take what is planned: it is asked for nothing that it would reject."""

import re
from collections.abc import Iterable, Mapping

from scheduler_plugins.policy.errors import RefusalError
from scheduler_plugins.policy.state import Attached, EngineState, Policy
from scheduler_plugins.policy.wishes import Wishes

RESTART = "then restart the engine (systemctl restart ovirt-engine)"
ASK = (
    "it learns of external units only while it starts. Set ExternalSchedulerEnabled=true (engine-config), "
    "start mdev-scheduler, or, where ovirt-scheduler-proxy runs, put mdev_units.py into its plugin folder "
    f"and restart ovirt-scheduler-proxy; {RESTART}"
)
OFFER = (
    "nobody offered it when the engine last started. Set ExternalSchedulerEnabled=true (engine-config), "
    f"start mdev-scheduler, or ovirt-scheduler-proxy where that runs; {RESTART}"
)
OLDER = f"restart mdev-scheduler, or ovirt-scheduler-proxy where that runs; {RESTART}"


def units_can_run(state: EngineState, wishes: Wishes) -> None:
    """Every unit wished for is known to the engine, and enabled; RefusalError with the remedy."""
    found = {key: state.unit(*key) for key in wishes.wanted}
    unknown = [name for (_, name), unit in found.items() if unit is None]
    if unknown:
        raise RefusalError(f"the engine knows no policy unit {' and '.join(unknown)}: {ASK}")
    disabled = [unit.name for unit in found.values() if unit and not unit.enabled]
    if disabled:
        raise RefusalError(f"the engine has disabled the policy unit {' and '.join(disabled)}: {OFFER}")


def properties_fit(state: EngineState, wanted: Iterable[Attached], wishes: Wishes) -> None:
    """The engine takes the properties for those units; RefusalError with the remedy."""
    taken = _regexes(state, wanted)
    everywhere = {key: regex for unit in state.units for key, regex in unit.properties.items()}
    for key, value in wishes.properties.items():
        if key not in everywhere:
            raise RefusalError(f"the engine knows no property {key}, as units of an older version have: {OLDER}")
        if key not in taken:
            homes = [unit.name for unit in state.units if key in unit.properties]
            raise RefusalError(
                f"property {key} belongs to {' and '.join(homes)}, which the policy would not have: add it "
                "with --weight or --filter"
            )
        if not _matches(taken[key], value):
            raise RefusalError(f"the engine takes only {taken[key]} for {key}, as units of an older version: {OLDER}")


def copied_properties(
    state: EngineState, policy: Policy, units: Iterable[Attached]
) -> tuple[dict[str, str], list[str]]:
    """The policy's own properties as far as the engine would take them again, and a note on others."""
    taken = _regexes(state, units)
    kept = {key: value for key, value in policy.properties.items() if _matches(taken.get(key), value)}
    left = [key for key in policy.properties if key not in kept]
    return kept, [f"not copied, as no unit of the policy takes it: {', '.join(left)}"] if left else []


def _regexes(state: EngineState, attached: Iterable[Attached]) -> Mapping[str, str]:
    """The properties that units understand."""
    units = (state.unit_by_id(each.unit_id) for each in attached)
    return {key: regex for unit in units if unit for key, regex in unit.properties.items()}


def _matches(regex: str | None, value: str) -> bool:
    """Whether the value matches as a whole; a regex that only Java understands is taken for a no."""
    try:
        return regex is not None and ";" not in value and re.fullmatch(regex, value) is not None
    except re.error:
        return False
