"""Who may ask: SSO tokens (OAuthTokenServlet), logout, and HTTP Basic."""

import base64
import secrets

from simulation.engine.rest.messages import JSON, Answer, Request, answer

FOREVER = str(2**63 - 1)
SCOPE = "ovirt-app-api"
TOKEN_PATH = "/ovirt-engine/sso/oauth/token"  # noqa: S105 - a path
LOGOUT_PATH = "/ovirt-engine/services/sso-logout"


class Tokens:
    """One user, her password, and the tokens given out. Change `password`, or `expire`, at any time."""

    def __init__(self) -> None:
        """The user that examples know."""
        self.user = "admin@internal"
        self.password = "secret"  # noqa: S105 - of a simulated engine
        self._valid: set[str] = set()

    def expire(self) -> None:
        """Every session ends: UserSessionTimeOutInterval has passed."""
        self._valid.clear()

    def grant(self, request: Request) -> Answer:
        """A token for user and password; the header Accept must be exactly application/json."""
        if request.headers.get("accept") != JSON:
            return answer({"error_code": "invalid_request", "error": "Unsupported Accept header"}, 400)
        form = request.form()
        if form.get("grant_type") != "password" or form.get("scope") != SCOPE:
            return answer({"error_code": "invalid_request", "error": "grant_type or scope is missing"}, 400)
        if (form.get("username"), form.get("password")) != (self.user, self.password):
            error = f"Cannot authenticate user '{form.get('username')}': The username or password is incorrect.."
            return answer({"error_code": "access_denied", "error": error}, 400)
        token = secrets.token_urlsafe(32)
        self._valid.add(token)
        return answer({"access_token": token, "scope": SCOPE, "exp": FOREVER, "token_type": "bearer"})

    def revoke(self, request: Request) -> Answer:
        """Logout: the token is worth nothing any more; an unknown one is no error."""
        self._valid.discard(request.form().get("token", ""))
        return answer({})

    def accepts(self, request: Request) -> bool:
        """Whether the request carries a valid token, or user and password."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            return value in self._valid
        return kind == "Basic" and _decoded(value) == f"{self.user}:{self.password}"


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return ""
