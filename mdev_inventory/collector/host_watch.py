"""One host: its own schedule, and one request to it at a time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mdev_inventory.collector.schedule import next_due
from mdev_inventory.collector.troubles import code_of
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store.inventories import Inventories

# Nobody is there to answer while the engine shows one of these. All other statuses are asked: a host in
# maintenance answers, and one that the engine cannot reach may be reachable from here (backed off if not).
SILENT_STATUSES = frozenset(
    {"down", "reboot", "kdumping", "installing", "installing_os", "install_failed", "pending_approval"}
)
# The source keeps to the host's deadline itself and can say more about what hung; this much later
# (seconds) it is cut off all the same.
GRACE = 0.5

Observe = Callable[[Host, float], Awaitable[Observation]]
"""Asks a host within so many seconds. Its errors carry a `code` and say what to do."""

log = logging.getLogger("collector")


@dataclass(frozen=True, slots=True)
class ConnectionShares:
    """The connections that may be open at once, in three parts that cannot starve each other.

    Half for hosts that answer, a quarter for those that may well hang, a quarter for who must know now.
    """

    routine: asyncio.Semaphore
    suspect: asyncio.Semaphore
    urgent: asyncio.Semaphore

    @classmethod
    def of(cls, connections: int) -> "ConnectionShares":
        """Divide so many connections, at least four."""
        part = connections // 4
        sizes = (connections - 2 * part, part, part)
        return cls(*(asyncio.Semaphore(size) for size in sizes))


@dataclass(frozen=True, slots=True)
class Shared:
    """What all watches have in common."""

    observe: Observe
    inventories: Inventories
    connections: ConnectionShares
    interval: float
    timeout: float
    clock: Callable[[], float]
    """The service's clock; waiting goes by the event loop's, which nobody sets back."""


@dataclass(slots=True, eq=False)
class Request:
    """One request to the host, waiting for its connection (`sent_at` None), under way or over."""

    urgent: bool
    sent_at: float | None = None
    answered: bool = False
    task: asyncio.Task[None] = field(init=False)

    @property
    def open(self) -> bool:
        """Whether it still goes on."""
        return not self.task.done()

    async def end(self) -> None:
        """Wait until it is over, however it ends."""
        await asyncio.wait([self.task])


class HostWatch:
    """Asks one host when it is due, and at once where somebody wants it."""

    def __init__(self, host: Host, shared: Shared) -> None:
        """Begin at once; must be called with the event loop running."""
        self.host = host
        self._shared = shared
        self._failures = 1 if shared.inventories.failures.get(host.id) else 0
        self._wanted = asyncio.Event()
        self._request: Request | None = None
        self._stopped = False
        self._task = asyncio.create_task(self._keep_asking(), name=f"watch {host.name}")

    def update(self, host: Host) -> None:
        """The host as the engine shows it now; one that came up or moved is asked at once."""
        before, self.host = self.host, host
        came_up = host.status == "up" != before.status
        if came_up or (host.address, host.port) != (before.address, before.port):
            self._failures = 0
            self._wanted.set()

    def ask_soon(self) -> None:
        """Something changed there: ask once more, after a request under way, whose answer may be older."""
        waiting = self._request and self._request.open and self._request.sent_at is None
        if not waiting:
            self._wanted.set()

    async def ask_now(self) -> bool:
        """Ask now; True when the host answered a request that left after this call."""
        return await self._ask_anew(urgent=True)

    async def stop(self) -> None:
        """Ask no more; a request under way is given up."""
        self._stopped = True
        tasks = [self._task] + ([self._request.task] if self._request else [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_asking(self) -> None:
        loop = asyncio.get_running_loop()
        due = self._first_due(loop.time())
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wanted.wait()
            wanted = self._wanted.is_set()
            self._wanted.clear()
            if self.host.status not in SILENT_STATUSES:
                await (self._ask_anew(urgent=False) if wanted else self._open_request(urgent=False).end())
            due = next_due(self.host.id, loop.time(), self._failures, self._shared.interval)

    def _first_due(self, now: float) -> float:
        """At once where nothing young is known, for example after a long stop; else in turn."""
        known = self._shared.inventories.observations.get(self.host.id)
        if known is None or known.age(self._shared.clock()) > self._shared.interval:
            return now
        return next_due(self.host.id, now, 0, self._shared.interval)

    async def _ask_anew(self, *, urgent: bool) -> bool:
        """Ask, after a request under way if there is one; whether the host answered."""
        since = asyncio.get_running_loop().time()
        while True:
            request = self._open_request(urgent=urgent)
            await request.end()
            if self._stopped or (request.sent_at is not None and request.sent_at >= since):
                return request.answered

    def _open_request(self, *, urgent: bool) -> Request:
        """The request under way, or a new one. An urgent one does not queue behind hosts that hang."""
        current = self._request
        if current and current.open:
            if current.urgent >= urgent or current.sent_at is not None:
                return current
            current.task.cancel()
        self._request = request = Request(urgent)
        share = self._shared.connections.urgent if urgent else self._connection_share()
        request.task = asyncio.create_task(self._ask(request, share), name=f"ask {self.host.name}")
        return request

    def _connection_share(self) -> asyncio.Semaphore:
        suspect = self._failures or self.host.status != "up"
        return self._shared.connections.suspect if suspect else self._shared.connections.routine

    async def _ask(self, request: Request, share: asyncio.Semaphore) -> None:
        async with share:
            request.sent_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._shared.timeout + GRACE):
                    seen = await self._shared.observe(self.host, self._shared.timeout)
            except TimeoutError:
                self._failed("timeout", self._late())
            except Exception as error:  # whatever it is, it is this host's trouble alone
                self._failed(code_of(error) or "unexpected", str(error), None if code_of(error) else error)
            else:
                request.answered = self._observed(seen)

    def _observed(self, seen: Observation) -> bool:
        """Take it over; False where the engine told it because the host did not answer."""
        self._shared.inventories.put(seen)
        if seen.failure and seen.source is Source.ENGINE:
            self._count_failure(seen.failure)
            return False
        if self._failures:
            log.info("BACK host=%s failures=%d", self.host.name, self._failures)
        self._failures = 0
        return True

    def _failed(self, code: str, text: str, surprise: Exception | None = None) -> None:
        failure = HostFailure(self.host.id, code, text, self._shared.clock())
        self._shared.inventories.fail(failure)
        self._count_failure(failure, surprise)

    def _count_failure(self, failure: HostFailure, surprise: Exception | None = None) -> None:
        self._failures += 1
        level = logging.WARNING if self._failures == 1 or surprise else logging.DEBUG
        log.log(level, "FAILED host=%s code=%s: %s", self.host.name, failure.code, failure.text, exc_info=surprise)

    def _late(self) -> str:
        host = self.host
        return (
            f"host {host.name} ({host.address}:{host.port}) gave no answer within "
            f"{self._shared.timeout:.4g} s: is it up, and may this machine reach that port?"
        )
