"""The rooms as a picture (SVG): a row for each layer of the contracts, an arrow for who leans on whom.

An arrow to the next row is straight. One that goes further runs down beside the rows, in a lane that belongs
to the room where it ends.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from tests.architecture.imports import Graph, Layers

ROOM = 128
"""Width of a room; all lengths are in pixels."""
HEIGHT = 30
BESIDE = 14
"""Between two rooms of a row."""
BELOW = 30
"""Between two rows."""
LANE = 11
MIDDLE = 390
WIDTH = 2 * MIDDLE
STYLE = """
  text { font: 13px sans-serif; fill: #1b2733; text-anchor: middle }
  .package { font-weight: bold; text-anchor: start; fill: #5b6b7a }
  .band { fill: #f2f5f8 }
  .room { fill: #ffffff; stroke: #44617f; rx: 5px }
  .alone { stroke-dasharray: 4 3 }
  .arrow { fill: none; stroke: #7c93aa; marker-end: url(#head) }
"""


class Row(NamedTuple):
    """A layer in the picture."""

    package: str
    """Whose layer it is; empty for a package that is one room."""
    rooms: tuple[str, ...]


class Place(NamedTuple):
    """Where a room is drawn."""

    row: int
    x: int
    """Of its middle."""
    y: int
    """Of its upper edge."""
    sides: tuple[int, ...]
    """Where nothing stands beside it: 1 to the right, -1 to the left."""


def rows(contracts: dict[str, Layers], graph: Graph) -> list[Row]:
    """From the top down; rooms that no contract names, for they stand alone, at the end of their package."""
    found = []
    for (package,) in contracts[""]:
        layers = [] if package in graph else contracts.get(package, [])
        found += [Row(package, layer) for layer in layers] or [Row("", (package,))]
        named = {name for layer in layers for name in layer}
        if rest := sorted(name for name in graph if name.startswith(package + ".") and name not in named):
            found.append(Row(package, tuple(rest)))
    return found


def svg(layers: Sequence[Row], arrows: Graph) -> str:
    """The picture."""
    places = _places(layers)
    height = max(place.y for place in places.values()) + HEIGHT + 20
    parts = [*_bands(layers, places), *_arrows(places, arrows), *_rooms(places, arrows)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">',
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 8 4 0 8z" fill="#7c93aa"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _places(layers: Sequence[Row]) -> dict[str, Place]:
    found, y, package = {}, 20, ""
    for number, row in enumerate(layers):
        if row.package != package:
            y, package = y + 24, row.package
        left = MIDDLE - (len(row.rooms) - 1) * (ROOM + BESIDE) // 2
        for index, name in enumerate(row.rooms):
            sides = (1,) * (index == len(row.rooms) - 1) + (-1,) * (index == 0)
            found[name] = Place(number, left + index * (ROOM + BESIDE), y, sides)
        y += HEIGHT + BELOW
    return found


def _bands(layers: Sequence[Row], places: dict[str, Place]) -> Iterator[str]:
    for package in dict.fromkeys(row.package for row in layers if row.package):
        ys = [places[name].y for row in layers if row.package == package for name in row.rooms]
        top, bottom = min(ys) - 30, max(ys) + HEIGHT + 8
        yield f'<rect class="band" x="8" y="{top}" width="{WIDTH - 16}" height="{bottom - top}" rx="8"/>'
        yield f'<text class="package" x="20" y="{top + 18}">{escape(package)}</text>'


def _rooms(places: dict[str, Place], arrows: Graph) -> Iterator[str]:
    leant_on = {other for below in arrows.values() for other in below}
    for name, place in places.items():
        alone = "" if name in leant_on or arrows.get(name) else " alone"
        x = place.x - ROOM // 2
        yield f'<rect class="room{alone}" x="{x}" y="{place.y}" width="{ROOM}" height="{HEIGHT}"/>'
        yield f'<text x="{place.x}" y="{place.y + 20}">{escape(name.split(".", 1)[-1])}</text>'


def _arrows(places: dict[str, Place], arrows: Graph) -> Iterator[str]:
    far = []
    for name, below in sorted(arrows.items()):
        for other in sorted(below):
            start, end = places[name], places[other]
            if end.row == start.row + 1:
                yield f'<path class="arrow" d="M{start.x} {start.y + HEIGHT} {end.x} {end.y - 1}"/>'
            else:
                far.append((start, end))
    for start, end, x in _in_lanes(far):
        yield f'<path class="arrow" d="{_path(start, end, x)}"/>'


def _in_lanes(far: list[tuple[Place, Place]]) -> Iterator[tuple[Place, Place, int]]:
    """Each arrow with the x of its lane; short ways run close to the rooms."""
    taken: dict[tuple[int, int], list[range]] = {}
    ends = {end: min(start.row for start, other in far if other == end) for _, end in far}
    for end, top in sorted(ends.items(), key=lambda item: (item[0].row - item[1], item[0])):
        side, rows = (*end.sides, 1)[0], range(top, end.row + 1)
        lane = 0
        while any(_meet(rows, others) for others in taken.get((side, lane), ())):
            lane += 1
        taken.setdefault((side, lane), []).append(rows)
        outermost = MIDDLE + side * ((3 * ROOM + 2 * BESIDE) // 2 + 14 + lane * LANE)
        yield from ((start, other, outermost) for start, other in far if other == end)


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _path(start: Place, end: Place, lane: int) -> str:
    """Out of the room's side where nothing stands, else out of its foot; in by the side or from above."""
    side = 1 if lane > MIDDLE else -1
    out = [(start.x + side * ROOM // 2, start.y + HEIGHT // 2)]
    if side not in start.sides:
        out = [(start.x, start.y + HEIGHT), (start.x, start.y + HEIGHT + BELOW // 2)]
    back = [(end.x + side * ROOM // 2, end.y + HEIGHT // 2)]
    if side not in end.sides:
        back = [(end.x, end.y - BELOW // 2), (end.x, end.y)]
    return "M" + " ".join(f"{x} {y}" for x, y in [*out, (lane, out[-1][1]), (lane, back[0][1]), *back])
