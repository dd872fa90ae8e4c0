"""The service's log: one line to a record, whatever its text holds."""

import logging
import os
from collections.abc import Mapping

from mdev_inventory.visible import visible
from scheduler_plugins.service.process.bounded_log import BoundedHandler

BELOW = "    | "
"""Begins each line of a traceback: what stands in an error's text cannot look like a record."""


class LineFormatter(logging.Formatter):
    """A record on one line; a traceback below it, each line marked."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        """The record's own line."""
        return visible(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 (the library's name)
        """The traceback, marked."""
        return _below(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 (the library's name)
        """A stack, likewise."""
        return _below(super().formatStack(stack_info))


def _below(text: str) -> str:
    return "\n".join(BELOW + visible(line) for line in text.splitlines())


def begin(level: str, environ: Mapping[str, str] = os.environ) -> None:
    """Log to standard error from now on, from `level` on; the journal has its own clock."""
    text = "%(levelname)s (%(threadName)s) [%(name)s] %(message)s"
    handler = BoundedHandler()
    handler.setFormatter(LineFormatter(text if "JOURNAL_STREAM" in environ else f"%(asctime)s {text}"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
