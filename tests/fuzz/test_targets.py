"""Whatever comes from outside is read, or refused by an error that was foreseen; also without a guided fuzzer."""

import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.__main__ import main
from tests.fuzz.odd import ODD, changed
from tests.fuzz.seeds import CAPABILITIES, inputs
from tests.fuzz.targets import TARGETS

AROUND = 200
"""So many inputs near each of the right ones."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_right_and_what_is_near_it(target: str) -> None:
    """The first inputs, and each with bytes changed, cut out or doubled."""
    chance = random.Random(target)
    for right in inputs(target):
        TARGETS[target](right)
        for _ in range(AROUND):
            TARGETS[target](near(right, chance))


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=200))
def test_any_bytes(target: str, data: bytes) -> None:
    """Hypothesis finds the smallest that is not read."""
    TARGETS[target](data)


def near(right: bytes, chance: random.Random) -> bytes:
    """The same with a few bytes changed, cut out or doubled."""
    odd = bytearray(right)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(odd) + 1)
        match chance.randrange(3):
            case 0:
                odd[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del odd[at : at + chance.randint(1, 8)]
            case 2:
                odd[at:at] = odd[at : at + chance.randint(1, 8)] or b"\x00"
    return bytes(odd)


def test_guided_by_coverage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command tells what was tried; where atheris cannot be had, that nothing was."""
    status = main(["--seconds", "2", "--jobs", "1", "--target", "texts", "--corpus", str(tmp_path)])
    out = capsys.readouterr().out

    assert 0 == status
    assert "not fuzzed" in out or re.search(r"texts +[1-9][\d,]+ +\d", out)


@given(data=st.binary(max_size=60))
def test_orders_change_a_copy(data: bytes) -> None:
    """The document itself stays as it is, and the same orders make the same one; none change nothing."""
    before = repr(CAPABILITIES)

    assert repr(changed(CAPABILITIES, data)) == repr(changed(CAPABILITIES, data))
    assert before == repr(CAPABILITIES)
    assert CAPABILITIES == changed(CAPABILITIES, b"")
    assert len(ODD) > 40
