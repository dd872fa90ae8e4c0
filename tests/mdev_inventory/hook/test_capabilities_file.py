"""Adding our member to VDSM's file: everything else stays, and there is never half a file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.hook.capabilities_file import replace_file, set_member, with_member

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), json_values), st.none() | st.integers(0, 4), st.booleans())
def test_every_other_member_stays(document: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    """However the document is laid out, and in its order."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)

    result = json.loads(with_member(text, "ours", "[1]"))

    document.pop("ours", None)
    assert [*document.items(), ("ours", [1])] == list(result.items())


@pytest.mark.parametrize(
    ("document", "result"),
    [
        pytest.param("{}", '{"ours": 1}', id="empty object"),
        pytest.param(" { } \n", '{"ours": 1}', id="blanks"),
        pytest.param('{"a": 1.10}', '{"a": 1.10, "ours": 1}', id="a fraction's zeros"),
        pytest.param('{"a": 1E400}', '{"a": 1E400, "ours": 1}', id="a number beyond floats"),
        pytest.param('{"a": -0}', '{"a": -0, "ours": 1}', id="negative zero"),
        pytest.param('{"a": NaN}', '{"a": NaN, "ours": 1}', id="Python's own words"),
        pytest.param('{"a":1,"a":2}', '{"a":1, "a":2, "ours": 1}', id="a name twice"),
        pytest.param(r'{"\u00e9": "\/"}', r'{"\u00e9": "\/", "ours": 1}', id="escapes"),
        pytest.param('{"é": "ü"}', '{"é": "ü", "ours": 1}', id="text beyond ASCII"),
        pytest.param('{"ours": [2], "a": 1}', '{"a": 1, "ours": 1}', id="ours from an earlier run"),
        pytest.param(r'{"our\u0073": 2}', '{"ours": 1}', id="ours spelt otherwise"),
        pytest.param('{"a": {"ours": 2}}', '{"a": {"ours": 2}, "ours": 1}', id="ours further down"),
    ],
)
def test_the_text_of_other_members_is_kept(document: str, result: str) -> None:
    """Numbers are not even read: the engine gets them digit for digit."""
    assert result == with_member(document, "ours", "1")


def test_a_number_of_any_length_is_kept() -> None:
    """Python 3.11 refuses to read more than 4,300 digits; they are not ours to judge."""
    number = "9" * 10_000

    assert f'{{"a": {number}, "ours": 1}}' == with_member(f'{{"a": {number}}}', "ours", "1")


BROKEN = [
    pytest.param("", id="nothing"),
    pytest.param("[]", id="a list"),
    pytest.param("null", id="null"),
    pytest.param("{", id="cut off at once"),
    pytest.param('{"a"', id="cut off after a name"),
    pytest.param('{"a": ', id="cut off before a value"),
    pytest.param('{"a": 1', id="cut off after a value"),
    pytest.param('{"a": 1,', id="cut off after a comma"),
    pytest.param('{"a": 1,}', id="a comma too many"),
    pytest.param('{,"a": 1}', id="a comma too early"),
    pytest.param('{"a": 1} x', id="something behind"),
    pytest.param('{"a": 1}{}', id="two objects"),
    pytest.param("{1: 2}", id="a name that is a number"),
    pytest.param('{"a" 1}', id="no colon"),
    pytest.param('{"a": 1 "b": 2}', id="no comma"),
    pytest.param('{"a": [1}', id="a broken value"),
    pytest.param("{'a': 1}", id="Python's quotes"),
    pytest.param("\ufeff{}", id="a byte order mark"),
]


@pytest.mark.parametrize("document", BROKEN)
def test_what_is_no_json_object_is_refused(document: str) -> None:
    """It was broken before us; we do not guess what it was meant to be."""
    with pytest.raises(ValueError):  # noqa: PT011 -- the decoder's own errors, or ours
        with_member(document, "ours", "1")


@pytest.mark.parametrize("document", BROKEN)
def test_a_refused_file_stays_as_it_was(tmp_path: Path, document: str) -> None:
    """Byte for byte, and nothing is left beside it."""
    path = tmp_path / "caps"
    path.write_text(document)

    with pytest.raises(ValueError):  # noqa: PT011
        set_member(str(path), "ours", "1")

    assert document == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    """VDSM reads the file as UTF-8."""
    path = tmp_path / "caps"
    path.write_bytes(b'{"a": "\xff"}')

    with pytest.raises(UnicodeDecodeError):
        set_member(str(path), "ours", "1")

    assert b'{"a": "\xff"}' == path.read_bytes()


def test_the_file_keeps_mode_and_owner(tmp_path: Path) -> None:
    """VDSM must be able to read and delete it."""
    path = tmp_path / "caps"
    path.write_text("{}")
    path.chmod(0o640)
    before = path.stat()

    set_member(str(path), "ours", "1")

    after = path.stat()
    assert '{"ours": 1}' == path.read_text()
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)


def test_a_foreign_owner_is_kept_where_that_is_allowed(tmp_path: Path) -> None:
    """Run by root for a try, the file still belongs to vdsm afterwards."""
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    path = tmp_path / "caps"
    path.write_text("{}")
    os.chown(path, 36, 36)

    replace_file(str(path), b'{"ours": 1}')

    assert (36, 36) == (path.stat().st_uid, path.stat().st_gid)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it points to is replaced."""
    path = tmp_path / "caps"
    path.write_text("{}")
    link = tmp_path / "link"
    link.symlink_to(path)

    set_member(str(link), "ours", "1")

    assert link.is_symlink()
    assert '{"ours": 1}' == path.read_text()


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Who opened it before keeps reading the old one to its end."""
    path = tmp_path / "caps"
    path.write_text('{"a": 1}')

    with path.open() as reader:
        set_member(str(path), "ours", "1")

        assert '{"a": 1}' == reader.read()


FILL_DISK = """\
import resource, sys
from mdev_inventory.hook.capabilities_file import replace_file
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    replace_file(sys.argv[1], b"x" * 100)
except OSError:
    sys.exit(7)
"""


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path: Path) -> None:
    """As many bytes as fit were written beside it, and are gone again."""
    path = tmp_path / "caps"
    path.write_text("{}")

    done = subprocess.run([sys.executable, "-c", FILL_DISK, str(path)], check=False)

    assert 7 == done.returncode
    assert "{}" == path.read_text()
    assert [path] == list(tmp_path.iterdir())
