"""The JSON-RPC side of a simulated VDSM: its methods, and the real hook file run as VDSM runs it."""

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

log = logging.getLogger("vdsm")

# VDSM appends the directory of its `hooking` module to what the environment has, an empty entry included.
_HOOKING = "/usr/lib/python3.6/site-packages/vdsm/hook"


class VdsmHost(Protocol):
    """The host that a VDSM manages."""

    def capabilities(self) -> dict[str, Any]:
        """What Host.getCapabilities answers, before hooks."""

    def hostdev_list(self) -> dict[str, Any]:
        """What Host.hostdevListByCaps answers: `{name: {"params": {...}}}`."""

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """What Host.getAllVmStats answers; each has at least vmId and status."""

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        """What Host.dumpxmls answers; KeyError where one of the VMs is not there."""


class RpcError(Exception):
    """An error that VDSM answers with."""

    def __init__(self, code: int, message: str) -> None:
        """JSON-RPC's code and message."""
        super().__init__(message)
        self.code = code


class Methods:
    """Answers requests for one host."""

    def __init__(self, host: VdsmHost, hook: Path | None, tree: Path | None) -> None:
        """`hook` is an after_get_caps hook, run with `--root TREE` where there is a tree."""
        self._host = host
        self._hook = hook
        self._tree = tree
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "Host.getCapabilities": self._capabilities,
            "Host.hostdevListByCaps": self._hostdev_list,
            "Host.getAllVmStats": self._all_vm_stats,
            "Host.getVMList": self._vm_list,
            "Host.dumpxmls": self._dumpxmls,
            "Host.ping2": self._ping,
        }

    async def answer(self, body: bytes) -> dict[str, Any] | None:
        """The answer to a request; None where VDSM cannot send one (no JSON, a batch of several)."""
        try:
            request = json.loads(body)
        except ValueError:
            return None
        if isinstance(request, list) and len(request) == 1:
            request = request[0]
        if not isinstance(request, dict):
            return None
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
        try:
            return {**answer, "result": await self._call(request)}
        except RpcError as error:
            return {**answer, "error": {"code": error.code, "message": str(error)}}

    async def _call(self, request: dict[str, Any]) -> Any:
        name = request.get("method")
        if not isinstance(name, str):
            raise RpcError(-32600, "Invalid request")
        if name not in self._methods:
            message = "The method does not exist or is not available: " + repr({"method": name})
            raise RpcError(-32601, message)
        params = request.get("params", {})
        try:
            return await self._methods[name](params if isinstance(params, dict) else {})
        except Exception as error:
            log.exception("FAILED %s", name)
            reason = repr({"reason": str(error)})
            raise RpcError(-32603, f"Internal JSON-RPC error: {reason}") from error

    async def _capabilities(self, _params: dict[str, Any]) -> dict[str, Any]:
        capabilities = self._host.capabilities()
        if self._hook is not None and os.access(self._hook, os.X_OK):
            capabilities = await run_hook(self._hook, self._tree, capabilities)
        return {**capabilities, "lastClientIface": "ovirtmgmt"}

    async def _hostdev_list(self, params: dict[str, Any]) -> dict[str, Any]:
        devices, wanted = self._host.hostdev_list(), params.get("caps")
        return {
            name: device
            for name, device in devices.items()
            if not wanted or device["params"].get("capability") in wanted
        }

    async def _all_vm_stats(self, _params: dict[str, Any]) -> list[dict[str, Any]]:
        return self._host.all_vm_stats()

    async def _vm_list(self, params: dict[str, Any]) -> list[Any]:
        vms = self._host.all_vm_stats()
        if params.get("onlyUUID", True):
            return [vm["vmId"] for vm in vms]
        return [{"vmId": vm["vmId"], "status": vm["status"]} for vm in vms]

    async def _dumpxmls(self, params: dict[str, Any]) -> dict[str, str]:
        return self._host.domain_xmls(params["vmList"])

    async def _ping(self, _params: dict[str, Any]) -> bool:
        return True


async def run_hook(hook: Path, tree: Path | None, capabilities: dict[str, Any]) -> Any:
    """The capabilities as an after_get_caps hook leaves them, by VDSM's rules.

    There is no time limit; the exit code does not matter; what the file holds afterwards is used, and raises
    ValueError where it is no JSON.
    """
    descriptor, name = tempfile.mkstemp(prefix="hook_json_")
    file = Path(name)
    try:
        with open(descriptor, "w") as stream:
            json.dump(capabilities, stream)
        await _run(hook, tree, file)
        return json.loads(file.read_text())
    finally:
        file.unlink()


async def _run(hook: Path, tree: Path | None, file: Path) -> None:
    path = ":".join([*os.environ.get("PYTHONPATH", "").split(":"), _HOOKING])
    process = await asyncio.create_subprocess_exec(
        hook,
        *(["--root", str(tree)] if tree else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "_hook_json": str(file)},
    )
    try:
        _, errors = await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    log.info("%s: rc=%s err=%s", hook, process.returncode, errors)
    if process.returncode not in (0, 1, 2):
        log.warning("hook returned unexpected return code %s", process.returncode)
