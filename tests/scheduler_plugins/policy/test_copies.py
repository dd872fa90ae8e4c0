"""What a copy remembers, and what it is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.policy import copies
from scheduler_plugins.policy.state import Cluster
from tests.scheduler_plugins.policy.states import engine, policy

GPU = Cluster("id-gpu", "gpu", "even", {})


def test_a_copy_remembers_its_cluster_and_what_that_had() -> None:
    """In its description, which the portal shows."""
    text = copies.description("even", "id-even", GPU)

    assert text == (
        "Copy of even with units of mdev-scheduler, for cluster gpu. [mdev-scheduler: cluster=id-gpu before=id-even]"
    )
    assert ("id-gpu", "id-even") == copies.memory(policy("x", description=text))
    assert "id-even" == copies.memory_for(policy("x", description=f"edited. {text} by hand"), GPU)


@pytest.mark.parametrize("text", ["", "Copy of even", "[mdev-scheduler: cluster=a]"])
def test_what_is_no_copy_remembers_nothing(text: str) -> None:
    """Nor does a built-in policy, whatever it shows."""
    assert copies.memory(policy("x", description=text)) is None
    assert copies.memory(policy("x", description=copies.description("e", "e", GPU), locked=True)) is None


def test_a_copy_is_left_over_when_no_cluster_has_it() -> None:
    """Whoever has it."""
    copy = policy("copy", description=copies.description("even", "even", GPU))

    assert [copy] == copies.left_over(engine(copy), GPU)
    assert [] == copies.left_over(engine(copy, clusters={"office": "copy"}), GPU)
    assert [] == copies.left_over(engine(copy), Cluster("id-other", "other", "even", {}))


@pytest.mark.parametrize(
    ("cluster", "taken", "expected"),
    [
        ("gpu", [], "even-mdev-gpu"),
        ("gpu", ["even-mdev-gpu"], "even-mdev-gpu-2"),
        ("gpu", ["EVEN-mdev-gpu", "even-mdev-gpu-2"], "even-mdev-gpu-3"),
        ("Zürich 1/2.3", [], "even-mdev-Z_rich_1_2_3"),
        ("a-cluster-with-a-name-of-forty-characters", [], "even-mdev-a-cluster-with-a-name-of-f"),
    ],
)
def test_names(cluster: str, taken: list[str], expected: str) -> None:
    """The policy and the cluster are in it; case does not tell names apart."""
    assert expected == copies.new_name(policy("even"), Cluster("id", cluster, "", {}), taken)


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=5), max_size=5))
def test_a_name_is_always_new_plain_and_short(original: str, cluster: str, taken: list[str]) -> None:
    """Whatever policy and cluster are called."""
    name = copies.new_name(policy(original), Cluster("id", cluster, "", {}), taken)
    again = copies.new_name(policy(original), Cluster("id", cluster, "", {}), [*taken, name])

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", again)
    assert name.lower() not in [each.lower() for each in taken]
    assert name != again
