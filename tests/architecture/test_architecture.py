"""The code keeps its shape: no circles, imports that only run down, files and functions that can be read."""

import functools
from pathlib import Path

import pytest

from tests.architecture import PRODUCT, ROOT, imports, page, sizes

FOLDERS = ("mdev_inventory", "scheduler_plugins", "tools", "simulation", "benchmarks", "tests")


@functools.cache
def modules() -> imports.Graph:
    """The project's modules and what each imports."""
    return {**imports.modules(imports.imported(ROOT)), **imports.alone(ROOT)}


def paths(folder: str) -> list[Path]:
    """A folder's files."""
    return list((ROOT / folder).rglob("*.py"))


def test_no_circles() -> None:
    """No two modules lean on each other, not even by way of others."""
    assert [] == imports.circles(modules())


def test_imports_only_run_down() -> None:
    """No room leans on one that stands above it."""
    assert [] == list(imports.upwards(imports.imported(ROOT), imports.contracts(ROOT).values()))


def test_every_room_has_its_layer() -> None:
    """A new room is entered into the contracts; only the proxy's file stands apart from all others."""
    rooms = imports.joined(modules(), imports.product_room)
    layers = imports.contracts(ROOT)
    named = {name for package in PRODUCT for layer in layers[package] for name in layer}

    assert {"scheduler_plugins.proxy"} == rooms.keys() - named


@pytest.mark.parametrize("package", PRODUCT)
def test_few_modules_stand_loose(package: str) -> None:
    """What has a subject stands in that subject's room."""
    assert len(sizes.loose(ROOT, package)) <= sizes.MOST_LOOSE


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_function_is_too_long(folder: str) -> None:
    """A function can be read at a glance."""
    assert [] == [each for each in sizes.functions(ROOT, paths(folder)) if each.lines > sizes.MOST_FUNCTION]


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short(folder: str) -> None:
    """Half of all functions are very short."""
    assert sizes.median(sizes.functions(ROOT, paths(folder))) <= sizes.MOST_MEDIAN


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_too_long(folder: str) -> None:
    """A file has one idea."""
    assert [] == [each for each in sizes.files(ROOT, paths(folder)) if each.lines > sizes.MOST_FILE]


def test_the_product_does_not_grow_unnoticed() -> None:
    """Whoever needs more lines says so by raising the bound."""
    assert sizes.total(sizes.files(ROOT, sizes.product(ROOT))) <= sizes.MOST_PRODUCT


def test_the_picture_and_the_table_of_the_rooms_are_as_the_code_is() -> None:
    """`make graph` writes them anew."""
    stale = [path.name for path, text in page.written(ROOT).items() if path.read_text() != text]

    assert [] == stale, "make graph"
