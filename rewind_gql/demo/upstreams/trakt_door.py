"""How the pretend Trakt lets accounts in: codes to enter elsewhere, and tokens good for one use."""

import itertools
import threading
import time
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from rewind_gql import clock

CLIENT_ID = "demo-trakt-app"
CLIENT_SECRET = "demo-trakt-app-secret"  # noqa: S105  # invented
CODE_LASTS_S = 600
TOKEN_LASTS_S = 7 * 24 * 3600
INVALID_GRANT = {
    "error": "invalid_grant",
    "error_description": "The grant is invalid, expired, revoked or was used before.",
}


@dataclass(slots=True)
class Code:
    """A code somebody is to enter: `state` is pending, approved, denied or used."""

    user_code: str
    until: float
    state: str = "pending"
    asked_at: float = -1e9


class Doorman:
    """Codes and tokens of one account. Every method may be called from any thread.

    `lasts_s` is how long tokens last, which Trakt has changed before; `interval_s` the pause asked
    for between looks at a code. With `approving` every code counts as entered at once.
    """

    def __init__(
        self,
        *,
        lasts_s: float = TOKEN_LASTS_S,
        interval_s: float = 5,
        code_lasts_s: float = CODE_LASTS_S,
        approving: bool = False,
    ) -> None:
        self.lasts_s = lasts_s
        self.interval_s = interval_s
        self.code_lasts_s = code_lasts_s
        self.approving = approving
        self.refreshed = 0
        self.refused = 0
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._codes: dict[str, Code] = {}
        self._access: dict[str, float] = {}
        self._refresh: set[str] = set()

    def answer(self, state: str) -> None:
        """A person enters the newest code and says approved, or denied."""
        with self._lock:
            list(self._codes.values())[-1].state = state

    def admits(self, request: Request) -> bool:
        """Whether a request bears a token that is good now."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self._lock:
            return scheme == "Bearer" and self._access.get(token, 0) > time.monotonic()

    def void(self) -> None:
        """Take back every access token before its time."""
        with self._lock:
            self._access = {}

    def end(self) -> None:
        """End the connection: no token is good any more."""
        with self._lock:
            self._access, self._refresh = {}, set()

    async def code(self, request: Request) -> Response:
        """A fresh code."""
        asked = await _asked(request)
        if asked is None or asked.get("client_id") != CLIENT_ID:
            return Response(status_code=403)
        with self._lock:
            number = next(self._numbers)
            made = Code(f"5055CC{number:02d}", time.monotonic() + self.code_lasts_s)
            made.state = "approved" if self.approving else "pending"
            self._codes[f"device-{number}"] = made
        return _json(
            {
                "device_code": f"device-{number}",
                "user_code": made.user_code,
                "verification_url": "https://trakt.tv/activate",
                "expires_in": self.code_lasts_s,
                "interval": self.interval_s,
            }
        )

    async def device_token(self, request: Request) -> Response:
        """Tokens once the code was entered; until then a status says what is the matter."""
        asked = await _asked(request)
        if asked is None or not _app(asked):
            return Response(status_code=401)
        with self._lock:
            code = self._codes.get(str(asked.get("code")))
            if code is None:
                return Response(status_code=404)
            now, before = time.monotonic(), code.asked_at
            code.asked_at = now
            if code.state == "used":
                return Response(status_code=409)
            if now > code.until:
                return Response(status_code=410)
            if code.state == "denied":
                return Response(status_code=418)
            if now - before < self.interval_s * 0.8:
                return Response(status_code=429)
            if code.state == "pending":
                return Response(status_code=400)
            code.state = "used"
            return _json(self._tokens())

    async def token(self, request: Request) -> Response:
        """New tokens for a refresh token, which is void from then on."""
        asked = await _asked(request)
        if asked is None or not _app(asked):
            return _json({"error": "invalid_client"}, 401)
        with self._lock:
            old = str(asked.get("refresh_token"))
            if asked.get("grant_type") != "refresh_token" or old not in self._refresh:
                self.refused += 1
                return _json(INVALID_GRANT, 400)
            self._refresh.discard(old)
            self.refreshed += 1
            return _json(self._tokens())

    async def revoke(self, request: Request) -> Response:
        """Forget a token and all that goes with it."""
        asked = await _asked(request)
        if asked is None or not _app(asked):
            return _json({"error": "invalid_client"}, 401)
        self.end()
        return _json({})

    def _tokens(self) -> dict[str, Any]:
        number = next(self._numbers)
        access, refresh = f"access-{number:05d}", f"refresh-{number:05d}"
        self._access[access] = time.monotonic() + self.lasts_s
        self._refresh.add(refresh)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": self.lasts_s,
            "refresh_token": refresh,
            "scope": "public",
            "created_at": clock.seconds(clock.now()),
        }


def _app(asked: dict[str, Any]) -> bool:
    return asked.get("client_id") == CLIENT_ID and asked.get("client_secret") == CLIENT_SECRET


async def _asked(request: Request) -> dict[str, Any] | None:
    try:
        found = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
