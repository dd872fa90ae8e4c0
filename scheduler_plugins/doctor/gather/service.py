"""What the service says of itself, over its own API."""

from collections.abc import Mapping
from typing import Any

import requests

from scheduler_plugins.config import Config
from scheduler_plugins.doctor.facts import Claim, Service, ServiceHost
from scheduler_plugins.service.process.port_holder import port_holder

WAIT_S = 10.0


def ask(config: Config, url: str = "") -> Service:
    """Everything it says; `error` where it does not."""
    host, port = config.service.http_host, config.service.http_port
    if not url and port == 0:
        return Service(error="[service] http_port = 0 takes any free port: say with --url which one it took")
    base = (url or f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/")
    with requests.Session() as session:
        session.trust_env = False  # a proxy meant for the web would be asked for our loopback address
        try:
            return _asked(session, base)
        except requests.RequestException as error:
            return Service(error=f"{base} does not answer: {_short(error)}")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            held = f"; the port is held by {holder}" if (holder := port_holder(port)) else ""
            return Service(error=f"{base}: {error or 'no answer of ours'}{held}", foreign=True)


def _asked(session: requests.Session, base: str) -> Service:
    health = _get(session, f"{base}/healthz")
    return Service(
        version=str(health["version"]),
        reasons=tuple(map(str, health["reasons"])),
        hosts={item["id"]: _host(item) for item in _get(session, f"{base}/api/v1/hosts")["items"]},
        claims=tuple(_claim(item) for item in _get(session, f"{base}/api/v1/claims")["items"]),
    )


def _get(session: requests.Session, url: str) -> Mapping[str, Any]:
    """Raises ValueError for an answer that is not of the service."""
    answer = session.get(url, timeout=WAIT_S)
    try:
        document = answer.json()
    except ValueError:
        raise ValueError(f"HTTP status {answer.status_code} and no JSON") from None
    if not answer.ok or not isinstance(document, dict):
        raise ValueError(f"HTTP status {answer.status_code} and no answer of ours")
    return document


def _host(item: Mapping[str, Any]) -> ServiceHost:
    failure, orphans = item["failure"], item["orphans"]
    left = None if orphans is None else tuple(map(_instance, orphans))
    foreign = tuple(map(_instance, item["foreign"]))
    text, code = (failure["text"], failure["code"]) if failure else ("", "")
    devices = None if item["age_s"] is None else bool(item["types"])
    return ServiceHost(item["age_s"], text, left, foreign, code, devices, item["name"])


def _instance(item: Mapping[str, Any]) -> str:
    return f"{item['uuid']} ({item['type']} on {item['parent']}, driver {item['driver'] or 'unknown'})"


def _claim(item: Mapping[str, Any]) -> Claim:
    return Claim(item["vm_name"] or item["vm_id"], ", ".join(item["host_names"]), item["age_s"])


def _short(error: Exception) -> str:
    """The innermost reason: what requests wraps it in says nothing more."""
    while error.__context__ is not None and isinstance(error.__context__, Exception):
        error = error.__context__
    return str(getattr(error, "strerror", None) or error)
