"""The engine's JSON answers, turned into `engine_model`'s plain data; no I/O.

How much junk is survived. A member that we do not know is ignored. A member that we need and that has the
wrong type is an `AnswerError` naming object, member and value. In a collection it is listed in
`Read.problems` and costs that element alone: a host or a VM stays in the list with what can be read of it,
because one that is missing from the list counts as removed; all other elements are left out. Two things cost
the whole answer: an element that cannot even be told apart (no id), and a collection none of whose elements
could be read, because an engine that changed its answers must not look like an empty data centre.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mdev_inventory.engine.members import AnswerError, Element, as_text
from mdev_inventory.engine.model import DeviceType, Event, Host, HostDevice, MediatedDevice, Vm

VDSM_PORT = 54321
MDEV_PROPERTY = "mdev_type"
# The inlined member's exact name is not verified (contract section 4, "Follow").
FOLLOWED = ("mediated_devices", "mediateddevices")
# Milliseconds since the epoch: the year 2286.
LAST_MOMENT = 10**13
# What an answer that is a fault, or not the engine's at all, carries in place of a collection.
FAULT_MEMBERS = frozenset({"reason", "detail", "error", "fault"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What a collection's answer held: the elements that could be read, and what was wrong with the rest."""

    items: tuple[T, ...]
    problems: tuple[AnswerError, ...] = ()


def hosts(answer: object) -> Read[Host]:
    """`GET /hosts`. A host that cannot be read has no address, and so cannot be asked."""
    return collection(answer, "host", host, maimed=_maimed_host)


def vms(answer: object) -> Read[Vm]:
    """`GET /vms`, with the mediated devices where the answer has them inlined; some may be `unreadable`."""
    return collection(answer, "vm", vm, maimed=_maimed_vm)


def mediated_devices(answer: object) -> tuple[MediatedDevice, ...]:
    """`GET /vms/{id}/mediateddevices`: all of them or AnswerError, because half a request is a wrong one."""
    return tuple(mediated_device(item) for item in _items(answer, "vm_mediated_device"))


def host_devices(answer: object) -> Read[HostDevice]:
    """`GET /hosts/{id}/devices`."""
    return collection(answer, "host_device", host_device, key="name")


def hooks(answer: object) -> Read[tuple[str, str]]:
    """`GET /hosts/{id}/hooks`: hook point and file name of each."""
    return collection(answer, "hook", hook, key="name")


def events(answer: object) -> Read[Event]:
    """`GET /events`, oldest first."""
    read = collection(answer, "event", event)
    return Read(tuple(sorted(read.items, key=lambda e: e.index)), read.problems)


def host(value: object) -> Host:
    """One host. A missing port is VDSM's own; a missing or unknown vgpu_placement is compact, as for VDSM."""
    element = Element(value, "host")
    return Host(
        id=element.text("id"),
        name=element.optional("name") or element.text("id"),
        address=element.text("address"),
        port=element.number("port", 1, 65535) or VDSM_PORT,
        status=element.text("status"),
        cluster_id=element.within("cluster", "id") or "",
        separate=element.optional("vgpu_placement") == "separated",
    )


def vm(value: object) -> Vm:
    """One VM. A missing status is `unknown`, which is assumed to hold its devices (contract section 5)."""
    element = Element(value, "vm")
    return Vm(
        id=element.text("id"),
        name=element.optional("name") or element.text("id"),
        status=element.optional("status") or "unknown",
        cluster_id=element.within("cluster", "id") or "",
        host_id=element.within("host", "id"),
        mdev_type=_properties(element, "custom_properties", "custom_property").get(MDEV_PROPERTY),
        mediated_devices=_followed(element),
        started_at=_seconds(element.figure("start_time")),
    )


def _seconds(milliseconds: int | None) -> float | None:
    """A moment as the engine writes it; None for one that no VM can have been started at."""
    return milliseconds / 1000 if milliseconds is not None and 0 < milliseconds < LAST_MOMENT else None


def _maimed_host(value: object, _error: AnswerError) -> Host:
    element = Element(value, "host")
    return Host(
        id=element.text("id"),
        name=element.lenient("name") or element.text("id"),
        address="",
        port=VDSM_PORT,
        status=element.lenient("status") or "unknown",
        cluster_id=element.lenient("cluster", "id") or "",
        separate=element.lenient("vgpu_placement") == "separated",
    )


def _maimed_vm(value: object, error: AnswerError) -> Vm:
    element = Element(value, "vm")
    return Vm(
        id=element.text("id"),
        name=element.lenient("name") or element.text("id"),
        status=element.lenient("status") or "unknown",
        cluster_id=element.lenient("cluster", "id") or "",
        host_id=element.lenient("host", "id"),
        mdev_type=None,
        mediated_devices=None,
        unreadable=str(error),
    )


def mediated_device(value: object) -> MediatedDevice:
    """One mediated device of a VM."""
    element = Element(value, "vm_mediated_device")
    return MediatedDevice(element.text("id"), _properties(element, "spec_params", "property"))


def host_device(value: object) -> HostDevice:
    """One host device; no types where the engine lists none (4.2 and 4.3 never do)."""
    element = Element(value, "host_device", key="name")
    types = element.elements("m_dev_types", "m_dev_type") or []
    return HostDevice(
        name=element.text("name"),
        capability=element.optional("capability") or "",
        driver=element.optional("driver") or None,
        vendor=element.within("vendor", "id"),
        device=element.within("product", "id"),
        physfn=_physfn(element),
        types=tuple(_device_type(item) for item in types),
    )


def _physfn(element: Element) -> str | None:
    """Name of the physical function; its id alone is the name in hex (contract section 4)."""
    name = element.within("physical_function", "name")
    if name is None and (code := element.within("physical_function", "id")):
        try:
            name = bytes.fromhex(code).decode("ascii")
        except ValueError:
            return None
    return name


def hook(value: object) -> tuple[str, str]:
    """Hook point and file name of one hook."""
    element = Element(value, "hook", key="name")
    return element.text("event_name"), element.text("name")


def event(value: object) -> Event:
    """One entry of the audit log; its id is its index."""
    element = Element(value, "event")
    index = element.number("index", 0, 2**62)
    if index is None:
        index = element.number("id", 0, 2**62)
    if index is None:
        raise AnswerError(element.where, "index", None, "a whole number")
    return Event(
        index=index,
        code=element.number("code", -(2**31), 2**31) or 0,
        vm_id=element.within("vm", "id"),
        host_id=element.within("host", "id"),
    )


def _device_type(value: object) -> DeviceType:
    """`name` is the type's id; its sysfs name has a member of its own from 4.4.7 on (contract section 4)."""
    element = Element(value, "m_dev_type", key="name")
    return DeviceType(
        id=element.text("name"),
        name=element.optional("human_readable_name") or element.text("name"),
        description=(element.optional("description") or "").strip(),
        available=element.figure("available_instances"),
    )


def _followed(element: Element) -> tuple[MediatedDevice, ...] | None:
    """The devices inlined by `follow`, under either name; None where the answer has neither."""
    for member in FOLLOWED:
        items = element.elements(member, "vm_mediated_device")
        if items is not None:
            return tuple(mediated_device(item) for item in items)
    return None


def _properties(element: Element, member: str, wrapper: str) -> dict[str, str]:
    """Name and value of each; one without a value is not set, one without a name is an error."""
    pairs = {}
    for item in element.elements(member, wrapper) or []:
        one = Element(item, wrapper, key="name", within=element)
        name, value = one.text("name"), one.optional("value")
        if value is not None:
            pairs[name] = value
    return pairs


def collection(
    answer: object,
    wrapper: str,
    read: Callable[[object], T],
    key: str = "id",
    maimed: Callable[[object, AnswerError], T] | None = None,
) -> Read[T]:
    """Each element read by itself; AnswerError where one has no `key`, or where none could be read."""
    items: list[T] = []
    problems: list[AnswerError] = []
    values = _items(answer, wrapper)
    for value in values:
        Element(value, wrapper, key).text(key)
        try:
            items.append(read(value))
        except AnswerError as error:
            problems.append(error)
            if maimed is not None:
                items.append(maimed(value, error))
    if problems and len(problems) == len(values):
        raise problems[0]
    return Read(tuple(items), tuple(problems))


def _items(answer: object, wrapper: str) -> list[Any]:
    """The list in a collection's answer; empty for `{}`, AnswerError for what is no collection."""
    where = f"the collection of {wrapper}"
    if not isinstance(answer, Mapping):
        raise AnswerError(where, "(itself)", answer, "an object")
    items = answer.get(wrapper)
    if items is None and (odd := FAULT_MEMBERS & answer.keys()):
        member = min(odd)
        raise AnswerError(where, member, as_text(answer[member]), f"a list of {wrapper}")
    if items is not None and not isinstance(items, list):
        raise AnswerError(where, wrapper, items, "a list")
    return items or []
