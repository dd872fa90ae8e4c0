"""A plain client of the REST API, for tests of the API itself."""

import ssl
from pathlib import Path
from typing import Any, Self

import requests

from simulation.engine import SimulatedEngine
from simulation.engine.rest.server import RestServer

TIMEOUT_S = 10.0


class Client:
    """Asks a served engine; `get` and `post` return the decoded answer, `ask` all of it."""

    def __init__(self, engine: SimulatedEngine, tls: ssl.SSLContext | None = None, ca: Path | None = None) -> None:
        self.engine, self.rest = engine, RestServer(engine, tls)
        self.url = self.rest.start()
        self.session = requests.Session()
        # Or the environment's own certificate bundle would take precedence over ours.
        self.session.trust_env = False
        self.session.verify = str(ca) if ca else True
        self.session.headers["Accept"] = "application/json"
        self.root = self.url.removesuffix("/ovirt-engine/api")

    def __enter__(self) -> Self:
        """Logged in."""
        self.login()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends both sides."""
        self.session.close()
        self.rest.stop()
        self.engine.stop()

    def token(self, accept: str = "application/json", **form: str) -> requests.Response:
        """The answer to a request for a token; members of the form may be replaced."""
        usual = {"grant_type": "password", "scope": "ovirt-app-api", "username": "admin@internal"}
        return self.session.post(
            f"{self.root}/ovirt-engine/sso/oauth/token",
            data={**usual, "password": "secret", **form},
            headers={"Accept": accept},
            timeout=TIMEOUT_S,
        )

    def login(self) -> None:
        """Uses a fresh token from now on."""
        self.session.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def ask(self, method: str, path: str, body: object = None, **parameters: str) -> requests.Response:
        """One request below the API's base."""
        return self.session.request(method, f"{self.url}/{path}", params=parameters, json=body, timeout=TIMEOUT_S)

    def get(self, path: str, **parameters: str) -> Any:
        """A document; anything but 200 fails the test."""
        answer = self.ask("GET", path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()
