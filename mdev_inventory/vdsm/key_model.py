"""The form of the capabilities' key, as `inventory_json` tells it, in the two schemas that are read."""

from binascii import Error, a2b_base64, b2a_base64
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler
from pydantic_core import PydanticCustomError

from mdev_inventory.inventory_json import PACKED, uuid_of
from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.strict import FAIL_FAST, Flag, List, Name, Number, Text, at_most, of_length


def _unpacked(instances: Any) -> Any:
    """The UUIDs of one text, 22 characters for each; what is no text is left as it is."""
    if not isinstance(instances, str):
        return instances
    uuids = [_uuid(instances[begin : begin + PACKED]) for begin in range(0, len(instances), PACKED)]
    if not all(uuids):
        raise PydanticCustomError("base64", "not the base64 of UUIDs")
    return uuids


def _uuid(packed: str) -> str:
    """Empty where the text is not just what a UUID is packed as."""
    try:
        raw = a2b_base64(packed + "==")
    except (Error, ValueError):
        return ""
    exact = len(raw) == 16 and b2a_base64(raw, newline=False) == packed.encode() + b"=="
    return uuid_of(raw) if exact else ""


_INSTANCES = Annotated[tuple[Name, ...], FAIL_FAST, BeforeValidator(_unpacked), at_most(limits.INSTANCES)]
_PAIR = TypeAdapter[Any](Annotated[tuple[Number | None, _INSTANCES | None], of_length(2, "two")])


def _number_or_pair(value: Any, number: Handler) -> Any:
    return _PAIR.validate_python(value) if isinstance(value, list) else number(value)


_FIGURE = Annotated[Number | None, WrapValidator(_number_or_pair)]
_IN_ORDER = TypeAdapter[Any](Annotated[tuple[_FIGURE, ...], FAIL_FAST])
_BY_ID = TypeAdapter[Any](Annotated[dict[Name, _FIGURE], at_most(limits.TYPES)])


def _numbers_or_other(value: Any, numbers: Handler) -> Any:
    """Most parents have numbers alone, which are soon looked through."""
    try:
        return numbers(value)
    except ValidationError:
        return (_BY_ID if isinstance(value, dict) else _IN_ORDER).validate_python(value)


_Numbers = Annotated[tuple[Number | None, ...], FAIL_FAST]
Figure = int | tuple[int | None, tuple[str, ...] | None] | None
"""`available_instances`, alone or with the instances; null where unknown."""
Figures = tuple[Figure, ...] | dict[str, Figure]
"""In the order of the types, or by their ids."""


class Named(BaseModel):
    """What describes a type in schema 1."""

    name: Text | None = None
    description: Text | None = None
    device_api: Text | None = None


Four = Annotated[tuple[Name, Text | None, Text | None, Text | None], of_length(4, "four")]
"""A type's id and what describes it in schema 2."""

InOrder = Annotated[List[Four], at_most(limits.TYPES)]
ById = Annotated[dict[Name, Named], at_most(limits.TYPES)]
Types = TypeVar("Types", list[Four], dict[str, Named])


class Parent(BaseModel, Generic[Types]):
    """A parent device; `figures` is null where its types could not be listed."""

    address: Name
    vendor: Name | None = None
    device: Name | None = None
    driver: Name | None = None
    numa_node: Number | None = None
    physfn: Name | None = None
    figures: Annotated[_Numbers | None, WrapValidator(_numbers_or_other)] = None
    types: Types | None = None
    """What it describes otherwise than the host's `types`."""


class FailedRead(BaseModel):
    """What the hook could not read."""

    path: Text
    error: Text


class CutShort(BaseModel):
    """What the hook had no time for; members that are missing lack nothing."""

    bus: Flag = False
    parents: Annotated[List[Name], at_most(limits.PARENTS)] = Field(default_factory=list)
    texts: Annotated[List[Name], at_most(limits.PARENTS)] = Field(default_factory=list)
    cards: Flag = False
    stuck: Annotated[List[Text], at_most(limits.ERRORS)] = Field(default_factory=list)


class ToldCard(BaseModel):
    """A card that carries no mediated devices; what is missing is as by default."""

    address: Name
    vendor: Name | None = None
    device: Name | None = None
    driver: Name | None = None
    iommu: Flag = True
    functions: Number | None = None
    most_functions: Number | None = None
    vfio_functions: Number = 0
    typed_functions: Number = 0
    function_drivers: Annotated[List[Name], at_most(limits.ERRORS)] = Field(default_factory=list)
    types_listed: Flag = False


class Versioned(BaseModel):
    """Whatever has a schema."""

    number: Number = Field(alias="schema")


class Key(BaseModel, Generic[Types]):
    """The whole key."""

    types: Types
    parents: Annotated[List[Parent[Types]], at_most(limits.PARENTS)]
    errors: Annotated[List[FailedRead], at_most(limits.ERRORS)]
    collected_at: Text | None = None
    boot_id: Text | None = None
    hook_version: Text | None = None
    cut: CutShort | None = None
    bare_cards: Annotated[List[ToldCard], at_most(limits.PARENTS)] = Field(default_factory=list)
    kernel: Text = ""
    modules: Annotated[List[Name], at_most(limits.ERRORS)] = Field(default_factory=list)
