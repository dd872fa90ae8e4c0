"""The service's life: what is started, in which order, and what a stop undoes.

READY is said when the endpoints listen and the store is loaded, before the engine is asked for anything: the
engine discovers units while it starts, and gives its scheduler 100 ms to be there. The proxy socket and the
engine endpoint answer then; the web API does when what it takes is loaded (web/application.py).
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from mdev_inventory import __version__
from mdev_inventory.collector.collector import Collector
from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.engine.api import EngineSettingError
from mdev_inventory.store.clock import clock_of
from mdev_inventory.store.file import FILE_NAME, StoreError
from mdev_inventory.store.folder_lock import hold
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.rescue import open_store
from mdev_inventory.store.store import Store
from mdev_inventory.vdsm.rpc import CredentialsError
from scheduler_plugins.config import Config, ConfigError, secrets
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.demand.learning import Learning
from scheduler_plugins.service import parts
from scheduler_plugins.service.answering import Answering
from scheduler_plugins.service.collecting import CollectorThread
from scheduler_plugins.service.events.portal import Portal
from scheduler_plugins.service.health import Health
from scheduler_plugins.service.opening import Endpoints, opened
from scheduler_plugins.service.process import log as log_lines
from scheduler_plugins.service.process import systemd
from scheduler_plugins.service.process.garbage import collect_seldom
from scheduler_plugins.service.process.listening import EndpointError
from scheduler_plugins.service.web.capacity import Capacities

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger("service")

SWITCH_SECONDS = 0.001
"""So long a thread keeps the interpreter while another waits for it: the collector reads inventories beside
decisions, and a decision gives it up a dozen times."""


class CollectorDiedError(Exception):
    """The collector ended by itself: inventories would age without anybody noticing."""


UNUSABLE = (ConfigError, EngineSettingError, CredentialsError)
"""What is wrong with the configuration, in a text that says what to do."""
TROUBLES = (StoreError, EndpointError, CollectorDiedError)
"""What else keeps the service from running, likewise."""


async def live(
    config: Config, stop: asyncio.Event, ready: Callable[[Endpoints], object], wall: Callable[[], float] = time.time
) -> None:
    """Runs the service until `stop` is set; `ready` is called once it listens. Raises what TROUBLES name.

    `wall` is the machine's clock, which may be set at any moment.
    """
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        engine = parts.engine_api(config)
        stack.push_async_callback(asyncio.to_thread, engine.close)
        vdsm = parts.vdsm_client(config)
        # Last: who only tries a configuration leaves no state behind, least of all root.
        store, unusable = _store(config, stack, wall)
        clock = clock_of(store, wall)
        inventories = Inventories(store)
        collector = parts.collector(config, engine, vdsm, inventories, clock)
        collecting = _collecting(collector, stack, failed)
        learning = Learning(store, lambda: inventories.vms, clock, clock.of_wall)
        scheduler = Scheduler(
            engine,
            inventories,
            clock,
            settings=config.decisions,
            store=store,
            refresh=collecting.refresh,
            lives=lambda: learning.lives,
        )
        _connect(collector, scheduler, learning)
        portal = _portal(config, stack, Portal(engine, clock), scheduler)
        reports = parts.reports(config, engine, inventories, clock)
        answering = Answering()
        health = Health(
            inventories,
            lambda: {**collector.troubles, **portal.troubles.now, **reports.troubles.now},
            lambda: scheduler.trouble,
            answering.stuck,
        )
        if unusable:
            health.notices.append(unusable)
            reports.add(unusable)
        load_api = partial(_api, scheduler, Capacities(inventories, clock, clock.to_wall), health)
        endpoints = await opened(config, stack, scheduler, answering, portal.undecided, load_api, health)
        ready(endpoints)
        systemd.notify("READY=1")
        log.info("Ready version=%s %s", __version__, endpoints)
        collecting.start()
        stack.callback(asyncio.create_task(reports.run()).cancel)
        await until_stopped(stop, failed, answering)


def _store(config: Config, stack: AsyncExitStack, wall: Callable[[], float]) -> tuple[Store, str]:
    """The state, which is this process's alone until the stack ends; and why an older file was set aside."""
    secrets.check_state_owner(config)
    if (held := hold(config.service.state_dir)) is not None:
        stack.callback(os.close, held)
    store, unusable = open_store(config.service.state_dir / FILE_NAME, wall)
    stack.callback(store.close)
    return store, unusable


def _collecting(collector: Collector, stack: AsyncExitStack, failed: asyncio.Future[None]) -> CollectorThread:
    """The thread that collects once it is started; the stack stops it. `failed` is set should it die."""
    loop = asyncio.get_running_loop()

    def died() -> None:
        if not failed.done():
            failed.set_exception(CollectorDiedError("the collector ended by itself; the log says why"))

    thread = CollectorThread(collector, lambda: loop.call_soon_threadsafe(died))
    stack.push_async_callback(asyncio.to_thread, thread.stop)
    return thread


def _connect(collector: Collector, scheduler: Scheduler, learning: Learning) -> None:
    """What the collector learns of VMs is passed on, and what others have to keep is written with it."""
    collector.vm_listeners.append(partial(_stopped, scheduler))
    collector.vm_listeners.append(learning.happened)
    collector.list_listeners += [scheduler.vms_listed, learning.vms_listed]
    collector.also_written += [("claims", scheduler.save), ("lifetimes", learning.save)]


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
    from scheduler_plugins.service.web.api import api

    return api(scheduler, capacities, health.reasons)


async def until_stopped(stop: asyncio.Event, failed: asyncio.Future[None], answering: Answering) -> None:
    """Returns when told to stop, or raises what failed.

    systemd sees meanwhile that this loop turns and that decisions end; where one of both is not so, it starts us
    again.
    """
    stopped = asyncio.create_task(stop.wait())
    interval = systemd.watchdog_s()
    try:
        while not stopped.done() and not failed.done():
            if interval is not None:
                _ping(answering)
            await asyncio.wait((stopped, failed), timeout=interval, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    if failed.done():
        failed.result()
    systemd.notify("STOPPING=1")
    log.info("Stopping")


def _ping(answering: Answering) -> None:
    if stuck := answering.stuck():
        log.critical("The watchdog is not fed: %s", stuck)
    else:
        systemd.notify("WATCHDOG=1")


async def until_signal(
    config: Config, ready: Callable[[Endpoints], object], wall: Callable[[], float] = time.time
) -> None:
    """Runs the service until SIGTERM or SIGINT; raises as `live` does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await live(config, stop, ready, wall)


def serve(config: Config, ready: Callable[[Endpoints], object], wall: Callable[[], float] = time.time) -> int:
    """Runs the service until SIGTERM or SIGINT; gives the process's exit status, whose reason is logged.

    0 stopped as told, 2 the configuration cannot be used, 3 the service cannot run, or had to end.
    """
    log_lines.begin(config.log.level)
    sys.setswitchinterval(SWITCH_SECONDS)

    def endpoints_open(endpoints: Endpoints) -> None:
        ready(endpoints)
        collect_seldom()

    try:
        uvloop.run(until_signal(config, endpoints_open, wall))
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
