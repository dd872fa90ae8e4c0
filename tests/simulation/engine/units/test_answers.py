"""What the engine makes of an external scheduler's answers, oddities included."""

import pytest

from simulation.engine.audit import Code
from simulation.engine.units.answers import (
    Complaint,
    Score,
    UnreadableAnswerError,
    complaints,
    filtered_ids,
    parse_guid,
    scores,
)

A = "5a7f2f0e-0c4b-4b60-8f43-0d5c7f0b1e01"
B = "9b1d6c33-77d2-4d0b-9f0e-2f6f8e0c2e02"
NIL = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        pytest.param({"result_code": 0, "result": [A, B]}, {A, B}, id="a map"),
        pytest.param([A], {A}, id="the old format, a bare array"),
        pytest.param({"result_code": 1, "result": [A]}, {A}, id="an error beside a usable result"),
        pytest.param({"result_code": 0, "result": [A, A]}, {A}, id="twice the same"),
        pytest.param({"result_code": 0, "result": [A.upper()]}, {A}, id="capitals"),
        pytest.param({"result_code": 0, "result": [""]}, {NIL}, id="an empty id"),
        pytest.param({"result_code": 0, "result": []}, set(), id="nobody"),
        pytest.param({"result_code": 0}, set(), id="no result"),
        pytest.param({"result": None}, set(), id="a nil result"),
        pytest.param("nothing", set(), id="neither array nor map"),
        pytest.param(None, set(), id="nil"),
        pytest.param(7, set(), id="a number"),
    ],
)
def test_filtered_ids(answer: object, left: set[str]) -> None:
    """An answer that cannot be made out leaves no host: fail-closed."""
    assert left == filtered_ids(answer)


@pytest.mark.parametrize("entry", ["host1", "5a7f2f0e-0c4b-4b60-8f43", None, 1, [A]])
def test_garbage_ids_end_the_scheduling(entry: object) -> None:
    """An id that is no UUID is an exception that nobody catches."""
    with pytest.raises(UnreadableAnswerError):
        filtered_ids({"result_code": 0, "result": [A, entry]})


def test_a_result_of_another_type() -> None:
    """A result that is there but no array is an exception as well."""
    with pytest.raises(UnreadableAnswerError, match="'everyone'"):
        filtered_ids({"result_code": 0, "result": "everyone"})


def test_short_groups() -> None:
    """Java's UUID.fromString fills up groups of too few digits."""
    assert parse_guid("1-2-3-4-5") == "00000001-0002-0003-0004-000000000005"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param([[A, 10], [B, 25]], [Score(A, 10, None), Score(B, 25, None)], id="pairs"),
        pytest.param([[A, 10, "Pack"]], [Score(A, 10, "Pack")], id="triples name the unit"),
        pytest.param([(A, 10)], [Score(A, 10, None)], id="tuples, in-process"),
        pytest.param([[A, 10], [B]], [Score(A, 10, None)], id="malformed: what came before counts"),
        pytest.param([[A, 10], "B", [B, 1]], [Score(A, 10, None)], id="malformed: nothing after counts"),
        pytest.param([[A, -5]], [Score(A, -5, None)], id="negative"),
        pytest.param([], [], id="none"),
    ],
)
def test_scores(result: object, expected: list[Score]) -> None:
    """Weights are read up to the first entry that is no pair or triple."""
    assert expected == scores({"result_code": 0, "result": result})


@pytest.mark.parametrize("weight", [1.0, True, "10", None, 2**31])
def test_weights_are_integers(weight: object) -> None:
    """The engine casts to Integer: anything else ends the scheduling."""
    with pytest.raises(UnreadableAnswerError, match="no Integer"):
        scores([[A, weight]])


def test_complaints() -> None:
    """Each error of a unit, and each general one, is an audit event of its own."""
    answer = {
        "result_code": 1,
        "result": [A],
        "plugin_errors": {"Fits": ["plugin not found: 'Fits'", "again"]},
        "errors": ["all filters failed"],
    }

    assert complaints(answer) == [
        Complaint(
            Code.EXTERNAL_SCHEDULER_PLUGIN_ERROR, "plugin Fits of the external scheduler: plugin not found: 'Fits'"
        ),
        Complaint(Code.EXTERNAL_SCHEDULER_PLUGIN_ERROR, "plugin Fits of the external scheduler: again"),
        Complaint(Code.EXTERNAL_SCHEDULER_ERROR, "external scheduler: all filters failed"),
    ]


@pytest.mark.parametrize("answer", [[A], {"result_code": 0, "errors": ["unseen"]}, {"result": []}, 3])
def test_no_complaints(answer: object) -> None:
    """Errors are looked at only where the result code is not 0."""
    assert complaints(answer) == []
