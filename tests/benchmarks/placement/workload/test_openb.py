"""The trace reader: what it takes from a row, and how it refuses one."""

from pathlib import Path

import pytest

from benchmarks.placement.workload.openb import Node, Pod, TraceError, node_list, pod_list, read_nodes, read_pods
from tests.benchmarks.placement.workload import openb_files


def test_rows_become_nodes_and_requests(tmp_path: Path) -> None:
    """A folder names both lists; models are told apart at the bar."""
    trace = openb_files.write(tmp_path, [openb_files.pod(1, 470, "T4|G2", 5, 65), openb_files.pod(0, 0)])

    assert (Node(64000, 65536, 2, "T4"),) == read_nodes(node_list(trace))
    assert (Pod(4000, 1024, 1, 470, ("T4", "G2"), 5, 65), Pod(4000, 1024, 0, 0, (), 0, 60)) == read_pods(
        pod_list(trace)
    )


def test_a_pod_list_can_be_named_itself(tmp_path: Path) -> None:
    """`--trace` takes one pod list; the nodes are looked for beside it."""
    named = tmp_path / "openb_pod_list_gpushare40.csv"
    named.touch()

    assert named == pod_list(named)
    assert tmp_path / "openb_node_list_gpu_node.csv" == node_list(named)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param(openb_files.pod(1, 1001), "num_gpu=1 with gpu_milli=1001", id="more than a whole GPU"),
        pytest.param(openb_files.pod(2, 500), "num_gpu=2 with gpu_milli=500", id="a share of two GPUs"),
        pytest.param(openb_files.pod(0, 500), "num_gpu=0 with gpu_milli=500", id="a share of no GPU"),
        pytest.param(openb_files.pod(1, 0), "num_gpu=1 with gpu_milli=0", id="a GPU with nothing of it"),
        pytest.param(openb_files.pod(1, -5), "gpu_milli='-5' is no whole number", id="negative"),
        pytest.param(openb_files.pod(1, 5, created="x"), "creation_time='x' is no whole number", id="no number"),
        pytest.param(openb_files.pod(1, 5, deleted=""), "deletion_time='' is no whole number", id="no end"),
        pytest.param(openb_files.pod(created=9, deleted=8), "lies before creation_time=9", id="ends too early"),
        pytest.param("pod,4000", "num_gpu=None is no whole number", id="half a row"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(row: str, says: str, tmp_path: Path) -> None:
    """The error names the file, the line, the value and what to do."""
    trace = openb_files.write(tmp_path, [openb_files.pod(), row])

    with pytest.raises(TraceError) as caught:
        read_pods(pod_list(trace))

    assert f"{pod_list(trace)}, line 3: " in str(caught.value)
    assert says in str(caught.value)
    assert "correct the row or take it out" in str(caught.value)


def test_a_node_with_too_many_gpus_is_refused(tmp_path: Path) -> None:
    """The simulator has places for 8 GPUs of a node: 8 are read, 9 are refused."""
    trace = openb_files.write(tmp_path, [], ["a,1,1,8,T4", "b,1,1,9,T4"])

    with pytest.raises(TraceError, match=r"line 3: gpu=9, where no node has more than 8"):
        read_nodes(node_list(trace))


def test_a_node_without_a_model_is_refused(tmp_path: Path) -> None:
    """Half a row is no node."""
    trace = openb_files.write(tmp_path, [], ["a,1,1,8"])

    with pytest.raises(TraceError, match=r"line 2: model=None, where the GPU's model is expected"):
        read_nodes(node_list(trace))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("", "has no rows", id="empty"),
        pytest.param(openb_files.PODS + "\n", "has no rows", id="header only"),
        pytest.param("a,b\n1,2\n", "no column 'num_gpu'", id="another file"),
        pytest.param("caf\xe9", "cannot be read", id="no text"),
    ],
)
def test_what_is_no_pod_list_is_refused(text: str | None, says: str, tmp_path: Path) -> None:
    """A missing, empty or foreign file is named, with the remedy or what it is not."""
    path = tmp_path / "openb_pod_list_default.csv"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))

    with pytest.raises(TraceError, match=says) as caught:
        read_pods(path)

    assert str(path) in str(caught.value)
