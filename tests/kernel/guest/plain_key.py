"""The key that today's hook writes, read by the standard library alone: the guest has nothing else.

Its form is in `mdev_inventory/inventory_json.py`. Nothing is checked; `tests/kernel/test_plain_key.py` holds
this to the service's own reader.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from mdev_inventory.model import BareCard, Cut, HostInventory, MdevType, ParentDevice, ReadError

_PACKED = 22


def from_key(key: dict[str, Any]) -> HostInventory:
    """The inventory; raises whatever comes of a key that is not as it should be."""
    types = _types(key["types"])
    return HostInventory(
        parents=tuple(_parent(types, **told) for told in key["parents"]),
        errors=tuple(ReadError(**told) for told in key["errors"]),
        collected_at=key["collected_at"],
        boot_id=key["boot_id"],
        hook_version=key["hook_version"],
        cut=None if key.get("cut") is None else Cut(**_with_tuples(key["cut"])),
        bare_cards=tuple(BareCard(**_with_tuples(told)) for told in key.get("bare_cards", ())),
        kernel=key.get("kernel", ""),
        modules=tuple(key.get("modules", ())),
    )


def _with_tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {member: tuple(value) if isinstance(value, list) else value for member, value in told.items()}


def _types(told: list[list[str]]) -> dict[str, MdevType]:
    return {one: MdevType(one, name, text, device_api) for one, name, text, device_api in told}


def _parent(known: dict[str, MdevType], figures: Any, types: Any = (), **told: Any) -> ParentDevice:
    return ParentDevice(**told, types=None if figures is None else tuple(_with_figures(known | _types(types), figures)))


def _with_figures(known: dict[str, MdevType], figures: Any) -> Iterator[MdevType]:
    by_id = dict(zip(known, figures, strict=True)) if isinstance(figures, list) else figures
    return (_type(known[type_id], figure) for type_id, figure in by_id.items())


def _type(known: MdevType, figure: Any) -> MdevType:
    available, instances = figure if isinstance(figure, list) else (figure, ())
    if isinstance(instances, str):
        packed = [instances[begin : begin + _PACKED] for begin in range(0, len(instances), _PACKED)]
        instances = [str(UUID(bytes=b64decode(text + "=="))) for text in packed]
    return known._replace(available=available, instances=None if instances is None else tuple(instances))
