"""The file between the proxy's plugin and the service."""

import stat
from pathlib import Path

import pytest

from scheduler_plugins.service.events.drops import Drop, DropFile, Taken

ONE, TWO = (f"{n}0000000-0000-4000-8000-00000000000a" for n in (1, 2))


@pytest.fixture
def drops(tmp_path: Path) -> DropFile:
    """A file that the service has made."""
    made = DropFile(tmp_path, None)
    made.prepare()
    return made


def add(folder: Path, text: str, name: str = "dropped") -> None:
    """What a plugin writes."""
    with (folder / name).open("a") as file:
        file.write(text)


def test_the_group_may_write(drops: DropFile, tmp_path: Path) -> None:
    """And nobody else may even read, whatever the process's mask; what is there stays."""
    add(tmp_path, f"{ONE} 5\n")
    drops.prepare()

    assert 0o660 == stat.S_IMODE((tmp_path / "dropped").stat().st_mode)
    assert f"{ONE} 5\n" == (tmp_path / "dropped").read_text()


def test_an_unknown_group_is_named(tmp_path: Path) -> None:
    """The administrator reads which one lacks."""
    with pytest.raises(OSError, match="no group 'no-such-group'"):
        DropFile(tmp_path, "no-such-group").prepare()


def test_nothing_to_tell(drops: DropFile, tmp_path: Path) -> None:
    """An empty file, and none."""
    assert drops.take() is None
    (tmp_path / "dropped").unlink()
    assert drops.take() is None


def test_what_was_refused_is_taken_once(drops: DropFile, tmp_path: Path) -> None:
    """Until it is told it stays, over any number of restarts."""
    add(tmp_path, f"{ONE} 5\n{TWO.upper()} 6\n")
    taken = drops.take()

    assert taken == Taken((Drop(ONE, 5.0), Drop(TWO, 6.0)), len(f"{ONE} 5\n{TWO} 6\n"))
    assert taken == DropFile(tmp_path, None).take()
    drops.forget(taken)
    assert drops.take() is None
    assert [tmp_path / "dropped"] == list(tmp_path.iterdir())


def test_the_plugin_always_has_a_file(drops: DropFile, tmp_path: Path) -> None:
    """What comes while the engine is being told is told next."""
    add(tmp_path, f"{ONE} 5\n")
    taken = drops.take()
    assert taken
    add(tmp_path, f"{TWO} 6\n")
    drops.forget(taken)
    later = drops.take()

    assert later
    assert (Drop(TWO, 6.0),) == later.drops
    assert 0o660 == stat.S_IMODE((tmp_path / "dropped").stat().st_mode)


def test_a_line_written_to_the_file_that_was_taken(drops: DropFile, tmp_path: Path) -> None:
    """A plugin may have opened the file before it was moved: its line is not lost, nor told twice."""
    add(tmp_path, f"{ONE} 5\n")
    with (tmp_path / "dropped").open("a") as opened:
        taken = drops.take()
        assert taken
        opened.write(f"{TWO} 6\n")
    drops.forget(taken)
    later = drops.take()

    assert later
    assert (Drop(TWO, 6.0),) == later.drops


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{ONE}\n", (Drop(ONE, 0.0),), id="no time"),
        pytest.param(f"{ONE} soon\n", (Drop(ONE, 0.0),), id="no number"),
        pytest.param(f"{ONE} 999999999999999999\n", (Drop(ONE, 0.0),), id="no moment of this era"),
        pytest.param(f"no-uuid 5\n\n{ONE} 5\n", (Drop(ONE, 5.0),), id="no id"),
        pytest.param(f"\x00\xff {ONE}\n{TWO} 5", (Drop(TWO, 5.0),), id="garbage, and no end of line"),
        pytest.param("x" * 300_000, (), id="far too much"),
    ],
)
def test_lines_that_make_no_sense_are_left_out(
    drops: DropFile, tmp_path: Path, text: str, expected: tuple[Drop, ...]
) -> None:
    """The whole group may write there: nothing that it writes stops the service."""
    add(tmp_path, text)
    taken = drops.take()

    assert taken
    assert expected == taken.drops
