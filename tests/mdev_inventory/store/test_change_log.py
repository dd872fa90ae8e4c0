"""What changed last, by number."""

from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.store.change_log import LOGGED, ChangeLog


@given(st.lists(st.sampled_from(["a", "b", "c", None])), st.integers(-2, 20))
def test_what_changed_since(changes: list[str | None], since: int) -> None:
    """Exactly what changed, or that it may be anything: never less. None in the list is a change of all."""
    log = ChangeLog()
    for key in changes:
        log.add_all() if key is None else log.add(key)
    number, told = log.since(since)
    missed = changes[max(0, since) :]

    assert len(changes) == number
    if 0 <= since <= len(changes) and None not in missed:
        assert frozenset(key for key in missed if key) == told
    else:
        assert told is None


def test_what_was_long_ago_is_forgotten() -> None:
    """Who was away for so long looks at all."""
    log = ChangeLog()
    for number in range(LOGGED + 1):
        log.add(str(number))

    assert (LOGGED + 1, None) == log.since(0)
    assert frozenset(str(number) for number in range(1, LOGGED + 1)) == log.since(1)[1]
