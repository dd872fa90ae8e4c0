"""What keeps the service from starting: its exit status, and what its log says of it."""

import os
import pwd
import socket
import sqlite3

import pytest

from tests.scheduler_plugins.service.running import Folder, Running


def start_fails(folder: Folder) -> tuple[int, str]:
    """Exit status and standard error of a service that does not come up."""
    with Running(folder) as running:
        status = running.process.wait(30)

    assert {} == running.endpoints
    assert "Traceback" not in running.log_file.read_text()
    return status, running.log_file.read_text()


def test_a_page_port_in_use_stops_the_service(folder: Folder) -> None:
    """Without page and API it could not be watched; status 3, with the holder and the key."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        folder.write("20-port.conf", service=f"http_port={other.getsockname()[1]}\n")
        status, log = start_fails(folder)

    assert 3 == status
    assert f"is held by {os.getpid()} (" in log
    assert "set [service] http_port" in log
    assert not folder.socket.exists()


def test_a_wrong_key_stops_the_service(folder: Folder) -> None:
    """Status 2, with file, key, value and what is allowed."""
    folder.write("20-bad.conf", service="http_port=99999\n")
    status, log = start_fails(folder)

    assert 2 == status
    assert "20-bad.conf" in log
    assert "http_port = '99999': it must be a whole number from 0 to 65535" in log


def test_a_password_that_others_can_read_stops_the_service(folder: Folder) -> None:
    """Status 2; what is in the file is nowhere."""
    folder.password.chmod(0o644)
    status, log = start_fails(folder)

    assert 2 == status
    assert "chmod 0600" in log
    assert "secret" not in log


@pytest.mark.parametrize(
    ("section", "key"), [("engine", "password_file"), ("engine", "ca_file"), ("vdsm", "ca_file"), ("vdsm", "key_file")]
)
def test_a_wrong_configuration_leaves_no_state(folder: Folder, section: str, key: str) -> None:
    """Tried as root before all is there, it would leave a state file that the service cannot write."""
    folder.write("20-bad.conf", **{section: f"{key}=/nowhere/file\n"})
    status, log = start_fails(folder)

    assert 2 == status
    assert f"[{section}] {key} = '/nowhere/file': the file cannot be read" in log
    assert not folder.state.exists()


@pytest.mark.skipif("os.geteuid() != 0", reason="only root can be in a service user's place")
def test_root_leaves_the_services_state_alone(folder: Folder) -> None:
    """Files of root in the service user's folder would lock the service out of its own state."""
    folder.state.mkdir()
    os.chown(folder.state, pwd.getpwnam("nobody").pw_uid, -1)
    status, log = start_fails(folder)

    assert 2 == status
    assert f"[service] state_dir = '{folder.state}': the folder belongs to nobody" in log
    assert "systemctl start mdev-scheduler" in log
    assert not list(folder.state.iterdir())


def test_another_programs_file_stops_the_service(folder: Folder) -> None:
    """Status 3, with the remedy: it is not ours to move away."""
    folder.state.mkdir()
    connection = sqlite3.connect(folder.state / "state.sqlite")
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    status, log = start_fails(folder)

    assert 3 == status
    assert "another program's database" in log
