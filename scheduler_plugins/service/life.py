"""The service's life: what is started, in which order, and what a stop undoes.

READY is said when the doors listen and the store is loaded, before the engine is asked for anything: the
engine discovers units while it starts, and gives its scheduler 100 ms to be there. Doors 1 and 2 answer then;
door 3 does when what it takes is loaded (door3.py).
"""

import asyncio
import errno
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mdev_inventory import __version__
from mdev_inventory.engine.api import EngineSettingError
from mdev_inventory.event_watch import Happened, VmChange
from mdev_inventory.inventories import Inventories
from mdev_inventory.store_file import FILE_NAME, StoreError
from mdev_inventory.store_rescue import open_store
from mdev_inventory.vdsm.rpc import CredentialsError
from scheduler_plugins.config import Config, ConfigError, Service, secrets
from scheduler_plugins.learning import Learning
from scheduler_plugins.scheduler import Scheduler
from scheduler_plugins.service import parts, systemd
from scheduler_plugins.service.capacity import Capacities
from scheduler_plugins.service.collecting import CollectorThread
from scheduler_plugins.service.door1 import Door1, DoorError
from scheduler_plugins.service.door2 import Door2
from scheduler_plugins.service.door3 import Door3
from scheduler_plugins.service.garbage import collect_seldom
from scheduler_plugins.service.health import Health
from scheduler_plugins.service.port_holder import port_holder
from scheduler_plugins.service.portal import Portal

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger("service")

DECISIONS_AT_ONCE = 16
"""Threads for decisions: the engine asks once per cluster at a time, the proxy once per unit of a call."""
SWITCH_SECONDS = 0.001
"""So long a thread keeps the interpreter while another waits for it: the collector reads inventories beside
decisions, and a decision gives it up a dozen times."""
XMLRPC_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the service can be asked; ports as they really are."""

    api: str
    xmlrpc: str | None
    """None where another process holds the port."""
    socket: Path

    def __str__(self) -> str:
        """One line, for people and programs."""
        return f"api={self.api} xmlrpc={self.xmlrpc or '-'} socket={self.socket}"


class CollectorDiedError(Exception):
    """The collector ended by itself: inventories would age without anybody noticing."""


class PortTakenError(DoorError):
    """Another process listens there."""


UNUSABLE = (ConfigError, EngineSettingError, CredentialsError)
"""What is wrong with the configuration, in a text that says what to do."""
TROUBLES = (StoreError, DoorError, CollectorDiedError)
"""What else keeps the service from running, likewise."""


async def live(
    config: Config,
    stop: asyncio.Event,
    ready: Callable[[Doors], object],
    clock: Callable[[], float] = time.time,
) -> None:
    """Runs the service until `stop` is set; `ready` is called when its doors listen.

    Raises any of UNUSABLE and TROUBLES.
    """
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()
    async with AsyncExitStack() as stack:
        engine = parts.engine_api(config)
        stack.push_async_callback(asyncio.to_thread, engine.close)
        vdsm = parts.vdsm_client(config)
        # Last: who only tries a configuration leaves no state behind, least of all root.
        secrets.check_state_owner(config)
        store, unusable = open_store(config.service.state_dir / FILE_NAME, clock)
        stack.callback(store.close)
        inventories = Inventories(store)
        collector = parts.collector(config, engine, vdsm, inventories, clock)
        died = CollectorDiedError("the collector ended by itself; the log says why")
        collecting = CollectorThread(collector, lambda: loop.call_soon_threadsafe(_fail, failed, died))
        stack.push_async_callback(asyncio.to_thread, collecting.stop)
        learning = Learning(store, lambda: inventories.vms, clock)
        scheduler = Scheduler(
            engine,
            inventories,
            clock,
            settings=config.decisions,
            store=store,
            refresh=collecting.refresh,
            lives=lambda: learning.lives,
        )
        capacities = Capacities(inventories, clock)
        collector.vm_listeners.append(partial(_stopped, scheduler))
        collector.vm_listeners.append(learning.happened)
        collector.list_listeners += [scheduler.vms_listed, learning.vms_listed]
        collector.also_written += [("claims", scheduler.save), ("lifetimes", learning.save)]
        portal = _portal(config, stack, Portal(engine, clock), scheduler)
        reports = parts.reports(config, engine, inventories, clock)
        health = Health(
            inventories,
            lambda: {**collector.troubles, **portal.troubles, **reports.troubles},
            lambda: scheduler.trouble,
        )
        if unusable:
            health.notices.append(unusable)
            reports.add(unusable)
        load = partial(_api, scheduler, capacities, health)
        page = Door3(load, config.service.http_host, config.service.http_port)
        doors = await _open(config.service, stack, scheduler, page, health)
        ready(doors)
        systemd.notify("READY=1")
        log.info("Ready version=%s %s", __version__, doors)
        collecting.start()
        stack.callback(asyncio.create_task(reports.run()).cancel)
        answering = asyncio.create_task(page.answer())
        answering.add_done_callback(partial(_ended, failed))
        stack.callback(answering.cancel)
        await _wait(stop, failed)
        systemd.notify("STOPPING=1")
        log.info("Stopping")


def _fail(failed: asyncio.Future[None], error: BaseException | None) -> None:
    """The service cannot go on; what went wrong first counts."""
    if error and not failed.done():
        failed.set_exception(error)


def _ended(failed: asyncio.Future[None], task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        _fail(failed, task.exception())


def _stopped(scheduler: Scheduler, happened: Happened) -> None:
    """A VM that went down, or did not get up, takes nothing any more."""
    if happened.change in (VmChange.DOWN, VmChange.FAILED):
        scheduler.vm_stopped(happened.vm_id, happened.after)


def _portal(config: Config, stack: AsyncExitStack, portal: Portal, scheduler: Scheduler) -> Portal:
    """Runs until the stack ends, where the configuration wants it to."""
    if config.engine.engine_events:
        portal.start()
        stack.push_async_callback(asyncio.to_thread, portal.stop)
        scheduler.refused = portal.refused
    return portal


def _api(scheduler: Scheduler, capacities: Capacities, health: Health) -> "FastAPI":
    from scheduler_plugins.service.api import api

    return api(scheduler, capacities, health.reasons)


async def _open(
    settings: Service, stack: AsyncExitStack, scheduler: Scheduler, page: Door3, health: Health
) -> Doors:
    """Opens the doors; the stack closes them, before what they lean on."""
    pool = ThreadPoolExecutor(DECISIONS_AT_ONCE, thread_name_prefix="decision")
    stack.push_async_callback(asyncio.to_thread, pool.shutdown)
    await _started(page, stack, "http_port")
    xmlrpc = Door2(scheduler, pool, XMLRPC_HOST, settings.xmlrpc_port)
    try:
        await _started(xmlrpc, stack, "xmlrpc_port")
    except PortTakenError as error:
        # The proxy may well be there on purpose, and asks us through door 1.
        health.closed_doors.append(f"door 2 is closed: {error}")
        log.warning("Door 2 stays closed error=%s", error)
    proxy = Door1(settings.socket, scheduler, pool, settings.socket_group)
    await proxy.start()
    stack.push_async_callback(proxy.stop)
    return Doors(page.url, None if health.closed_doors else xmlrpc.url, settings.socket)


async def _started(door: Door2 | Door3, stack: AsyncExitStack, key: str) -> None:
    try:
        await door.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = (
                await asyncio.to_thread(port_holder, door.port) or "a process that /proc does not show us"
            )
            raise PortTakenError(f"{door.url} is held by {holder}; stop it or set [service] {key}") from error
        raise DoorError(f"cannot listen at {door.url}: {error.strerror}; set [service] {key}") from error
    stack.push_async_callback(door.stop)


async def _wait(stop: asyncio.Event, failed: asyncio.Future[None]) -> None:
    """Until told to stop, or raises what failed; systemd sees meanwhile that this loop turns."""
    stopped = asyncio.create_task(stop.wait())
    interval = systemd.watchdog_s()
    try:
        while not stopped.done() and not failed.done():
            if interval is not None:
                systemd.notify("WATCHDOG=1")
            await asyncio.wait((stopped, failed), timeout=interval, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    if failed.done():
        failed.result()


async def until_signal(config: Config, ready: Callable[[Doors], object]) -> None:
    """Runs the service until SIGTERM or SIGINT; raises as `live` does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await live(config, stop, ready)


def serve(config: Config, ready: Callable[[Doors], object]) -> int:
    """Runs the service until SIGTERM or SIGINT; gives the process's exit status, whose reason is logged.

    0 stopped as told, 2 the configuration cannot be used, 3 the service cannot run, or had to end.
    """
    logging.basicConfig(level=config.log.level.upper(), format=_log_format(os.environ))
    sys.setswitchinterval(SWITCH_SECONDS)

    def doors_open(doors: Doors) -> None:
        ready(doors)
        collect_seldom()

    try:
        asyncio.run(until_signal(config, doors_open))
    except UNUSABLE as error:
        log.error("Wrong configuration: %s", error)  # noqa: TRY400 (the text says it all)
        return 2
    except TROUBLES as error:
        log.error("Cannot run: %s", error)  # noqa: TRY400 (the text says it all)
        return 3
    except Exception:
        log.exception("Fault")
        return 3
    return 0


def _log_format(environ: Mapping[str, str]) -> str:
    """The journal has its own clock."""
    text = "%(levelname)s (%(threadName)s) [%(name)s] %(message)s"
    return text if "JOURNAL_STREAM" in environ else f"%(asctime)s {text}"
