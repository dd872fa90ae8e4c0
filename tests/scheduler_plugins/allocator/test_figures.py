"""What a parent shows of a type."""

import pytest

from scheduler_plugins.allocator.figures import shown
from tests.scheduler_plugins.inventories import A, device


@pytest.mark.parametrize(("figure", "expected"), [(3, 3), (0, 0), (-1, 0), (None, 0)])
def test_shown(figure: int | None, expected: int) -> None:
    """What is not known, negative or not offered counts as none."""
    parent = device(A, {"x-1": figure})

    assert (expected, 0) == (shown(parent, "x-1"), shown(parent, "x-2"))
