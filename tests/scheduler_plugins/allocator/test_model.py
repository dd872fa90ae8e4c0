"""What is remembered with a host's view: the answers to pure questions, each worked out once."""

from scheduler_plugins.allocator.model import ANSWERS_KEPT, HostView, once


def counting() -> tuple[HostView, list[object]]:
    """A view, and what was worked out."""
    return HostView("id", "host", False, None), []


def test_a_question_is_worked_out_once_for_a_view() -> None:
    """The same question about the same view is worked out once, also where the answer is None."""
    (view, worked), (other, _) = counting(), counting()

    @once
    def answer(of: HostView, number: int) -> None:
        worked.append((of is view, number))

    for asked, number in ((view, 1), (view, 1), (view, 2), (other, 1)):
        answer(asked, number)

    assert [(True, 1), (True, 2), (False, 1)] == worked


def test_a_view_remembers_so_many_answers() -> None:
    """Beyond so many answers a view begins anew: whoever invents questions fills no memory."""
    view, _ = counting()
    for number in range(3 * ANSWERS_KEPT):
        assert number == view.remember(number, lambda number=number: number)  # type: ignore[misc]

    assert len(view.answers) <= ANSWERS_KEPT
