"""The inventory's data model."""

import pytest

from mdev_inventory.model import InventoryError, MdevType, ParentDevice


def test_a_parent_finds_its_types_by_their_whole_id() -> None:
    """`nvidia-2` is not `nvidia-22`."""
    parent = ParentDevice("0000:3b:00.0", types=(MdevType("nvidia-22"), MdevType("nvidia-2")))

    assert MdevType("nvidia-2") == parent.find("nvidia-2")
    assert None is parent.find("nvidia")


def test_a_parent_whose_types_are_unknown_finds_none() -> None:
    """A folder of types that cannot be listed is no reason to fail."""
    assert None is ParentDevice("mtty", types=None).find("mtty-1")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("x", "'x'", id="short"),
        pytest.param("x" * 10**6, "'xxxxxxxxxxxx...xxxxxxxxxxxxx'", id="long text"),
        pytest.param([[]] * 10**6, "[[], [], [], [], [], [], ...]", id="long list"),
        pytest.param(None, "None", id="nothing"),
    ],
)
def test_an_error_names_member_value_fault_and_remedy(value: object, shown: str) -> None:
    """What comes from a host may be huge: the text shows its beginning and its end."""
    error = InventoryError("mdev_inventory.schema", value, "not a whole number", "update the host")

    assert f"mdev_inventory.schema is {shown}: not a whole number; update the host" == str(error)
    assert "mdev_inventory.schema" == error.member
    assert value is error.value


def test_an_error_about_a_number_without_end_can_still_be_told() -> None:
    """Python refuses to write out a number of more than 4,300 digits."""
    assert len(str(InventoryError("x", 10**5000, "no figure"))) < 200
