"""What other machines send, read strictly: pydantic's types without coercion, and its errors as ours.

Nothing is trusted: `"1"` is no number, `True` is none either. The first thing that is wrong ends the reading.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from mdev_inventory.model import InventoryError
from mdev_inventory.vdsm import limits

T = TypeVar("T")

Text = Annotated[str, Field(strict=True, max_length=limits.TEXT.most)]
Name = Annotated[str, Field(strict=True, max_length=limits.NAME.most)]
"""What a file may be called."""
Number = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
"""What a database column and other languages' integers hold."""
Flag = Annotated[bool, Field(strict=True)]
FAIL_FAST = Field(fail_fast=True)
"""Nothing is said of a second item that is wrong: a host may send a million of them."""
List = Annotated[list[T], FAIL_FAST]

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
_WRONG = {
    "missing": "missing",
    "string_unicode": "text with half a surrogate pair",
    "less_than": "a number of more than 64 bits",
    "greater_than_equal": "a number of more than 64 bits",
}


def _or_none(value: object, form: ValidatorFunctionWrapHandler) -> object:
    try:
        return form(value)
    except ValidationError:
        return None


JUNK_IS_NONE = WrapValidator(_or_none)
"""For what may be of another form, and is then unknown."""


LOOK_AT_LOG = "look at that host's vdsm.log"
"""What to do about an answer that is VDSM's own."""


def read(form: TypeAdapter[T], value: object, where: str, remedy: str = InventoryError.REMEDY) -> T:
    """The value in that form; raises InventoryError with the place of what is wrong, `where` and onwards."""
    try:
        return form.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    found = None if first["type"] == "missing" else first["input"]
    raise InventoryError(where + "".join(map(_step, first["loc"])), found, _wrong(first, found), remedy)


def _step(step: int | str) -> str:
    """A member's name as `.name`; an item's index, and what a host itself has named, in brackets."""
    return f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r:.80}]"


def _wrong(error: ErrorDetails, found: object) -> str:
    if kind := _KINDS.get(error["type"]):
        return f"missing, must be {kind}" if found is None else f"not {kind}"
    if error["type"] == "string_too_long":
        return f"text of {len(str(found))} characters, more than {error['ctx']['max_length']}"
    return _WRONG.get(error["type"], error["msg"])


def of_length(length: int, spelled: str) -> BeforeValidator:
    """For a list: so many items, whatever they are."""

    def check(value: Any) -> Any:
        if isinstance(value, list) and len(value) != length:
            raise PydanticCustomError("length", f"not a list of {spelled}")
        return value

    return BeforeValidator(check)


def at_most(limit: limits.Limit) -> BeforeValidator:
    """For a list or an object: no more items, of which each might be wrong."""

    def check(value: Any) -> Any:
        if isinstance(value, (list, dict)) and len(value) > limit.most:
            raise PydanticCustomError("length", "{wrong}", {"wrong": exceeded(len(value), limit)})
        return value

    return BeforeValidator(check)


def exceeded(count: int, limit: limits.Limit) -> str:
    """What is wrong with so many."""
    return f"{count} are more than the {limit.most} {limit.what} that are read"
