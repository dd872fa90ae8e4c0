"""The engine's token: fetched once, shared by all threads, fetched anew after a 401, revoked at the end.

A refused login is not tried again at once. The event poller alone asks every two seconds, and oVirt's own
directory locks an account after five wrong passwords: so each refusal doubles the pause before the next try,
during which every call fails at once with the same error.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_plus

from mdev_inventory.engine.answers import members_of
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError, one_line
from mdev_inventory.engine.http import Answer, EngineHttp

TOKEN_PATH = "/sso/oauth/token"  # noqa: S105, a path
LOGOUT_PATH = "/services/sso-logout"
SCOPE = "ovirt-app-api"
# Exactly this: the engine answers `invalid_request` to anything else, `*/*` included.
HEADERS = {"Accept": "application/json"}
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 3600.0
REFUSALS = frozenset({400, 401, 403})


class Login:
    """User, password and the token that they are worth; safe to be called from several threads."""

    def __init__(self, http: EngineHttp, user: str, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds, for the pause after a refusal."""
        self._http, self._user, self._password, self._clock = http, user, password, clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._refusal: EngineError | None = None
        self._refusals = 0
        self._pause_ends = 0.0

    def token(self, deadline: Deadline) -> str:
        """The current token, or a new one. One thread fetches it, the others wait within their deadlines.

        Raises EngineError: `auth` where the engine refuses, and whatever asking may raise.
        """
        with self._held(deadline):
            if self._token is None:
                self._token = self._fetch(deadline)
            return self._token

    def forget(self, token: str, deadline: Deadline) -> None:
        """The engine took this token no more; another thread's newer one stays."""
        with self._held(deadline):
            if self._token == token:
                self._token = None

    def logout(self, deadline: Deadline) -> None:
        """Revoke the token, if there is one; EngineError where the engine cannot be asked."""
        with self._held(deadline):
            token, self._token = self._token, None
        if token is not None:
            self._post(LOGOUT_PATH, {"scope": SCOPE, "token": token}, deadline)

    def _fetch(self, deadline: Deadline) -> str:
        left = self._pause_ends - self._clock()
        if self._refusal is not None and left > 0:
            text = f"{self._refusal.seen} (not tried again for {left:.0f} s)"
            raise EngineError(self._refusal.code, text, self._refusal.status, advised=True)
        form = {"grant_type": "password", "scope": SCOPE, "username": self._user, "password": self._password}
        try:
            token = self._token_in(self._post(TOKEN_PATH, form, deadline))
        except EngineError as error:
            if error.code == "auth":
                self._pause(error)
            raise
        self._refusal, self._refusals = None, 0
        return token

    def _pause(self, refusal: EngineError) -> None:
        pause = min(FIRST_PAUSE_S * 2**self._refusals, LONGEST_PAUSE_S)
        self._refusal, self._refusals = refusal, self._refusals + 1
        self._pause_ends = self._clock() + pause

    def _post(self, path: str, form: dict[str, str], deadline: Deadline) -> Answer:
        return self._http.ask("POST", path, deadline, headers=HEADERS, data=form)

    def _token_in(self, answer: Answer) -> str:
        body = members_of(answer)
        token = body.get("access_token")
        if answer.status == 200 and isinstance(token, str) and _is_token(token):
            return token
        said = self._said(body)
        if said and (answer.status in REFUSALS or answer.status == 200):
            text = f"the engine refuses to let {self._user!r} in: {said}"
            raise EngineError("auth", text, answer.status, advised=True)
        if answer.status == 200:
            text = f"{answer.request}: HTTP status 200, but no token in {len(answer.body)} bytes"
            raise EngineError("bad-answer", f"{text} of {one_line(answer.content_type)}", 200)
        raise EngineError("http", f"{answer.request}: HTTP status {answer.status}", answer.status)

    def _said(self, body: dict[str, Any]) -> str:
        """The engine's own words for a refusal, without the password should it repeat it."""
        words = (body.get("error"), body.get("error_code"), body.get("error_description"))
        said = ", ".join(w for w in words if isinstance(w, str) and w)
        for secret in {self._password, quote_plus(self._password)} - {""}:
            said = said.replace(secret, "***")
        return one_line(said)

    @contextmanager
    def _held(self, deadline: Deadline) -> Iterator[None]:
        if not self._lock.acquire(timeout=deadline.left()):
            raise EngineError("timeout", f"no token from {self._http.base} within {deadline.seconds:.4g} s")
        try:
            yield
        finally:
            self._lock.release()


def _is_token(text: str) -> bool:
    """Whether it can stand in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
