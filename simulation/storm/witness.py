"""What the service itself said to a question: its log tells.

While the service is down the proxy's plugin answers alone, after some 20 ms. The service may be back by then:
whose answer to a question from before it was cannot be told by the clock.
"""

from pathlib import Path

from simulation.storm.judge import Question


class Witness:
    """Reads the log where an answer looks wrong, and only there: the log is long."""

    def __init__(self, log: Path) -> None:
        """`log` is the service's, of all its lives."""
        self._log = log

    def place(self) -> int:
        """How far the log goes now; a question remembers it."""
        return self._log.stat().st_size if self._log.exists() else 0

    def note(self, question: Question) -> None:
        """Corrects what a wrong answer is: at risk, or the plugin's own where it had found no service."""
        if not question.is_wrong:
            return
        said = self._decisions(question)
        if said:
            question.at_risk = not said[-1].endswith("risk=''")
        elif question.asked_in_vain:
            question.answer = None

    def _decisions(self, question: Question) -> list[str]:
        """The service's decisions about the VM since the engine asked."""
        with self._log.open("rb") as file:
            file.seek(question.log_at)
            lines = file.read().decode(errors="replace").splitlines()
        return [line for line in lines if "Filter unit=" in line and f"vm={question.vm_id} " in line]
