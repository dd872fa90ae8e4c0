"""`python -m benchmarks.speed`: measures, prints a table, writes JSON."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed import report, rows
from benchmarks.speed.measures import collecting, decisions, engine_endpoint, hook, proxy_socket, start, storm
from benchmarks.speed.rows import Section
from benchmarks.speed.stage.proxy import system_python

MEASURES: dict[str, Callable[[Path, float], Section]] = {
    "proxy_socket": proxy_socket.measure,
    "engine_endpoint": engine_endpoint.measure,
    "decisions": decisions.measure,
    "start": start.measure,
    "hook": hook.measure,
    "collector": collecting.measure,
    "storm": storm.measure,
}


def main() -> int:
    """0 where every bound is met, 1 where one is missed, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="|".join(MEASURES), help="all of them where none is named")
    parser.add_argument("--effort", type=float, default=1.0, help="so many times as many rounds (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    told = parser.parse_args()
    unknown = [name for name in told.only if name not in MEASURES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    sections = _measured(told.only or list(MEASURES), told.effort)
    if told.json:
        told.json.write_text(json.dumps(_document(sections, told.effort), indent=1) + "\n")
    return 1 if report.missed(sections) else 0


def _measured(names: list[str], effort: float) -> list[Section]:
    """One section after the other, each printed when it is there."""
    sections = []
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            section = MEASURES[name](Path(folder), effort)
        sections.append(section)
        print(report.table([section]), f"\n({time.monotonic() - began:.0f} s)\n", flush=True)
    return sections


def _document(sections: list[Section], effort: float) -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "plugins_python": _plugins_python()}
    return {"machine": machine, "effort": effort, "sections": [rows.to_json(section) for section in sections]}


def _plugins_python() -> str:
    return os.popen(f"{system_python()} -V").read().split()[-1]  # noqa: S605 - a path of ours


if __name__ == "__main__":
    sys.exit(main())
