"""Text from outside leaves the product visible: on one line, printable, with escapes for the rest."""

import ast
import contextlib
import io
import json
import logging
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdev_inventory
import scheduler_plugins
from mdev_inventory.visible import visible, visible_json, visible_lines
from scheduler_plugins.service.engine_endpoint.xmlrpc import format_answer, invalid
from scheduler_plugins.service.process.log import BELOW, LineFormatter
from scheduler_plugins.service.proxy_socket.line import format_error

ANY_TEXT = st.text(st.characters(exclude_categories=[])).map(lambda text: text + "\u202e" if len(text) % 2 else text)
"""With controls, marks, separators and lone surrogates."""


def unseen(text: str) -> list[str]:
    """The characters in it that move something, or that nobody sees."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("gpu-1 (GRID M60-8Q), Zürich \\ 東京", "gpu-1 (GRID M60-8Q), Zürich \\ 東京", id="printable"),
        pytest.param("a\nINFO b", "a\\nINFO b", id="a forged line"),
        pytest.param("\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f", id="a terminal steered"),
        pytest.param("\x9b2J\x85", "\\x9b2J\\x85", id="the same in one character, and its newline"),
        pytest.param("\u202etxt.exe\u2066\u200f", "\\u202etxt.exe\\u2066\\u200f", id="direction turned"),
        pytest.param("a\u2028b\u2029c", "a\\u2028b\\u2029c", id="separators"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="no width"),
        pytest.param("a\udc80b", "a\\udc80b", id="half a pair"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    """What is printable stays."""
    assert shown == visible(text)


@given(ANY_TEXT)
def test_nothing_is_unseen(text: str) -> None:
    """Whatever the text, at every border that takes one; applied twice it changes nothing."""
    shown = visible(text)

    assert shown.isprintable()
    assert shown == visible(shown)
    assert not unseen(visible_lines(text).replace("\n", ""))
    assert not unseen(format_error(text).decode("ascii")[:-1])
    answers = [format_answer(answer).decode("utf-8") for answer in (invalid(text), {"errors": [text]})]
    assert not unseen("".join(answers).replace("\n", ""))


@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_loses_nothing(document: dict[str, str]) -> None:
    """Nothing unseen is in it, and whoever reads it gets every character back."""
    text = visible_json(document)

    assert not unseen(text)
    assert document == json.loads(text)


@given(text=ANY_TEXT)
def test_a_record_is_one_line(text: str) -> None:
    """Whatever its arguments hold, and whatever an error says: what follows is marked as belonging to it."""
    out, logger = io.StringIO(), logging.Logger("test")
    handler = logging.StreamHandler(out)
    handler.setFormatter(LineFormatter("%(levelname)s [%(name)s] %(message)s"))
    logger.addHandler(handler)
    logger.error("FAILED %s", text)
    with contextlib.suppress(ValueError):
        _fail(logger, text)
    lines = out.getvalue().split("\n")[:-1]

    assert f"ERROR [test] FAILED {visible(text)}" == lines[0]
    assert "ERROR [test] Fault" == lines[1]
    assert [] == [line for line in lines[2:] if not line.startswith(BELOW)]
    assert not unseen("".join(lines))


def _fail(logger: logging.Logger, text: str) -> None:
    try:
        list[str]().index(text)
    except ValueError as error:
        error.args = (text,)
        logger.exception("Fault")
        raise


BORDERS = {
    "mdev_inventory/hook/vdsm_hook.py": "JSON in ASCII, and errors with repr: it has to run on Python 3.6 alone",
    "mdev_inventory/engine/errors.py": "what the engine's log shows as an event",
    "scheduler_plugins/cli/app.py": "the command's own words",
    "scheduler_plugins/cli/common.py": "a command's last words",
    "scheduler_plugins/cli/output.py": "tables and JSON",
    "scheduler_plugins/policy/sdk_child.py": "JSON in ASCII, for the process that started it",
    "scheduler_plugins/proxy/mdev_units.py": "a literal in ASCII, for the proxy",
    "scheduler_plugins/service/engine_endpoint/xmlrpc.py": "answers to the engine",
    "scheduler_plugins/service/process/bounded_log.py": "the log's lines, as they come from the formatter",
    "scheduler_plugins/service/process/log.py": "the log",
    "scheduler_plugins/service/proxy_socket/line.py": "answers to the plugin",
    "scheduler_plugins/service/web/api.py": "JSON and the page, over HTTP",
    "scheduler_plugins/service/web/page.py": "the page",
}
"""Where text leaves the product for people."""
OF_THEIR_OWN = {path for path, why in BORDERS.items() if "ASCII" in why}
"""They import nothing of ours, and ASCII alone leaves them."""
OUT = {"print", "echo", "secho", "basicConfig", "StreamHandler", "FileHandler", "Formatter", "Environment", "Template"}
OUT |= {"HTMLResponse", "JSONResponse", "PlainTextResponse", "Response", "format_answer", "format_error", "one_line"}
STREAMS = {"stdout", "stderr"}


def test_there_is_no_other_border() -> None:
    """Whoever prints, logs by a format of its own, or makes an answer is one of these, and uses the function."""
    found = {}
    for package in (mdev_inventory, scheduler_plugins):
        root = Path(package.__path__[0])
        for file in root.rglob("*.py"):
            tree = ast.parse(file.read_text())
            if any(map(_lets_out, ast.walk(tree))):
                found[str(file.relative_to(root.parent))] = _uses_it(tree)

    assert set(BORDERS) == set(found)
    assert OF_THEIR_OWN == {path for path, uses in found.items() if not uses}


def _lets_out(node: ast.AST) -> bool:
    """Whether it writes to a standard stream, or makes (defines) what goes to people."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in OUT - {"format_answer", "format_error", "one_line"}
        case ast.ClassDef(bases=bases):
            return any(getattr(base, "attr", getattr(base, "id", "")) in OUT for base in bases)
        case ast.FunctionDef(name=name):
            return name in ("format_answer", "format_error", "one_line")
        case ast.Attribute(attr=name, value=ast.Name(id="sys")):
            return name in STREAMS
        case ast.Attribute(attr="write", value=ast.Name(id="os")):
            return True
    return False


def _uses_it(tree: ast.AST) -> bool:
    return any(isinstance(n, ast.ImportFrom) and n.module == "mdev_inventory.visible" for n in ast.walk(tree))
