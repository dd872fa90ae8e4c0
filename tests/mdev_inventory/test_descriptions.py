"""What vendors write into a type's description."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.descriptions import Fields, parse

NVIDIA = "num_heads=4, frl_config=60, framebuffer=2048M, max_resolution=7680x4320, max_instance=12"
GVTG = "low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\nweight: 2"


@pytest.mark.parametrize(
    ("description", "fields"),
    [
        pytest.param(NVIDIA, Fields(framebuffer_mb=2048, max_instance=12, num_heads=4, frl_config=60), id="NVIDIA"),
        pytest.param(NVIDIA + "\n", parse(NVIDIA), id="trailing newline"),
        pytest.param(GVTG, Fields(low_gm_mb=64, high_gm_mb=384, fence=4, weight=2), id="GVT-g"),
        pytest.param(GVTG.replace("\n", ", "), parse(GVTG), id="GVT-g as mdevctl joins it"),
        pytest.param("virtual display, 64 MB video memory", Fields(memory_mb=64), id="mbochs"),
        pytest.param("virtual display, 1920x1080 framebuffer", Fields(), id="mdpy: no figure of a size"),
        pytest.param("", Fields(), id="empty"),
        pytest.param("framebuffer=2048M", Fields(framebuffer_mb=2048), id="one pair"),
        pytest.param("framebuffer=2048MB", Fields(framebuffer_mb=2048), id="megabytes written out"),
        pytest.param("framebuffer=2048", Fields(), id="no unit: unknown"),
        pytest.param("framebuffer=2G", Fields(), id="a unit never seen: unknown"),
        pytest.param("framebuffer=0x800M", Fields(), id="no decimal number"),
        pytest.param("framebuffer=-1M", Fields(), id="negative"),
        pytest.param("framebuffer=", Fields(), id="no value"),
        pytest.param("max_instance=٣", Fields(), id="digits of another script"),
        pytest.param("max_instance=999999999", Fields(max_instance=999999999), id="nine digits"),
        pytest.param("max_instance=1000000000", Fields(), id="ten digits are no figure"),
        pytest.param("max_instance=12 of them", Fields(), id="words behind the figure"),
        pytest.param("max_instance=12M", Fields(), id="a count has no unit"),
        pytest.param("max_instances=12", Fields(), id="a key that only begins alike"),
        pytest.param("a max_instance=12", Fields(), id="words before the key"),
        pytest.param("max_instance=0", Fields(max_instance=0), id="zero is a figure"),
        pytest.param("max_instance=1,max_instance=2", Fields(max_instance=1), id="the first of two counts"),
        pytest.param("max_instance=x, max_instance=2", Fields(max_instance=2), id="the first that is one"),
        pytest.param("164 MB video memory of it", Fields(), id="other prose"),
    ],
)
def test_figures_are_read_where_they_are_understood(description: str, fields: Fields) -> None:
    """Whatever is not understood is None, never a guess."""
    assert fields == parse(description)


@given(st.text() | st.text(alphabet="framebuffer=max_instance: ,\n0123456789MB"))
def test_no_description_makes_it_fail(description: str) -> None:
    """Descriptions are the vendors' own: anything may stand in them."""
    assert all(value is None or value >= 0 for value in parse(description))


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1), st.sampled_from([", ", ",", "\n", " , "]))
def test_figures_survive_any_joint(size: int, count: int, joint: str) -> None:
    """One line or several, with or without blanks."""
    description = joint.join([f"framebuffer={size}M", "max_resolution=1x1", f"max_instance={count}"])

    assert Fields(framebuffer_mb=size, max_instance=count) == parse(description)
