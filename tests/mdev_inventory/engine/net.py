"""What tests in the network of `conftest.py` need: where the engine is, and what it was asked."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import MediatedDevice
from tests.mdev_inventory.engine.samples import DEVICE_ID

BASE = "https://engine.example.com/ovirt-engine"
API = f"{BASE}/api"
TOKEN = f"{BASE}/sso/oauth/token"
LOGOUT = f"{BASE}/services/sso-logout"
PASSWORD = "päss&wörd"
DEVICES = (MediatedDevice(DEVICE_ID, {"mdevType": "nvidia-22", "nodisplay": "false"}),)
"""What the sample of mediated devices holds."""
FOLLOWED = responses.matchers.query_param_matcher({"follow": "mediateddevices"}, strict_match=False)
PLAIN = responses.matchers.query_param_matcher({})


def has(net: responses.RequestsMock, vm: dict[str, Any], /, **devices: Any) -> None:
    """The engine has this VM, and answers so when it is asked for its mediated devices."""
    net.get(f"{API}/vms/{vm['id']}", json=vm)
    if devices:
        net.get(f"{API}/vms/{vm['id']}/mediateddevices", **devices)


def asked(net: responses.RequestsMock) -> list[str]:
    """What was asked of the API, without token and logout."""
    calls = [f"{c.request.method} {c.request.url}" for c in net.calls]
    return [c.replace(API, "") for c in calls if API in c]


def failure(call: Callable[[], object]) -> EngineError:
    """The error of a call that has to fail."""
    with pytest.raises(EngineError) as caught:
        call()
    return caught.value
