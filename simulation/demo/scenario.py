"""The demonstration's data centre: which hosts it has, and which VMs ask for what. Plain data.

Between them the hosts have each kind of card that behaves differently; between them the VMs meet each
kind of answer: one that fits, one that comes too late, one that no host could ever run.
"""

from collections.abc import Iterator
from itertools import count, cycle, islice

from simulation.datacenter.plans import A40, GVTG, M60, T4, HostPlan, VmPlan
from simulation.kernel.profiles import profile

HOSTS = (
    HostPlan("m60-packed", (M60,)),
    HostPlan("m60-spread", (M60,), separate=True),
    HostPlan("t4", (T4,)),
    HostPlan("a40", (A40,)),
    HostPlan("gvtg", (GVTG,)),
    HostPlan("plain"),
    HostPlan("dead", (T4,), dead=True),
)


def hosts(number: int | None) -> tuple[HostPlan, ...]:
    """The first `number` hosts; beyond the plan's own, more of the same with a number behind the name."""
    return tuple(islice(_endless(), len(HOSTS) if number is None else number))


def _endless() -> Iterator[HostPlan]:
    yield from HOSTS
    for number, plan in zip(count(len(HOSTS) + 1), cycle(HOSTS[:-1]), strict=False):
        yield HostPlan(f"{plan.name}-{number}", plan.boards, plan.separate)


def _vm(name: str, wants: str, device: str = "", type_name: str = "", instances: int = 1) -> VmPlan:
    types = [t.id for t in profile(device).types if type_name in (t.name, t.id)] if device else []
    return VmPlan(name, tuple(types * instances), wants)


VMS = (
    _vm("office", "no mediated device"),
    _vm("desk-1", "GRID M60-1Q", "tesla-m60", "GRID M60-1Q"),
    _vm("desk-2", "GRID M60-1Q", "tesla-m60", "GRID M60-1Q"),
    _vm("twin", "GRID M60-8Q twice", "tesla-m60", "GRID M60-8Q", 2),
    _vm("cad", "GRID T4-8Q", "tesla-t4", "GRID T4-8Q"),
    _vm("cad-pair", "GRID T4-8Q twice, one is left", "tesla-t4", "GRID T4-8Q", 2),
    _vm("viewer", "GRID T4-4Q, the card runs 8Q", "tesla-t4", "GRID T4-4Q"),
    _vm("render-1", "NVIDIA A40-24Q", "a40", "NVIDIA A40-24Q"),
    _vm("render-2", "NVIDIA A40-24Q", "a40", "NVIDIA A40-24Q"),
    _vm("render-3", "NVIDIA A40-24Q, a card holds two", "a40", "NVIDIA A40-24Q"),
    _vm("kiosk", "GVT-g, the small one", "gvtg-256", "i915-GVTg_V5_8"),
    _vm("wall", "GVT-g, the large one: too late", "gvtg-256", "i915-GVTg_V5_4"),
    VmPlan("typo", ("nvidia-2222",), "a type that nobody has"),
)
