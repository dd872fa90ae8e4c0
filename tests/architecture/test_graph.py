"""What is worked out on an import graph."""

import pytest

from tests.architecture import imports
from tests.architecture.figures import Figure


def graph(text: str) -> imports.Graph:
    """`a>b a>c` and so on."""
    found: dict[str, set[str]] = {}
    for arrow in text.split():
        one, _, other = arrow.partition(">")
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set())
    return {name: frozenset(below) for name, below in found.items()}


@pytest.mark.parametrize(
    ("arrows", "circles"),
    [
        pytest.param("a>b b>c a>c", [], id="a triangle is none"),
        pytest.param("a>b b>a", [("a", "b")], id="two"),
        pytest.param("a>b b>c c>a c>d", [("a", "b", "c")], id="by way of others"),
        pytest.param("a>b b>a b>c c>d d>c", [("a", "b"), ("c", "d")], id="two circles"),
    ],
)  # fmt: skip
def test_circles(arrows: str, circles: list[imports.Circle]) -> None:
    """Each circle is found once, and whole."""
    assert circles == imports.circles(graph(arrows))


@pytest.mark.parametrize(
    ("arrows", "floors"),
    [
        pytest.param("a>b", 2, id="one above the other"),
        pytest.param("a>b a>c b>d c>d a>d", 3, id="the longest way counts"),
        pytest.param("a>b b>a b>c", 2, id="a circle is one floor"),
    ],
)
def test_floors(arrows: str, floors: int) -> None:
    """A floor for each room of the longest chain."""
    assert floors == imports.floors(graph(arrows))


def test_an_arrow_that_follows_from_others_is_not_drawn() -> None:
    """Who leans on B by way of C needs no arrow to B."""
    assert graph("a>c c>b") == imports.drawn(graph("a>b a>c c>b"))


def test_modules_of_one_room_are_one() -> None:
    """What they import of each other is their own affair; what is in no room is left out."""
    rooms = imports.joined(
        graph("product.a.x>product.a.y product.a.y>product.b simulation.z>product.b product.a.x>product"),
        imports.product_room,
    )

    assert graph("product.a>product.b") == rooms


def test_a_figure_says_whether_it_holds() -> None:
    """One line, readable at 80 columns."""
    line = str(Figure("loose modules, scheduler_plugins", "44", "at most 6", holds=False))

    assert "loose modules, scheduler_plugins 44                     at most 6 NO" == line
