"""Collections of the engine's, of which some or all cannot be read: how much junk is survived."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.engine import elements, parsing
from mdev_inventory.engine.elements import AnswerError
from mdev_inventory.engine.model import Host
from tests.mdev_inventory.engine.samples import HOST_ID, sample

COLLECTIONS = [
    pytest.param(parsing.hosts, "host", id="hosts"),
    pytest.param(parsing.vms, "vm", id="vms"),
    pytest.param(parsing.host_devices, "host_device", id="host devices"),
    pytest.param(parsing.events, "event", id="events"),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("read", "wrapper"), COLLECTIONS)
def test_an_empty_collection_in_every_form(read: Any, wrapper: str) -> None:
    """The engine may write nothing as an empty object, an empty list or null."""
    empty: elements.Read[object] = elements.Read(())

    assert [empty] * 4 == [read({}), read({wrapper: []}), read({wrapper: None}), read({"actions": {}})]


@pytest.mark.parametrize(("read", "wrapper"), COLLECTIONS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda w: [], id="a list"),
        pytest.param(lambda w: None, id="null"),
        pytest.param(lambda w: "up", id="a word"),
        pytest.param(lambda w: {w: {}}, id="the list is an object"),
        pytest.param(lambda w: {w: "x"}, id="the list is a word"),
        pytest.param(lambda w: {w: ["x"]}, id="an element is a word"),
        pytest.param(lambda w: {w: [{}]}, id="an element without id"),
        pytest.param(lambda w: {w: [{"id": "", "name": ""}]}, id="an element with an empty id"),
        pytest.param(lambda w: {w: [{"id": {}, "name": {}}]}, id="an element whose id is an object"),
        pytest.param(lambda w: {"href": "/api/x"}, id="a link to the list"),
        pytest.param(lambda w: {"element": [{"id": "1"}]}, id="a list of something else"),
        pytest.param(lambda w: sample("fault"), id="a fault"),
        pytest.param(lambda w: sample("token_refused"), id="an error"),
    ],
)
def test_what_is_no_collection(read: Any, wrapper: str, answer: Any) -> None:
    """An answer of another shape is an error, not an empty collection."""
    with pytest.raises(AnswerError):
        read(answer(wrapper))


def test_junk_in_one_host_does_not_lose_a_host() -> None:
    """The host with junk stays in the list, without an address to ask it at, and is named as a problem."""
    broken = sample("host", id="h2", port="ssh")
    read = parsing.hosts({"host": [sample("host"), broken]})

    assert [(HOST_ID, "gpu01.example.com"), ("h2", "")] == [(h.id, h.address) for h in read.items]
    assert ["host 'h2': member 'port' is 'ssh', not a whole number from 1 to 65535"] == [str(p) for p in read.problems]


def test_a_host_of_nothing_but_junk_stays_too() -> None:
    """What can be read of a host with junk is kept, the rest has the meaning of what is missing."""
    junk = {"id": "h2", "name": [], "status": {}, "cluster": 7, "port": [], "vgpu_placement": "separated"}
    read = parsing.hosts({"host": [sample("host"), junk]})

    assert Host("h2", "h2", "", 54321, "unknown", "", True) == read.items[1]


@pytest.mark.parametrize("member", ["custom_properties", "mediated_devices", "mediateddevices", "status"])
def test_junk_in_one_vm_does_not_lose_a_vm(member: str) -> None:
    """The VM with junk stays where it runs, and says that its request could not be read."""
    broken = sample("vm_4.4", id="v2", **{member: [7]})
    read = parsing.vms({"vm": [sample("vm_4.4"), broken]})
    good, unreadable = read.items

    assert "" == good.unreadable
    assert ("v2", HOST_ID, None, None) == (
        unreadable.id,
        unreadable.host_id,
        unreadable.mdev_type,
        unreadable.mediated_devices,
    )
    assert unreadable.unreadable.startswith(f"vm 'v2': member '{member}")
    assert [unreadable.unreadable] == [str(problem) for problem in read.problems]


def test_a_collection_of_junk_is_an_error() -> None:
    """An engine that changed its answers does not look like an empty data centre."""
    with pytest.raises(AnswerError, match="'port'"):
        parsing.hosts({"host": [sample("host", port="ssh"), sample("host", id="h2", port="ssh")]})


@given(member=st.sampled_from(sorted(sample("vm_4.4"))), value=ANY_JSON)
def test_any_junk_in_one_member_of_a_vm(member: str, value: object) -> None:
    """Whatever stands in one member, there is a VM or an AnswerError, and never another error."""
    try:
        said = repr(parsing.vm(sample("vm_4.4", **{member: value})))
    except AnswerError as error:
        said = str(error)

    assert said.isprintable()


@given(value=ANY_JSON)
def test_any_json_as_an_answer(value: object) -> None:
    """Whatever the engine answers, there is a collection or an AnswerError."""
    for read in (parsing.hosts, parsing.vms, parsing.host_devices, parsing.events):
        try:
            said = repr(read(value))
        except AnswerError as error:
            said = str(error)

        assert said.isprintable()
