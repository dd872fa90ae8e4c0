"""What this machine's files and sockets show."""

import grp
import pwd
import shutil
import socket
import stat
import time
import xmlrpc.client
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from defusedxml.xmlrpc import DefusedExpatParser

import scheduler_plugins
from mdev_inventory.engine.api import EngineSettingError
from mdev_inventory.vdsm.certificate import not_after
from mdev_inventory.vdsm.rpc import CredentialsError
from scheduler_plugins.config import Config, ConfigError, load, secrets
from scheduler_plugins.doctor.facts import EngineEndpoint, Machine, Proxy, ProxySocket, StateFolder
from scheduler_plugins.service import parts
from scheduler_plugins.service.process.port_holder import port_holder

PLUGIN = Path(scheduler_plugins.__file__).parent / "proxy" / "mdev_units.py"
PROXY, PROXY_SETTINGS = "usr/share/ovirt-scheduler-proxy", "etc/sysconfig/ovirt-scheduler-proxy"
PLUGINS_KEY = "OSCHEDPROXY_PLUGINS"
USER = "mdev-scheduler"
WAIT_S = 2.0
DAY_S = 86400.0
LONGEST = 2**20


def read(folder: Path, root: Path, least_free: int) -> Machine:
    """All of it; what cannot be looked at stays at its default."""
    try:
        config = load(folder)
        secrets.engine_url(config)
    except ConfigError as error:
        return Machine(config_error=str(error), least_free=least_free)
    service = config.service
    return Machine(
        config,
        file_error=_file_error(config),
        own_days=_days(config.vdsm.cert_file),
        state=_state(service.state_dir),
        proxy_socket=_proxy_socket(service.socket, service.socket_group),
        engine_endpoint=_engine_endpoint(service.xmlrpc_port),
        proxy=_proxy(root),
        least_free=least_free,
    )


def _file_error(config: Config) -> str:
    """The first over which the service would stumble."""
    try:
        parts.engine_api(config)
        parts.vdsm_client(config)
    except (ConfigError, EngineSettingError, CredentialsError) as error:
        return str(error)
    return ""


def _days(file: Path) -> float | None:
    try:
        return (not_after(file.read_text()).timestamp() - time.time()) / DAY_S
    except (OSError, ValueError):
        return None


def _state(path: Path) -> StateFolder:
    try:
        facts, free = path.stat(), shutil.disk_usage(path).free
    except OSError:
        return StateFolder()
    user = None
    with suppress(KeyError):
        user = pwd.getpwnam(USER).pw_uid
    return StateFolder(True, stat.S_IMODE(facts.st_mode), facts.st_uid, user, free)


def _proxy_socket(path: Path, group: str | None) -> ProxySocket:
    try:
        facts = path.stat()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(WAIT_S)
            connection.connect(str(path))
    except OSError as error:
        return ProxySocket(error=error.strerror or str(error))
    wanted = None
    with suppress(KeyError):
        wanted = grp.getgrnam(group).gr_gid if group else None
    return ProxySocket("", stat.S_IMODE(facts.st_mode), facts.st_gid, wanted)


def _engine_endpoint(port: int) -> EngineEndpoint:
    if port == 0:
        return EngineEndpoint()
    try:
        socket.create_connection(("127.0.0.1", port), WAIT_S).close()
    except OSError:
        return EngineEndpoint()
    return EngineEndpoint(True, port_holder(port), _units(port))


def _units(port: int) -> frozenset[str] | None:
    """What whoever listens answers to the engine's question for units."""
    question, xml = xmlrpc.client.dumps((), "discover"), {"Content-Type": "text/xml"}
    target = xmlrpc.client.Unmarshaller()
    parser = DefusedExpatParser(target, forbid_dtd=True)
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(f"http://127.0.0.1:{port}/", question, headers=xml, timeout=WAIT_S)
            parser.feed(answer.content[:LONGEST])
            parser.close()
            sections: Any = target.close()[0]
            return frozenset(name for units in sections.values() for name in units)
        except Exception:  # whatever else listens there may answer whatever it likes
            return None


def _proxy(root: Path) -> Proxy:
    """ovirt-scheduler-proxy and our file in its plugin folder, wherever its settings put that."""
    home = root / PROXY
    folder = _folder_in(root / PROXY_SETTINGS, root) or home / "plugins"
    if not home.is_dir():
        return Proxy()
    try:
        plugin = (folder / PLUGIN.name).read_bytes()
    except OSError:
        return Proxy(True, folder)
    return Proxy(True, folder, "same" if plugin == PLUGIN.read_bytes() else "other")


def _folder_in(settings: Path, root: Path) -> Path | None:
    try:
        lines = settings.read_text().splitlines()
    except (OSError, ValueError):
        return None
    found = [line.partition("=")[2].strip(" \"'") for line in lines if line.startswith(f"{PLUGINS_KEY}=")]
    return root / found[-1].lstrip("/") if found and found[-1] else None
