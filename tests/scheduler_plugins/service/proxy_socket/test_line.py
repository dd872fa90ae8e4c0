"""The proxy socket's line protocol."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.service.proxy_socket import line
from scheduler_plugins.service.proxy_socket.line import LineError, Question
from tests.scheduler_plugins.service.fakes import line_of

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)


@given(
    st.builds(
        Question,
        unit=TEXT,
        vm_id=TEXT,
        host_ids=st.lists(TEXT.filter(bool)).map(tuple),
        properties=st.dictionaries(TEXT, TEXT),
    )
)
def test_a_question_survives_its_line(question: Question) -> None:
    """Whatever the parts hold, separators and newlines included, the line gives back the question."""
    formatted = line_of(question)

    assert question == line.parse(formatted)
    assert formatted.isascii()
    assert 1 == formatted.count(b"\n")


def test_the_line_is_as_documented() -> None:
    """The form that the design fixes, so that an older plugin file goes on working."""
    question = Question("MdevFilter", "vm-1", ("a", "b"), {"mode": "x y;=", "ä": ""})

    assert b"1 MdevFilter vm-1 a,b mode=x%20y%3B%3D;%C3%A4=\n" == line_of(question)


def test_hosts_and_properties_may_be_empty() -> None:
    """An empty field is an empty list, not a list of one empty entry."""
    assert Question("U", "v", (), {}) == line.parse(b"1 U v  \n")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "no newline", id="nothing"),
        pytest.param(b"1 U v a ", "no newline", id="cut off"),
        pytest.param(b"1 U v a\n", "4 fields", id="too few fields"),
        pytest.param(b"1 U v a  b\n", "6 fields", id="too many fields"),
        pytest.param(b"2 U v a \n", "protocol version '2'", id="another version"),
        pytest.param(b"1 U v a mode\n", "'mode' has no `=`", id="property without a value"),
        pytest.param(b"1 U \xe4 a \n", "byte 4 is not ASCII", id="not ASCII"),
        pytest.param(b"1 U %E4 a \n", "'%E4' is not percent-encoded UTF-8", id="not UTF-8"),
    ],
)
def test_a_bad_line_names_what_is_wrong(data: bytes, says: str) -> None:
    """Each broken line is a LineError whose text names the part."""
    with pytest.raises(LineError, match=says):
        line.parse(data)


@pytest.mark.parametrize(
    "answer", [["a", "b"], [], [("a", 0), ("b", 1000)], ["ä'\n"]], ids=["hosts", "none", "weights", "odd"]
)
def test_an_answer_is_one_literal(answer: line.Answer) -> None:
    """The proxy evaluates the answer: one ASCII line that is the value."""
    formatted = line.format_answer(answer)

    assert answer == ast.literal_eval(formatted.decode("ascii"))
    assert 1 == formatted.count(b"\n")


def test_an_error_is_one_line() -> None:
    """A text of several lines must not look like an answer behind the error."""
    assert b"!first second \\xe4\n" == line.format_error("first\n second ä")
