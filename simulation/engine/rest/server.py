"""The REST API as a whole: its life, who may ask, what was asked, what goes wrong."""

import ssl
import threading
from collections import Counter

from simulation.engine.rest import xml
from simulation.engine.rest.auth import LOGOUT_PATH, TOKEN_PATH, Tokens
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.faults import INSTEAD, Faults, Kind
from simulation.engine.rest.listener import ADDRESS, Listener
from simulation.engine.rest.messages import (
    COMPLETE,
    JSON,
    NO_SUCH_RESOURCE,
    PREFIX,
    UNAUTHORIZED,
    Answer,
    BadRequestError,
    Handler,
    NotFoundError,
    Request,
    fault,
)
from simulation.engine.rest.rights import Rights
from simulation.engine.rest.routes import Routes
from simulation.engine.world import ActionError
from simulation.timeline import TimelineError
from simulation.timeline.processes import Promise

STATUS = {ActionError: 409, NotFoundError: 404, BadRequestError: 400}
PATIENCE_S = 0.05
"""How often a waiting request looks whether the server is stopping."""


class RestServer:
    """Serves an engine's REST API on 127.0.0.1; counts requests, and fails on demand."""

    def __init__(self, engine: Engine, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        """Over HTTPS with `tls`; nothing listens before `start`."""
        self.tokens = Tokens()
        self.faults = Faults()
        self.rights = Rights()
        self.counts: Counter[str] = Counter()
        """Requests by method and route: `GET vms/{vm_id}`, `POST sso/oauth/token`; all others as `other`."""
        self._engine = engine
        self._routes = Routes(self.rights)
        self._tls = tls
        self._port = port
        self._listener: Listener | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._failure: Exception | None = None

    @property
    def url(self) -> str:
        """Base of the API, without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://{ADDRESS}:{self._port}{PREFIX}"

    def start(self) -> str:
        """Listens, on the same port as before where it did before; returns the URL."""
        self._stopping.clear()
        self._listener = Listener(self._port, self._tls, self._respond)
        self._port = self._listener.server_address[1]
        return self.url

    def stop(self) -> None:
        """Unreachable from now on, until `start`; raises what a route failed with, if one did."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _respond(self, request: Request) -> tuple[Kind | None, Answer | None]:
        misfortune = self.faults.meet(request.method, request.path)
        self._stopping.wait(self.faults.delay_s)
        if misfortune in (None, Kind.HALF, Kind.UNSAID):
            return misfortune, xml.answered(request, self._guarded(request))
        self._count("other")
        shown = INSTEAD.get(misfortune)
        return misfortune, xml.answered(request, shown) if shown else None

    def _guarded(self, request: Request) -> Answer:
        try:
            return self._answer(request)
        except Exception as error:
            # A defect of the simulation: the client sees what it would see, `stop` tells the test.
            self._failure = self._failure or error
            return fault(500, repr(error))

    def _answer(self, request: Request) -> Answer:
        if request.method == "POST" and request.path == TOKEN_PATH:
            self._count("POST sso/oauth/token")
            return self.tokens.grant(request)
        if request.method == "POST" and request.path == LOGOUT_PATH:
            self._count("POST sso-logout")
            return self.tokens.revoke(request)
        return self._api(request)

    def _api(self, request: Request) -> Answer:
        path = request.path.removeprefix(PREFIX)
        route = self._routes.find(request.method, path.strip("/")) if path != request.path else None
        self._count(f"{request.method} {route[0]}" if route else "other")
        if not self.tokens.accepts(request):
            return UNAUTHORIZED
        if route is not None and not self.rights.allow(request.method, route[0]):
            return INSTEAD[Kind.FORBIDDEN]
        if JSON not in request.headers.get("accept", "") and not xml.wanted(request):
            return Answer(406)
        return NO_SUCH_RESOURCE if route is None else self._run(request, route[1], route[2])

    def _run(self, request: Request, handler: Handler, ids: dict[str, str]) -> Answer:
        try:
            understood = xml.understood(request)
            result = self._engine.call(lambda: handler(self._engine, understood, **ids))
        except (ActionError, NotFoundError, BadRequestError) as error:
            return fault(STATUS[type(error)], str(error))
        except TimelineError as error:
            return fault(503, str(error))
        return self._wait(result) if isinstance(result, Promise) else result

    def _wait(self, promise: Promise[None]) -> Answer:
        resolved = threading.Event()
        self._engine.call(lambda: promise.then(lambda _: resolved.set()))
        while not resolved.wait(PATIENCE_S):
            if self._stopping.is_set():
                return fault(503, "the server is stopping")
        return COMPLETE

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
