"""Reads the CSV files of a public GPU cluster trace ("openb", Alibaba's cluster-trace-gpu-v2023).

The trace is not shipped (its terms allow research and study): `--trace` names the folder that holds
`openb_node_list_gpu_node.csv` and the pod lists, or one pod list. Columns that are not named here are left
alone. A row that cannot be read ends the run, with its file and line: a figure from half a trace would be a
figure of something else.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

WHOLE = 1000
"""A whole GPU, in the trace's unit (`gpu_milli`)."""
NODE_LIST = "openb_node_list_gpu_node.csv"
POD_LIST = "openb_pod_list_default.csv"
MOST_GPUS = 8
"""Of a node."""
_REMEDY = "give --trace the folder of the openb CSV files, or a pod list in it"

Row = TypeVar("Row")


class TraceError(Exception):
    """A trace that is not there or cannot be read: file, line, value and what is expected."""


@dataclass(frozen=True, slots=True)
class Node:
    """One machine."""

    cpu: int
    """Thousandths of a core."""
    memory: int
    """MiB."""
    gpus: int
    model: str


@dataclass(frozen=True, slots=True)
class Pod:
    """One request, and when it came and went."""

    cpu: int
    memory: int
    gpus: int
    milli: int
    """Thousandths of each of its GPUs: 1000 is a whole one, less is a share, which takes one GPU only."""
    models: tuple[str, ...]
    """The GPU models that it may run on; empty is any."""
    created: float
    """Seconds."""
    deleted: float


def read_nodes(path: Path) -> tuple[Node, ...]:
    """The machines of a node list (`sn,cpu_milli,memory_mib,gpu,model`)."""
    return tuple(_rows(path, _node))


def read_pods(path: Path) -> tuple[Pod, ...]:
    """The requests of a pod list, in the file's order."""
    return tuple(_rows(path, _pod))


def pod_list(trace: Path) -> Path:
    """The pod list that `--trace` names: the file itself, or the default list of the folder."""
    return trace / POD_LIST if trace.is_dir() else trace


def node_list(trace: Path) -> Path:
    """The node list beside the pod list."""
    return (trace if trace.is_dir() else trace.parent) / NODE_LIST


def _rows(path: Path, parse: Callable[[dict[str, str]], Row]) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            for row in reader:
                yield _parsed(path, reader.line_num, row, parse)
            if reader.line_num < 2:
                raise TraceError(f"{path} has no rows: {_REMEDY}")
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"{path} cannot be read: {error}; {_REMEDY}") from error


def _parsed(path: Path, line: int, row: dict[str, str], parse: Callable[[dict[str, str]], Row]) -> Row:
    try:
        return parse(row)
    except KeyError as error:
        raise TraceError(f"{path}: no column {error}; it is not a file of the openb trace") from error
    except (TypeError, ValueError) as error:
        raise TraceError(f"{path}, line {line}: {error}; correct the row or take it out") from error


def _node(row: dict[str, str]) -> Node:
    gpus = _number(row, "gpu")
    if gpus > MOST_GPUS:
        raise ValueError(f"gpu={gpus}, where no node has more than {MOST_GPUS}")
    if not row["model"]:
        raise ValueError(f"model={row['model']!r}, where the GPU's model is expected")
    return Node(_number(row, "cpu_milli"), _number(row, "memory_mib"), gpus, row["model"])


def _pod(row: dict[str, str]) -> Pod:
    gpus, milli = _number(row, "num_gpu"), _number(row, "gpu_milli")
    if milli > WHOLE or (gpus > 1 and milli != WHOLE) or (gpus == 0) != (milli == 0):
        raise ValueError(f"num_gpu={gpus} with gpu_milli={milli}: a share takes one GPU, at most {WHOLE}")
    created, deleted = _number(row, "creation_time"), _number(row, "deletion_time")
    if deleted < created:
        raise ValueError(f"deletion_time={deleted} lies before creation_time={created}")
    models = tuple(name for name in row["gpu_spec"].split("|") if name)
    return Pod(_number(row, "cpu_milli"), _number(row, "memory_mib"), gpus, milli, models, created, deleted)


def _number(row: dict[str, str], column: str) -> int:
    text = row[column]
    if text is None or not text.isascii() or not text.isdigit():
        raise ValueError(f"{column}={text!r} is no whole number from 0")
    return int(text)
