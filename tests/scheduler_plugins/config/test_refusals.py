"""What a configuration is refused for, and how that is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler_plugins.config import ConfigError, load
from tests.scheduler_plugins.config.files import Write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "[collector]\ncolect_interval = 9\n",
            "[collector] colect_interval: no such key; did you mean collect_interval?",
            id="a key misspelt",
        ),
        pytest.param(
            "[collector]\nCollect_Interval = 9\n",
            "[collector] Collect_Interval: no such key; did you mean collect_interval?",
            id="a key in capitals",
        ),
        pytest.param(
            "[engine]\npassword = secret\n",
            "[engine] password: no such key; did you mean password_file?",
            id="a secret in the wrong place is not repeated",
        ),
        pytest.param("[log]\nxyzzy = 9\n", "[log] xyzzy: no such key; there are: level", id="a key unlike any other"),
        pytest.param(
            "[service]\nca_file = /x\n",
            "[service] ca_file: no such key there; it belongs in [engine] or [vdsm]",
            id="a key in the wrong section",
        ),
        pytest.param("[colector]\n", "[colector]: no such section; did you mean collector?", id="a section misspelt"),
        pytest.param(
            "[DEFAULT]\nlevel = debug\n",
            "[DEFAULT]: no such section; there are: service, engine, vdsm, collector, decisions, log",
            id="configparser's own defaults",
        ),
        pytest.param(
            "[log]\nlevel = info\nlevel = debug\n",
            "line 3: [log] level is given twice; keep one",
            id="a key given twice",
        ),
        pytest.param(
            "[log]\nlevel = info\n[log]\n",
            "line 3: section [log] stands there twice; make it one",
            id="a section twice",
        ),
        pytest.param("level = info\n", "line 1: a key before the first [section]", id="no section"),
        pytest.param(
            "[log]\nmy secret\n",
            "line 2: neither [section] nor key = value nor # comment",
            id="a line that is no INI is not repeated",
        ),
        pytest.param("[log]\nlevel : info\n", "line 2: neither [section] nor key = value nor # comment", id="a colon"),
        pytest.param(
            "[log]\nlevel = info # quiet\n",
            "[log] level = 'info # quiet': it must be debug or info or warning or error",
            id="a comment behind a value is part of it",
        ),
        pytest.param(
            "[log]\nlevel = info\n  debug\n",
            "[log] level = 'info\\ndebug': it must be debug or info or warning or error",
            id="a value on two lines",
        ),
        pytest.param(b"[log]\nlevel = \xff\n", "is not UTF-8 text: byte 14", id="bytes that are no text"),
        pytest.param(
            "[service]\nhttp_port = 18781\n",
            "[service] http_port = '18781': it must differ from [service] xmlrpc_port, or be 0 for any free port",
            id="one port for two endpoints",
        ),
    ],
)
def test_what_is_refused(write: Write, text: str | bytes, expected: str) -> None:
    """Each mistake is an error that names the file and what to do."""
    folder = write(text)

    with pytest.raises(ConfigError) as caught:
        load(folder)

    assert f"{folder}/50-test.conf: {expected}" == str(caught.value)


def test_two_ports_may_both_be_free(write: Write) -> None:
    """0 is any free port, so it may stand twice."""
    assert load(write("[service]\nhttp_port = 0\nxmlrpc_port = 0\n")).service.xmlrpc_port == 0


def test_a_password_in_the_url_is_not_repeated(write: Write) -> None:
    """A URL with a password in it is refused without showing the password."""
    with pytest.raises(ConfigError) as caught:
        load(write("[engine]\nurl = https://admin:p@ss/w@engine.example.com/\n"))

    assert "url = 'https://***@engine.example.com/'" in str(caught.value)
    assert "ss/w" not in str(caught.value)


def test_a_long_value_is_cut(write: Write) -> None:
    """An error stays readable whatever was written."""
    with pytest.raises(ConfigError) as caught:
        load(write(f"[log]\nlevel = {'x' * 100_000}\n"))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda f: (f / "x.conf").mkdir(), r"x\.conf: cannot be read: Is a directory", id="a folder"),
        pytest.param(
            lambda f: (f / "x.conf").symlink_to("gone"),
            r"x\.conf: cannot be read: No such file or directory; the service's user",
            id="a link to nowhere",
        ),
        pytest.param(
            lambda f: (f.rmdir(), f.touch()),
            r"conf\.d: the folder cannot be read: Not a directory",
            id="a file in the folder's place",
        ),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, make: Callable[[Path], object], expected: str) -> None:
    """A file that is there but cannot be read is an error, never skipped."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    make(folder)

    with pytest.raises(ConfigError, match=expected):
        load(folder)
