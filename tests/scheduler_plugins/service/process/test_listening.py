"""The unix socket's file: whose it is, and what is in its way."""

import grp
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scheduler_plugins.service.process.listening import EndpointError, bind_unix


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A socket's path in a folder that does not exist yet."""
    return tmp_path / "run" / "proxy.sock"


@pytest.fixture
def other(path: Path) -> Iterator[socket.socket]:
    """Another process's socket at that path."""
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        yield other


def test_the_socket_belongs_to_the_group_that_is_set(path: Path) -> None:
    """The proxy's user connects through its group; for root that may be any."""
    entries = grp.getgrall() if os.geteuid() == 0 else [grp.getgrgid(os.getgid())]
    with closing(bind_unix(path, entries[-1].gr_name)):
        assert (entries[-1].gr_gid, 0o660) == (path.stat().st_gid, path.stat().st_mode & 0o777)


def test_a_socket_that_nobody_listens_at_is_replaced(path: Path, other: socket.socket) -> None:
    """A service that was killed leaves its socket's file behind."""
    other.close()
    with closing(bind_unix(path, None)) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.listen()
        client.connect(str(path))


def test_a_socket_in_use_is_left_alone(path: Path, other: socket.socket) -> None:
    """A second service says so and takes nothing away from the first."""
    other.listen()
    with pytest.raises(EndpointError, match="another process listens at"):
        bind_unix(path, None)

    assert path.exists()


def test_a_file_in_the_way_is_left_alone(path: Path) -> None:
    """What is no socket was not made by us."""
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(EndpointError, match="it is no socket"):
        bind_unix(path, None)

    assert "mine" == path.read_text()
