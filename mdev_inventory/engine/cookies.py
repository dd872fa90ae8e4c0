"""The engine's session cookie, kept from one answer to the next request on the same connection."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.cookiejar import CookieJar

KEPT = 64
"""Headers remembered, by URL."""


class Cookies:
    """What one connection was given; the standard library's jar says which of it goes where."""

    def __init__(self) -> None:
        """None."""
        self._jar: CookieJar | None = None
        self._headers: dict[str, str] = {}

    def take(self, url: str, given: Sequence[str]) -> None:
        """Those that the answer to a request for this URL sets: its `Set-Cookie` headers."""
        if given:
            # Loaded when an engine gives one: a service that starts has better things to do.
            from email.message import Message
            from http.cookiejar import CookieJar
            from urllib.request import Request
            from urllib.response import addinfourl

            headers = Message()
            for cookie in given:
                headers["Set-Cookie"] = cookie
            self._jar = self._jar or CookieJar()
            answer = addinfourl(BytesIO(), headers, url)
            self._jar.extract_cookies(answer, Request(url))  # type: ignore[arg-type]  # noqa: S310 (never opened)
            self._headers.clear()

    def header(self, url: str) -> str:
        """What a request for this URL carries; empty where there is nothing."""
        known = "" if self._jar is None else self._headers.get(url)
        if known is None and self._jar is not None:
            from urllib.request import Request

            request = Request(url)  # noqa: S310 (never opened)
            self._jar.add_cookie_header(request)
            known = request.get_header("Cookie") or ""
            if len(self._headers) >= KEPT:
                self._headers.clear()
            self._headers[url] = known
        return known or ""

    def clear(self) -> None:
        """Forget them all."""
        self._jar = None
        self._headers.clear()
