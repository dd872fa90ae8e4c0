"""What the deployment can be told is documented, and the documentation names what is there."""

import configparser
import re
from pathlib import Path

import pytest

from mdev_inventory import __version__

ROOT = Path(__file__).parent.parent.parent
ROLES = sorted((ROOT / "deploy/ansible/roles").iterdir())
PAGE = (ROOT / "docs/install.md").read_text()


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_every_variable_of_a_role_is_described(role: Path) -> None:
    """With a default for each that the description names, and none besides."""
    defaults = re.findall(r"^(\w+):", (role / "defaults/main.yml").read_text(), re.M)
    described = re.findall(r"^      (\w+):", (role / "meta/argument_specs.yml").read_text(), re.M)

    assert defaults == described


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_role_uses_no_variable_that_it_does_not_define(role: Path) -> None:
    """A name that is misspelt in a task fails here, not on the engine machine."""
    texts = {path: path.read_text() for path in role.rglob("*") if path.suffix in (".yml", ".j2")}
    used = {name for text in texts.values() for name in re.findall(rf"\b{role.name}_\w+", text)}
    defined = re.compile(rf"^ *({role.name}_\w+):|register: ({role.name}_\w+)", re.M)
    known = {name for text in texts.values() for pair in defined.findall(text) for name in pair}

    assert set() == used - known


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh", "enroll.sh"])
def test_a_script_tells_every_option_that_it_takes(script: str) -> None:
    """In the lines that `--help` prints."""
    lines = (ROOT / "deploy/bundle" / script).read_text().splitlines()
    head = "\n".join(line for line in lines[:9] if line.startswith("#"))
    options = {o for line in lines for o in re.findall(r"^        (--\w+)\)", line)}

    assert options
    assert [] == sorted(option for option in options if option not in head)


def test_the_lock_pins_all_that_the_service_needs() -> None:
    """A dependency that was added without `deploy/bundle/lock` would fail on the engine machine only."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    needed = re.findall(r"^[\w.-]+", settings["options"]["install_requires"], re.M)
    pinned = re.findall(r"^(\S+)==", (ROOT / "deploy/bundle/requirements.txt").read_text(), re.M)

    assert needed
    assert set() == set(needed) - set(pinned)


def test_every_link_of_the_page_leads_somewhere() -> None:
    """Files of this repository, and pages beside it."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE)

    assert links
    assert [] == [link for link in links if not (ROOT / "docs" / link).exists()]


@pytest.mark.parametrize("page", ["docs/install.md", "deploy/ansible/inventory.example.yml"])
def test_packages_are_named_as_this_version_builds_them(page: str) -> None:
    """What a reader copies exists."""
    text = (ROOT / page).read_text()

    assert {__version__} == set(re.findall(r"mdev-(?:scheduler|inventory-hook)-(\d[\d.]*\d)", text))


def test_the_page_names_every_place_that_the_archive_fills() -> None:
    """What an administrator may look for when something is wrong."""
    for place in (
        "/opt/mdev-scheduler",
        "/usr/local/bin",
        "/etc/systemd/system",
        "/etc/mdev-scheduler",
        "/usr/local/share",
    ):
        assert place in PAGE
