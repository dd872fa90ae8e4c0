"""Requests to the engine's REST API with its token; answers decoded and read, their faults remembered."""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.line import Deadline
from mdev_inventory.engine.login import Login
from mdev_inventory.engine.members import AnswerError, shown
from mdev_inventory.engine.parsing import Read
from mdev_inventory.engine.transport import EngineHttp, decoded
from mdev_inventory.engine.wire import Answer, Request

T = TypeVar("T")
API = "/api"
UNAUTHORIZED = 401
# Logging out is a courtesy: it does not hold up the end of the program for long.
LOGOUT_S = 3.0
# An id goes into a path: `..` there would ask for something else.
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}", re.ASCII)
log = logging.getLogger("engine")


class EngineRest:
    """The REST API as `parsing` reads it; safe to be called from several threads."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """EngineSettingError where `url` or `ca_file` cannot be used; nothing is sent."""
        self._http = EngineHttp(url, ca_file)
        self._login = Login(self._http, user, password, clock)
        self._lock = threading.Lock()
        self._problems: dict[str, tuple[str, ...]] = {}

    @property
    def base(self) -> str:
        """The engine's URL, without `/api`."""
        return self._http.base

    def token(self, deadline: Deadline) -> str:
        """The token in use: what was learnt of an engine holds for as long as this is the same."""
        return self._login.token(deadline)

    def get(self, path: str, deadline: Deadline, params: Mapping[str, str] | None = None) -> Any:
        """The JSON at `path` below `/api`. A 401 costs one new token; a second one is EngineError `auth`."""
        return self._ask(
            Request("GET", API + path, self._http.base + API + path, params=params or {}), deadline
        )

    def post(self, path: str, document: Mapping[str, Any], deadline: Deadline) -> Any:
        """What the engine answers to this JSON at `path`; tokens as with `get`, and sent once otherwise."""
        return self._ask(
            Request("POST", API + path, self._http.base + API + path, document=document), deadline
        )

    def one(
        self,
        path: str,
        read: Callable[[object], T],
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """What `read` makes of the JSON at `path`; EngineError `bad-answer` where it cannot."""
        answer = self.get(path, deadline, params)
        try:
            return read(answer)
        except AnswerError as error:
            raise EngineError("bad-answer", f"GET {API}{path}: {error}") from error

    def all(
        self,
        path: str,
        read: Callable[[object], Read[T]],
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
    ) -> list[T]:
        """The elements of a collection; those that could not be read are in `problems` and in the log."""
        found = self.one(path, read, deadline, params)
        self.record(path, [str(problem) for problem in found.problems])
        return list(found.items)

    def record(self, path: str, problems: list[str]) -> None:
        """Remember what was wrong in the answer to `path` this time, in place of the last time's."""
        with self._lock:
            before = self._problems.pop(path, ())
            if problems:
                self._problems[path] = tuple(problems)
        for problem in problems:
            if problem not in before:
                log.warning("SKIP path=%s problem=%s", path, problem)

    def problems(self) -> tuple[str, ...]:
        """What was left out of the last answers, one sentence each."""
        with self._lock:
            return tuple(problem for found in self._problems.values() for problem in found)

    def close(self) -> None:
        """Revoke the token, as far as the engine can be reached, and close the connections."""
        try:
            self._login.logout(Deadline(LOGOUT_S))
        except EngineError as error:
            log.debug("LOGOUT failed code=%s", error.code)
        self._http.close()

    def _ask(self, request: Request, deadline: Deadline) -> Any:
        token, answer = self._with_token(request, deadline)
        if answer.status == UNAUTHORIZED:
            self._login.forget(token, deadline)
            _, answer = self._with_token(request, deadline)
        if answer.status == UNAUTHORIZED:
            text = f"{request}: the engine refuses a token that it has just given"
            raise EngineError("auth", f"{text}; check the rights of the user", UNAUTHORIZED)
        return decoded(answer, request)

    def _with_token(self, request: Request, deadline: Deadline) -> tuple[str, Answer]:
        token = self._login.token(deadline)
        headers = {"Accept": "application/json", "Version": "4", "Authorization": f"Bearer {token}"}
        answer = self._http.ask(replace(request, headers=headers), deadline)
        log.debug("%s status=%d bytes=%d", request, answer.status, len(answer.body))
        return token, answer


def in_path(object_id: str, kind: str) -> str:
    """The id of a `kind`, fit to stand in a path; `not-found` for what cannot be an id."""
    if not ID.fullmatch(object_id):
        raise EngineError("not-found", f"{shown(object_id)} is no id of a {kind}")
    return object_id
