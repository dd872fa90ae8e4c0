"""The inventory out of the capabilities' key (`inventory_json.py`), read strictly: no host is trusted."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from mdev_inventory.model import (
    KEY,
    SCHEMA,
    BareCard,
    Cut,
    HostInventory,
    InventoryError,
    MdevType,
    ParentDevice,
    ReadError,
)
from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.key_model import (
    ById,
    CutShort,
    Figure,
    Figures,
    Four,
    InOrder,
    Key,
    Named,
    Parent,
    ToldCard,
    Versioned,
)
from mdev_inventory.vdsm.strict import exceeded, read

_VERSIONED = TypeAdapter(Versioned)
_KEYS: dict[int, TypeAdapter[Key[Any]]] = {1: TypeAdapter(Key[ById]), 2: TypeAdapter(Key[InOrder])}
"""By schema: the service reads its own and the one before."""
_FIGURES = KEY + ".parents[{}].figures"


def from_key(obj: Any) -> HostInventory:
    """The inventory that a host published; `obj` is the decoded JSON and may be anything.

    Raises InventoryError, naming the member and its value. Equal types are one object: a host of 64 virtual
    functions has 1,408 of them, and a thousand such hosts have hardly more.
    """
    key = _read(obj)
    types = _Types(_described(key.types))
    parents = [_parent(told, types, index) for index, told in enumerate(key.parents)]
    _check_distinct(parents)
    check_amount(parents, KEY)
    return HostInventory(
        parents=tuple(sorted(parents, key=lambda parent: parent.address)),
        errors=tuple(ReadError(failed.path, failed.error) for failed in key.errors),
        collected_at=key.collected_at or "",
        boot_id=key.boot_id or "",
        hook_version=key.hook_version or "",
        cut=None if key.cut is None else _cut(key.cut),
        bare_cards=tuple(map(_bare, key.bare_cards)),
        kernel=key.kernel,
        modules=tuple(key.modules),
    )


def _bare(told: ToldCard) -> BareCard:
    return BareCard(**{**told.model_dump(), "function_drivers": tuple(told.function_drivers)})


def _cut(told: CutShort) -> Cut:
    return Cut(told.bus, tuple(told.parents), tuple(told.texts), told.cards, tuple(told.stuck))


def _read(obj: Any) -> Key[Any]:
    schema = read(_VERSIONED, obj, KEY).number
    if schema > SCHEMA:
        wrong = f"newer than {SCHEMA}, the newest known here"
        raise InventoryError(f"{KEY}.schema", schema, wrong, "update mdev-scheduler beside the engine")
    if schema not in _KEYS:
        raise InventoryError(f"{KEY}.schema", schema, f"older than {min(_KEYS)}, the oldest known here")
    return read(_KEYS[schema], obj, KEY)


def check_amount(parents: Sequence[ParentDevice], where: str) -> None:
    """Raises InventoryError where all parents together have more than a machine can; `where` is whose they are."""
    types = [one for parent in parents for one in parent.types or ()]
    living = sum(len(one.instances or ()) for one in types)
    kinds = len({one.id for one in types}) if len(types) <= limits.FIGURES.most else 0
    amounts = (
        (len(types), limits.FIGURES),
        (living, limits.INSTANCES),
        (kinds, limits.TYPES),
        (kinds * len(types), limits.COMPARED),
    )
    for count, limit in amounts:
        if count > limit.most:
            raise InventoryError(where + ".parents", count, exceeded(count, limit))


def _check_distinct(parents: Sequence[ParentDevice]) -> None:
    seen = set()
    for parent in parents:
        if parent.address in seen:
            raise InventoryError(KEY + ".parents", parent.address, "address of two parents")
        seen.add(parent.address)


def _described(types: list[Four] | dict[str, Named]) -> dict[str, MdevType]:
    """The types by id, in the order of the key, without figures."""
    if isinstance(types, list):
        return {four[0]: _type(*four) for four in types}
    return {one: _type(one, told.name, told.description, told.device_api) for one, told in types.items()}


@lru_cache(maxsize=4096)
def _type(type_id: str, name: str | None, description: str | None, device_api: str | None) -> MdevType:
    return MdevType(type_id, type_id if name is None else name, description or "", device_api or "")


class _Types:
    """What a host's types are with a parent's figures; most virtual functions of a card have the same."""

    def __init__(self, known: dict[str, MdevType]) -> None:
        self.known = known
        self._rows: dict[tuple[Figure, ...], tuple[MdevType, ...]] = {}

    def of(self, figures: Figures, index: int) -> tuple[MdevType, ...]:
        """`index` is the parent's."""
        if isinstance(figures, dict):
            return tuple(self._one(type_id, figure, index) for type_id, figure in figures.items())
        if figures not in self._rows:
            if len(figures) != len(self.known):
                wrong = f"not one figure for each of {len(self.known)} types"
                raise InventoryError(_FIGURES.format(index), list(figures), wrong)
            self._rows[figures] = tuple(map(_with_figure, self.known.values(), figures))
        return self._rows[figures]

    def _one(self, type_id: str, figure: Figure, index: int) -> MdevType:
        if type_id not in self.known:
            wrong = "figure of a type that `types` does not describe"
            raise InventoryError(f"{_FIGURES.format(index)}[{type_id!r:.80}]", figure, wrong)
        return _with_figure(self.known[type_id], figure)


def _with_figure(mdev_type: MdevType, figure: Figure) -> MdevType:
    if not isinstance(figure, tuple):
        return _with_available(mdev_type, figure)
    available, instances = figure
    return mdev_type._replace(available=available, instances=instances and tuple(sorted(instances)))


@lru_cache(maxsize=65536)
def _with_available(mdev_type: MdevType, available: int | None) -> MdevType:
    return mdev_type._replace(available=available)


def _parent(told: Parent[Any], types: _Types, index: int) -> ParentDevice:
    if told.types:
        types = _Types(types.known | _described(told.types))
    figured = None if told.figures is None else types.of(told.figures, index)
    return ParentDevice(told.address, told.vendor, told.device, told.driver, told.numa_node, told.physfn, figured)
