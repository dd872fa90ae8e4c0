"""Requests to the engine's REST API with its token; answers decoded and read, their faults logged."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from mdev_inventory.engine.answers import decoded
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.elements import AnswerError, Read, shown
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.http import Answer, EngineHttp
from mdev_inventory.engine.login import Login

T = TypeVar("T")
API = "/api"
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
        self._problems: dict[str, tuple[str, ...]] = {}

    def token(self, deadline: Deadline) -> str:
        """The token in use: what was learnt of an engine holds for as long as this is the same."""
        return self._login.token(deadline)

    def get(self, path: str, deadline: Deadline, **params: str) -> Any:
        """The JSON at `path` below `/api`. A 401 costs one new token; a second one is EngineError `auth`."""
        return self._ask("GET", path, deadline, params=params)

    def post(self, path: str, document: Mapping[str, Any], deadline: Deadline) -> Any:
        """What the engine answers to this JSON at `path`; tokens as with `get`, and sent once otherwise."""
        return self._ask("POST", path, deadline, json=document)

    def one(self, path: str, read: Callable[[object], T], deadline: Deadline, **params: str) -> T:
        """What `read` makes of the JSON at `path`; EngineError `bad-answer` where it cannot."""
        answer = self.get(path, deadline, **params)
        try:
            return read(answer)
        except AnswerError as error:
            raise EngineError("bad-answer", f"GET {API}{path}: {error}") from error

    def all(self, path: str, read: Callable[[object], Read[T]], deadline: Deadline, **params: str) -> list[T]:
        """The elements of a collection; those that could not be read are in the log."""
        found = self.one(path, read, deadline, **params)
        self.record(path, map(str, found.problems))
        return list(found.items)

    def record(self, path: str, problems: Iterable[str]) -> None:
        """Log what was wrong in the answer to `path` this time, but for what was the last time."""
        before = self._problems.pop(path, ())
        if found := tuple(problems):
            self._problems[path] = found
        for problem in found:
            if problem not in before:
                log.warning("SKIP path=%s problem=%s", path, problem)

    def close(self) -> None:
        """Revoke the token, as far as the engine can be reached, and close the connections."""
        try:
            self._login.logout(Deadline(LOGOUT_S))
        except EngineError as error:
            log.debug("LOGOUT failed code=%s", error.code)
        self._http.close()

    def _ask(self, method: str, path: str, deadline: Deadline, **content: Any) -> Any:
        token, answer = self._with_token(method, path, deadline, content)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._login.forget(token, deadline)
            _, answer = self._with_token(method, path, deadline, content)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            text = f"{answer.request}: the engine refuses a token that it has just given"
            raise EngineError("auth", f"{text}; check the rights of the user", answer.status)
        return decoded(answer)

    def _with_token(self, method: str, path: str, deadline: Deadline, content: Mapping[str, Any]) -> tuple[str, Answer]:
        token = self._login.token(deadline)
        headers = {"Accept": "application/json", "Version": "4", "Authorization": f"Bearer {token}"}
        answer = self._http.ask(method, API + path, deadline, headers=headers, **content)
        log.debug("%s status=%d bytes=%d", answer.request, answer.status, len(answer.body))
        return token, answer


def in_path(object_id: str, kind: str) -> str:
    """The id of a `kind`, fit to stand in a path; `not-found` for what cannot be an id."""
    if not ID.fullmatch(object_id):
        raise EngineError("not-found", f"{shown(object_id)} is no id of a {kind}")
    return object_id
