"""The routes, and what an error looks like.

Every error is `{"error": {"code", "text"}}`. OpenAPI's description is at /openapi.json; its viewers are
off, because they load scripts from elsewhere.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from mdev_inventory import __version__
from mdev_inventory.visible import visible_json
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.web import answers, page
from scheduler_plugins.service.web.capacity import Capacities
from scheduler_plugins.service.web.host_answers import HostAnswer, HostDetailAnswer, Hosts, Types, TypeTotalAnswer

log = logging.getLogger("api")

STATUSES = {
    "malformed-id": 400,
    "unknown-host": 404,
    "unknown-vm": 404,
    "ambiguous-name": 409,
    "bad-request": 422,
    "busy": 503,
    "engine-unreachable": 503,
}
"""HTTP status per code of SchedulerError; 500 for any other."""


EXPLAINED_AT_ONCE = 2
"""Each may have the engine list all its VMs, which takes memory, and time that decisions then lack."""
TURN_SECONDS = 10.0
"""So long a question waits for those before it."""


class BusyError(SchedulerError):
    """Too many ask at once."""

    code = "busy"


class VisibleJson(JSONResponse):
    """JSON in ASCII: no character of somebody's name steers the terminal that shows it."""

    def render(self, content: object) -> bytes:
        """The document's bytes."""
        return visible_json(content).encode("ascii")


class UnknownHostError(SchedulerError):
    """The engine has no such host."""

    code = "unknown-host"


def api(scheduler: Scheduler, capacities: Capacities, health: Callable[[], Sequence[str]]) -> FastAPI:
    """The application; `health` gives what does not work, a sentence each."""
    app = FastAPI(
        title="mdev-scheduler",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=VisibleJson,
        responses={"default": {"model": answers.ErrorAnswer}},
    )
    _add_errors(app)
    _add_lists(app, scheduler, capacities)
    _add_questions(app, scheduler, capacities, health)
    return app


def _add_lists(app: FastAPI, scheduler: Scheduler, capacities: Capacities) -> None:
    @app.get("/api/v1/hosts")
    def hosts() -> Hosts:
        """All hosts by name, with what they have free and used of each type."""
        now = capacities.clock()
        return Hosts(items=[HostAnswer.of(state, now) for state in capacities.hosts()])

    @app.get("/api/v1/hosts/{host_id}")
    def host(host_id: str) -> HostDetailAnswer:
        """One host with all of its parent devices."""
        state = capacities.host(host_id)
        if state is None:
            raise UnknownHostError(f"no host {host_id[:80]!r}; /api/v1/hosts lists the ids")
        return HostDetailAnswer.of(state, capacities.clock())

    @app.get("/api/v1/types")
    def types() -> Types:
        """All mdev types by name, with what is free and used of each."""
        return Types(items=[TypeTotalAnswer.model_validate(state) for state in capacities.types()])

    @app.get("/api/v1/claims")
    def claims() -> answers.Claims:
        """The starts in flight, the oldest first."""
        in_flight, names, now = scheduler.claims, capacities.names(), capacities.clock()
        found = [answers.ClaimAnswer.of(claim, names, now) for claim in in_flight.by_vm.values()]
        found += [answers.ClaimAnswer.of(claim, names, now) for claim in in_flight.pending.values()]
        return answers.Claims(items=sorted(found, key=lambda claim: -claim.age_s))


def _add_questions(
    app: FastAPI, scheduler: Scheduler, capacities: Capacities, health: Callable[[], Sequence[str]]
) -> None:
    turns = asyncio.Semaphore(EXPLAINED_AT_ONCE)

    @app.get("/api/v1/explain")
    async def explain(
        vm: Annotated[str, Query(description="the VM's id or name", min_length=1, max_length=255)],
    ) -> answers.DecisionAnswer:
        """Would this VM start now, where, and why not elsewhere. Leaves no trace."""
        async with _turn(turns):
            return await run_in_threadpool(lambda: answers.DecisionAnswer.of(scheduler.explain(vm)))

    @app.get("/healthz")
    def healthz() -> answers.HealthAnswer:
        """`ok`, or `degraded` with the reasons; always 200, because the service does answer."""
        reasons = list(health())
        return answers.HealthAnswer(status="degraded" if reasons else "ok", reasons=reasons, version=__version__)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def index() -> HTMLResponse:
        """The page for people."""
        return HTMLResponse(page.render(capacities, scheduler.decisions, health()), headers=page.HEADERS)


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of a few at a time; raises BusyError for who waited too long."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await turns.acquire()
    except TimeoutError:
        raise BusyError(f"{EXPLAINED_AT_ONCE} others are being answered; ask again in a moment") from None
    try:
        yield
    finally:
        turns.release()


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(SchedulerError)
    def undecided(_: Request, error: SchedulerError) -> VisibleJson:
        return _error(STATUSES.get(error.code, 500), error.code, str(error))

    @app.exception_handler(RequestValidationError)
    def bad_parameter(_: Request, error: RequestValidationError) -> VisibleJson:
        texts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        return _error(422, "bad-parameter", "; ".join(texts))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> VisibleJson:
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http")
        text = f"{request.method} {request.url.path[:200]}: {error.detail}"
        return _error(error.status_code, code, text, error.headers)

    @app.exception_handler(Exception)
    def fault(_: Request, __: Exception) -> VisibleJson:
        """The text stays in the log: it may hold what is nobody's business."""
        return _error(500, "fault", "a fault of the service; its log has the details")


def _error(status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> VisibleJson:
    body = answers.ErrorAnswer(error=answers.ErrorBody(code=code, text=text))
    return VisibleJson(body.model_dump(), status_code=status, headers=headers)
