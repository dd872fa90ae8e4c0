"""The files that the proxy's plugin reads while the service is down."""

import stat
from pathlib import Path

import pytest

from mdev_inventory.store.request_files import ON_FAILURE_FILE, VMS_FILE, RequestFiles, replace

A = "11111111-1111-1111-1111-111111111111"
B = "22222222-2222-2222-2222-222222222222"


def test_vms_one_a_line(tmp_path: Path) -> None:
    """The VMs stand sorted, one a line, each line ended."""
    assert RequestFiles(tmp_path, "drop").write_vms([B, A])

    assert f"{A}\n{B}\n" == (tmp_path / VMS_FILE).read_text()


def test_no_vms_is_an_empty_file(tmp_path: Path) -> None:
    """Nobody asks for anything: that is known, so the file exists."""
    RequestFiles(tmp_path, "drop").write_vms([])

    assert (tmp_path / VMS_FILE).read_text() == ""


@pytest.mark.parametrize("word", ["drop", "pass"])
def test_on_failure_is_one_word(tmp_path: Path, word: str) -> None:
    """The configured word and a newline."""
    RequestFiles(tmp_path, word).write_on_failure()

    assert f"{word}\n" == (tmp_path / ON_FAILURE_FILE).read_text()


def test_the_same_list_is_not_written_again(tmp_path: Path) -> None:
    """Only a change costs a write; the first call always writes."""
    files = RequestFiles(tmp_path, "drop")
    files.write_vms([A])
    before = (tmp_path / VMS_FILE).stat().st_ino

    assert not files.write_vms([A])
    assert before == (tmp_path / VMS_FILE).stat().st_ino
    assert files.write_vms([A, B])
    assert RequestFiles(tmp_path, "drop").write_vms([A, B])


@pytest.mark.parametrize("bad", ["", "two words", "two\nlines", "ümlaut", "nul\0"])
def test_an_unfit_id_is_left_out(tmp_path: Path, bad: str) -> None:
    """What would break the file's form, or can be nobody's id, is not written."""
    RequestFiles(tmp_path, "drop").write_vms([A, bad])

    assert f"{A}\n" == (tmp_path / VMS_FILE).read_text()


def test_the_group_may_read(tmp_path: Path) -> None:
    """The plugin runs as another user of our group; others may not read, and only we may write."""
    replace(tmp_path / "file", "x\n")

    assert 0o640 == stat.S_IMODE((tmp_path / "file").stat().st_mode)


def test_replaced_whole(tmp_path: Path) -> None:
    """A reader that has the old file open reads it to its end; nothing else is left behind."""
    path = tmp_path / "file"
    replace(path, "old\n")
    (tmp_path / ".file.new").write_text("left over from a crash")
    with path.open() as reader:
        replace(path, "new\n")

        assert reader.read() == "old\n"

    assert path.read_text() == "new\n"
    assert [path] == list(tmp_path.iterdir())
