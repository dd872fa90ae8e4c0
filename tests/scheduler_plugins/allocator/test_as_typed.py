"""Requests as people typed them: shown as they are, with what may have been meant; decided letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.observation import Source
from scheduler_plugins.allocator.as_typed import near_miss, quoted
from scheduler_plugins.allocator.placement import place
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from scheduler_plugins.allocator.request import Request, from_property
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A, t4

T4 = inv.host(t4())
SPELLINGS = [
    pytest.param(" nvidia-231", "' nvidia-231'; did you mean nvidia-231 (without the blank at its start or end)?"),
    pytest.param("nvidia-231\n", r"'nvidia-231\n'; did you mean nvidia-231 (without the blank at its start or end)?"),
    pytest.param(
        "\u00a0nvidia-231", r"'\xa0nvidia-231'; did you mean nvidia-231 (without the blank at its start or end)?"
    ),
    pytest.param("NVIDIA-231", "NVIDIA-231; did you mean nvidia-231 (in this case)?"),
    pytest.param("Nvidia-231 ", "'Nvidia-231 '; did you mean nvidia-231 (in this case)?"),
    pytest.param("GRID T4-2Q", "'GRID T4-2Q'; did you mean nvidia-231 (the id, not the name)?"),
    pytest.param("T4-2Q", "T4-2Q; did you mean nvidia-231 (the id, not the name)?"),
    pytest.param("nvidia t4-2q", "'nvidia t4-2q'; did you mean nvidia-231 (the id, not the name)?"),
    pytest.param("231", "231; did you mean nvidia-231 (the whole id)?"),
    pytest.param("nvidia_231", "nvidia_231; did you mean nvidia-231 (with these signs)?"),
    pytest.param("nvidia 231", "'nvidia 231'; did you mean nvidia-231 (with these signs)?"),
    pytest.param("mdev_type=nvidia-231", "'mdev_type=nvidia-231'; did you mean nvidia-231 (the value alone)?"),
    pytest.param(
        "nvidia-231,nvidia-223",
        "'nvidia-231,nvidia-223'; did you mean nvidia-231, nvidia-223"
        " (a comma between entries; from 4.5 on one mediated device for each)?",
    ),
    pytest.param(
        "mdev_type=nvidia-231; T4-2B",
        "'mdev_type=nvidia-231; T4-2B'; did you mean nvidia-231, nvidia-223"
        " (a comma between entries; from 4.5 on one mediated device for each)?",
    ),
    pytest.param("", "''; this entry is empty: take out the comma too many, or the mediated device without a type"),
    pytest.param(
        "nodisplay",
        "nodisplay; nodisplay is the first entry of the property, and from 4.5 on a setting of each mediated device",
    ),
    pytest.param("nvidia-11", "nvidia-11"),
    pytest.param("A40-2Q", "A40-2Q"),
    pytest.param("nvidia-231,nvidia-9", "'nvidia-231,nvidia-9'"),
]


@pytest.mark.parametrize(("typed", "told"), SPELLINGS)
def test_a_spelling(typed: str, told: str) -> None:
    """A value that is no type's id is refused as it was typed, and what is near is named."""
    found = place(T4, Source.HOOK, Request((typed,)), False)

    assert isinstance(found, Refusal)
    assert (RefusalCode.NO_SUCH_TYPE, f"none of the host's 1 parents offers {told}") == (found.code, found.text)


def test_nodisplay_elsewhere_than_first() -> None:
    """In the property `nodisplay` behind a type is a type, and the refusal says where it belongs."""
    found = place(T4, Source.HOOK, from_property("nvidia-231,nodisplay"), False)

    assert isinstance(found, Refusal)
    assert "offers nodisplay; nodisplay is the first entry" in found.text


def test_a_name_of_two_types() -> None:
    """Where two types may be meant, both are named."""
    twice = inv.gpu(A, {"nvidia-1": inv.Size("GRID X-2Q", 2048, 8), "nvidia-2": inv.Size("NVIDIA X-2Q", 2048, 8)})

    assert "; did you mean nvidia-1 or nvidia-2 (the id, not the name)?" == near_miss("x-2q", inv.host(twice))


@given(st.text(max_size=40))
def test_any_text(typed: str) -> None:
    """Whatever was typed is shown on one line, fits or is refused by its letters alone, and nothing fails."""
    found = place(T4, Source.HOOK, Request((typed,)), False)

    assert isinstance(found, Refusal) is (typed not in inv.T4)
    assert quoted(typed).isprintable()
