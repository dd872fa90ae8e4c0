"""The web API listens before it can answer, and nothing that it takes keeps the others waiting."""

import asyncio
import subprocess
import sys
import threading

import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from scheduler_plugins.service.web.server import WebApi
from tests.scheduler_plugins.service.fakes import running


def hello(_: Request) -> PlainTextResponse:
    """An answer."""
    return PlainTextResponse("hello")


def test_who_comes_early_waits() -> None:
    """A request made while the application is being loaded is answered when it is there."""
    asked = threading.Event()

    def load() -> Starlette:
        assert asked.wait(10)
        return Starlette(routes=[Route("/", hello)])

    endpoint = WebApi(load, "127.0.0.1", 0)

    def ask() -> str:
        with requests.Session() as session:
            session.mount("http://", Telling(asked))
            return session.get(endpoint.url, timeout=10).text

    async def early() -> str:
        await endpoint.start()
        said = asyncio.create_task(asyncio.to_thread(ask))
        await endpoint.answer()
        try:
            return await said
        finally:
            await endpoint.stop()

    assert "hello" == asyncio.run(early())


class Telling(requests.adapters.HTTPAdapter):
    """Tells when a request is about to be sent."""

    def __init__(self, asked: threading.Event) -> None:
        super().__init__()
        self._asked = asked

    def send(self, *args: object, **more: object) -> requests.Response:
        """As ever."""
        self._asked.set()
        return super().send(*args, **more)  # type: ignore[arg-type]


def test_a_endpoint_that_was_never_loaded_can_be_closed() -> None:
    """The port is free again."""
    endpoint = WebApi(lambda: Starlette(), "127.0.0.1", 0)
    with running(endpoint.start, endpoint.stop):
        port = endpoint.port
    again = WebApi(lambda: Starlette(), "127.0.0.1", port)
    with running(again.start, again.stop):
        assert port == again.port


def test_the_other_endpoints_do_not_wait_for_its_framework() -> None:
    """The service's program is there without it."""
    loaded = "{'fastapi', 'uvicorn', 'jinja2'} & set(sys.modules)"
    script = f"import scheduler_plugins.service.life, sys; print({loaded})"

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert "set()\n" == said
