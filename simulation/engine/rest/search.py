"""The search language of collections, as far as it concerns VMs and hosts.

`name=cad-* and status=up or id=…`: `and` binds closer than `or`, `*` stands for anything, case does not
matter; `sortby …` is passed over, `page N` cuts the result into pages of SearchResultsLimit.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

from simulation.engine.rest.messages import BadRequestError

T = TypeVar("T")
SEARCH_RESULTS_LIMIT = 100
_TERM = re.compile(r"""\s*([a-z_.]+)\s*(!=|=)\s*("[^"]*"|\S+)\s*""", re.IGNORECASE)
_PAGE = re.compile(r"\bpage\s+([0-9]+)\s*$", re.IGNORECASE)
_SORT = re.compile(r"\bsortby\s+\S+(\s+(asc|desc))?", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)

Fields = Mapping[str, frozenset[str]]
"""Field -> the words that match it, in lower case."""


def words(*values: str | None) -> frozenset[str]:
    """What a field may be called in a search."""
    return frozenset(value.lower() for value in values if value is not None)


def select(text: str, rows: Iterable[tuple[Fields, T]]) -> list[T]:
    """The rows that a search text asks for; BadRequestError where it cannot be understood."""
    page = _PAGE.search(text)
    condition = _SORT.sub("", _PAGE.sub("", text)).strip()
    found = [row for fields, row in rows if not condition or _matches(condition, fields)]
    if page is None:
        return found
    first = (max(1, int(page[1])) - 1) * SEARCH_RESULTS_LIMIT
    return found[first : first + SEARCH_RESULTS_LIMIT]


def _matches(condition: str, fields: Fields) -> bool:
    return any(all(_holds(term, fields) for term in _AND.split(part)) for part in _OR.split(condition))


def _holds(term: str, fields: Fields) -> bool:
    match = _TERM.fullmatch(term)
    if match is None or match[1].lower() not in fields:
        raise BadRequestError(f"search condition {term!r}: known fields are {', '.join(sorted(fields))}")
    pattern = match[3].strip('"').lower()
    equal = any(fnmatchcase(word, _pattern(pattern)) for word in fields[match[1].lower()])
    return equal == (match[2] == "=")


def _pattern(text: str) -> str:
    """`*` alone is special, unlike in file names."""
    return re.sub(r"[\[?]", lambda found: f"[{found[0]}]", text)
