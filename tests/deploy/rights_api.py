"""The engine's REST API as far as the playbook asks it: users, roles, permissions on the whole system."""

import base64
import json
import ssl
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

ADMIN, PASSWORD = "admin@internal", "not-for-the-log"
BASE = "/ovirt-engine/api/"
ROLES = {name: str(uuid.uuid4()) for name in ("SuperUser", "ReadOnlyAdmin", "ExternalEventsCreator", "HostAdmin")}


@dataclass
class RightsApi:
    """A server on a free port; a context manager."""

    cert_file: Path
    key_file: Path
    users: dict[str, str] = field(default_factory=dict)
    """Name to id."""
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Id to what it grants."""
    changes: int = 0
    """How many requests were to change something."""

    def __enter__(self) -> Self:
        """Listens."""
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"https://localhost:{self._server.server_port}{BASE.rstrip('/')}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def roles_of(self, name: str) -> set[str]:
        """What a user was given; a KeyError where the engine does not know the user."""
        given = {p["role"]["id"] for p in self.permissions.values() if p["user"]["id"] == self.users[name]}
        return {role for role, id_ in ROLES.items() if id_ in given}

    def get(self, path: str, search: str) -> dict[str, Any]:
        """A collection; one without members has not even their name."""
        if path == "users":
            wanted = search.removeprefix("usrname=")
            rows = [{"id": id_, "user_name": name} for name, id_ in self.users.items() if name == wanted]
            return {"user": rows} if rows else {}
        if path == "roles":
            return {"role": [{"id": id_, "name": name} for name, id_ in ROLES.items()]}
        # What a group was given has no user.
        everyone = {"id": "1", "role": {"id": ROLES["SuperUser"]}, "group": {"id": "2"}}
        return {"permission": [everyone, *self.permissions.values()]}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A new user or permission; the same one twice is a conflict."""
        self.changes += 1
        made: dict[str, Any] = {**body, "id": str(uuid.uuid4())}
        if path == "users":
            if body["user_name"] in self.users or body["domain"] != {"name": "internal-authz"}:
                return 409, {}
            self.users[body["user_name"]] = made["id"]
        else:
            if any({**p, "id": ""} == {**made, "id": ""} for p in self.permissions.values()):
                return 409, {}
            self.permissions[made["id"]] = made
        return 201, made

    def delete(self, path: str) -> int:
        """Removes a user, and with it what it was given."""
        self.changes += 1
        id_ = path.removeprefix("users/")
        self.users = {name: other for name, other in self.users.items() if other != id_}
        self.permissions = {k: p for k, p in self.permissions.items() if p["user"]["id"] != id_}
        return 200


class _Handler(BaseHTTPRequestHandler):
    api: RightsApi

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        search = parse_qs(url.query).get("search", [""])[0]
        self._answer(200, self.api.get(url.path.removeprefix(BASE), search))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith(BASE):
            self._answer(*self.api.post(self.path.removeprefix(BASE), json.loads(body)))
        else:
            # The installed service asks for a token: nobody gives one out here.
            self._answer(404, {})

    def do_DELETE(self) -> None:
        self._answer(self.api.delete(self.path.removeprefix(BASE)), {})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        known = "Basic " + base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] != known:
            status, document = 401, {}
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""
