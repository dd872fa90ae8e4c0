"""Elements of the engine's answers, read one by one; errors name object, member and value.

How much junk is survived. A member that we do not know is ignored. A member that we need and that has the
wrong type is an `AnswerError`. In a collection it is listed in `Read.problems` and costs that element alone,
or, where the kind is `kept`, those members alone. Two things cost the whole answer: an element that cannot
even be told apart (no id), and a collection none of whose elements could be read, because an engine that
changed its answers must not look like an empty data centre.
"""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from mdev_inventory.engine.members import EMPTY_HAS, MemberError, as_text

T = TypeVar("T")
SHOWN = 60
# What an answer that is a fault, or not the engine's at all, carries in place of a collection.
FAULT_MEMBERS = frozenset({"reason", "detail", "error", "fault"})


class AnswerError(ValueError):
    """A member of an answer that cannot be understood: which object, which member, which value."""

    def __init__(self, where: str, member: str, value: object, wanted: str) -> None:
        """`where` names the object, `wanted` says what would have been right."""
        super().__init__(f"{where}: member {member!r} is {shown(value)}, not {wanted}")
        self.where, self.member, self.value, self.wanted = where, member, value, wanted


def shown(value: object) -> str:
    """A value as an error's text shows it: short, on one line, ASCII only."""
    text = reprlib.repr(value).encode("ascii", "backslashreplace").decode("ascii")
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What a collection's answer held: the elements that could be read, and what was wrong with the rest."""

    items: tuple[T, ...]
    problems: tuple[AnswerError, ...] = ()


class Kind(Generic[T]):
    """One kind of element: what it is called (`host`), by which member it is told apart, what it becomes."""

    def __init__(
        self, name: str, becomes: Any, key: str = "id", kept: Callable[[dict[str, Any], str], T] | None = None
    ) -> None:
        """`becomes` is a dataclass. `kept` makes something of an element from its members that are no junk,
        and the error's text.
        """
        self.name, self._becomes, self._key, self._kept = name, becomes, key, kept

    def one(self, value: object) -> T:
        """One element; AnswerError."""
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise self._named(value, error) from None

    def all(self, answer: object) -> Read[T]:
        """Each element of a collection by itself; AnswerError where one has no key, or none could be read."""
        values, items, problems = self.values(answer), list[T](), list[AnswerError]()
        for value in values:
            try:
                items.append(self._adapter.validate_python(value))
            except ValidationError as error:
                problems.append(self._named(value, error))
                if not isinstance(value, dict) or not as_text(value.get(self._key)):
                    raise problems[-1] from None
                if self._kept:
                    items.append(self._kept(_without_junk(value, error), str(problems[-1])))
        if problems and len(problems) == len(values):
            raise problems[0]
        return Read(tuple(items), tuple(problems))

    def values(self, answer: object) -> list[Any]:
        """The list in a collection's answer; empty for `{}`, AnswerError for what is no collection."""
        where = f"the collection of {self.name}"
        if not isinstance(answer, dict):
            raise AnswerError(where, "(itself)", answer, "an object")
        items = answer.get(self.name)
        if items is None and (odd := FAULT_MEMBERS & answer.keys()):
            member = min(odd)
            raise AnswerError(where, member, as_text(answer[member]), f"a list of {self.name}")
        if items is None and (others := answer.keys() - EMPTY_HAS - {self.name}):
            raise AnswerError(where, self.name, sorted(map(str, others)), f"a list of {self.name}")
        if items is not None and not isinstance(items, list):
            raise AnswerError(where, self.name, items, "a list")
        return items or []

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self._becomes)

    def _named(self, value: object, error: ValidationError) -> AnswerError:
        """The first thing that is wrong. pydantic itself only misses objects; `members` says all else."""
        fault = error.errors(include_url=False)[0]
        wrong = fault.get("ctx", {}).get("error")
        if not isinstance(wrong, MemberError):
            wrong = MemberError(fault["input"], "an object")
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"])
        member = (place + wrong.inner).removeprefix(".") or "(itself)"
        return AnswerError(self._called(value), member, wrong.value, wrong.wanted)

    def _called(self, value: object) -> str:
        """Which object it is, for errors."""
        if not isinstance(value, dict):
            return f"a {self.name}"
        key = value.get(self._key)
        return f"{self.name} {'without ' + self._key if key is None else shown(key)}"


def _without_junk(value: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """The element's members that could be read."""
    junk = {fault["loc"][0] for fault in error.errors(include_url=False)}
    return {member: found for member, found in value.items() if member not in junk}
