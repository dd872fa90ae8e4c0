"""Small traces in the openb format, made row by row."""

from collections.abc import Sequence
from pathlib import Path

NODES = "sn,cpu_milli,memory_mib,gpu,model"
PODS = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"


def pod(gpus: int = 1, milli: int = 1000, spec: str = "", created: object = 0, deleted: object = 60) -> str:
    """One row of a pod list: 4 cores, 1 GiB."""
    return f"pod,4000,1024,{gpus},{milli},{spec},LS,Running,{created},{deleted},0"


def write(folder: Path, pods: Sequence[str], nodes: Sequence[str] = ("n,64000,65536,2,T4",)) -> Path:
    """The folder, as `--trace` wants it."""
    (folder / "openb_pod_list_default.csv").write_text("\n".join([PODS, *pods, ""]))
    (folder / "openb_node_list_gpu_node.csv").write_text("\n".join([NODES, *nodes, ""]))
    return folder
