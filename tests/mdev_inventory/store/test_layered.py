"""A mapping in two layers is the mapping that it stands for."""

from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.store.layered import NEWER_AT_MOST, Layered

KEYS = st.sampled_from("abcdef")
MAPPINGS = st.dictionaries(KEYS, st.integers())


@given(MAPPINGS, st.lists(st.tuples(KEYS, st.integers())))
def test_it_is_the_mapping(base: dict[str, int], changes: list[tuple[str, int]]) -> None:
    """Whatever it is asked, after each change; and what was there before stays as it was."""
    plain, layered = dict(base), Layered(base)
    for key, value in changes:
        before, was = layered, dict(layered)
        plain, layered = plain | {key: value}, layered.with_(key, value)
        assert was == dict(before)

    assert plain == layered
    assert (list(plain), len(plain)) == (list(layered), len(layered))
    assert list(plain.keys() - {"a"}) == list(layered.keys() - {"a"})
    assert list(plain.values()) == list(layered.values())
    assert [plain.get(key) for key in "abcdefg"] == [layered.get(key) for key in "abcdefg"]
    assert [key in plain for key in "abcdefg"] == [key in layered for key in "abcdefg"]


def test_the_upper_layer_does_not_grow_without_end() -> None:
    """Or each change would copy as much as the lower one holds."""
    layered = Layered[int]({})
    for number in range(3 * NEWER_AT_MOST):
        layered = layered.with_(str(number), number)

    assert NEWER_AT_MOST >= layered.newer
    assert {str(number): number for number in range(3 * NEWER_AT_MOST)} == layered
