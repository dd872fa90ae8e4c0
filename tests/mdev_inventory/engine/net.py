"""A network in which only an engine lives, as far as a test has told it what to answer; no sockets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import responses

from mdev_inventory.engine.api import EngineError
from mdev_inventory.engine.line import Deadline
from mdev_inventory.engine.model import MediatedDevice
from mdev_inventory.engine.wire import Answer, Request, Wire
from tests.mdev_inventory.engine.samples import DEVICE_ID, sample

BASE = "https://engine.example.com/ovirt-engine"
API = f"{BASE}/api"
TOKEN = f"{BASE}/sso/oauth/token"
LOGOUT = f"{BASE}/services/sso-logout"
PASSWORD = "päss&wörd"
DEVICES = (MediatedDevice(DEVICE_ID, {"mdevType": "nvidia-22", "nodisplay": "false"}),)
"""What the sample of mediated devices holds."""


@contextmanager
def network() -> Iterator[responses.RequestsMock]:
    """Nothing but what a test registers, and a token for whoever asks."""
    with (
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(Wire, "exchange", _exchange)
        mock.post(TOKEN, json=sample("token"))
        mock.post(LOGOUT, json={})
        yield mock


def _exchange(_wire: Wire, request: Request, deadline: Deadline) -> Answer:
    """The exchange over that network, in place of a socket's."""
    try:
        told = requests.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            params=dict(request.params),
            data=request.form,
            json=request.document,
            timeout=deadline.left(),
            allow_redirects=False,
        )
    except requests.ConnectionError as error:
        raise ConnectionError(str(error)) from error
    return Answer(
        told.status_code,
        told.headers.get("Content-Type", ""),
        told.headers.get("Location", ""),
        told.content,
    )


def asked(net: responses.RequestsMock) -> list[str]:
    """What was asked of the API, without token and logout."""
    calls = [f"{c.request.method} {c.request.url}" for c in net.calls]
    return [c.replace(API, "") for c in calls if API in c]


def failure(call: Callable[[], object]) -> EngineError:
    """The error of a call that has to fail."""
    with pytest.raises(EngineError) as caught:
        call()
    return caught.value
