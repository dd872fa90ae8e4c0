"""The web API listens before it can answer, and nothing that it takes keeps the others waiting."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from scheduler_plugins.service.web.application import WebApi
from tests.scheduler_plugins.service import fakes


def hello(_: Request) -> PlainTextResponse:
    """An answer."""
    return PlainTextResponse("hello")


def test_who_comes_early_waits() -> None:
    """Requests made while the application is being loaded, once for all, are answered when it is there."""
    asked, loads = threading.Barrier(2), list[int]()

    def load() -> Starlette:
        loads.append(1)
        asked.wait(10)
        return Starlette(routes=[Route("/", hello)])

    with fakes.http(WebApi(load)) as url, ThreadPoolExecutor(2) as clients:
        early = [clients.submit(requests.get, url, timeout=10) for _ in range(2)]
        asked.wait(10)
        said = [answer.result().text for answer in early]

    assert (["hello", "hello"], [1]) == (said, loads)


def test_the_other_endpoints_do_not_wait_for_its_framework() -> None:
    """The service's program is there without it."""
    loaded = "{'fastapi', 'starlette', 'humanize', 'jinja2'} & set(sys.modules)"
    script = f"import scheduler_plugins.service.life, sys; print({loaded})"

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert "set()\n" == said
