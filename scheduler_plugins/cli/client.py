"""Asks the service's API on behalf of a command."""

from typing import Any

import requests

from scheduler_plugins.cli.common import fail

TIMEOUT_S = 30.0


def get(url: str, path: str, **params: str) -> Any:
    """The answer's JSON; ends the command with status 3 where there is none."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy meant for the web would be asked for our loopback address
        try:
            answer = session.get(url.rstrip("/") + path, params=params, timeout=TIMEOUT_S)
        except requests.ConnectionError as error:
            remedy = "is it running (systemctl status mdev-scheduler)? --url names another place"
            raise fail(f"the service at {url} cannot be reached; {remedy}") from error
        except requests.RequestException as error:
            raise fail(f"the service at {url} cannot be asked: {error}") from error
    return _json(url, answer)


def _json(url: str, answer: requests.Response) -> Any:
    try:
        found = answer.json()
        if answer.ok:
            return found
        text = found["error"]["text"]
    except (ValueError, KeyError, TypeError) as error:
        reason = f"HTTP status {answer.status_code} and no answer of ours; is this mdev-scheduler's port?"
        raise fail(f"{url} gave {reason}") from error
    raise fail(text)
