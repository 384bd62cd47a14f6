"""The sign-in schemes: OAuth 2 by a code one enters on another device, with rotating tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from rewind_gql import clock
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.ports.http import Client

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
LONGEST_WAIT = timedelta(hours=1)
USUAL_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0

# https://trakt.docs.apiary.io/#reference/authentication-devices/get-token names its answers by
# status alone; others, https://www.rfc-editor.org/rfc/rfc8628#section-3.5, by a word in a 400.
_BY_STATUS = {404: "invalid_code", 409: "used_code", 410: "expired_token", 418: "access_denied"}
_PENDING, _SLOW = "authorization_pending", "slow_down"
_ENDED = {
    "invalid_code": "{0} does not know this code",
    "used_code": "This code was used already",
    "expired_token": "The code has expired before it was entered",
    "access_denied": "Access was denied at {0}",
    "invalid_grant": "{0} has ended the connection",
}


class Waiting(SourceError):
    """The person has not entered the code yet; `code` is slow_down when asked too often."""

    kind: ClassVar[str] = "auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What an account is used with. `refresh` is good for one time only."""

    access: str
    refresh: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What a person enters where, and how to ask whether they did."""

    device_code: str
    user_code: str
    verification_url: str
    expires_at: datetime
    interval_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How one provider's accounts are connected. The settings hold address, id and secret."""

    title: str
    base_url: str
    base_url_setting: str
    client_id: str
    client_secret: str

    async def begin(self, client: Client, options: Mapping[str, str]) -> DeviceCode:
        """A fresh code to enter."""
        asked = {"client_id": options[self.client_id]}
        return parse_code(await self._post(client, "/oauth/device/code", asked))

    async def poll(self, client: Client, options: Mapping[str, str], code: DeviceCode) -> Tokens:
        """The tokens, once the code was entered.

        Raises `Waiting` until then, `SourceDenied` when it cannot be any more.
        """
        asked = {"code": code.device_code, **self._app(options)}
        return parse_tokens(await self._post(client, "/oauth/device/token", asked))

    async def refresh(self, client: Client, options: Mapping[str, str], token: str) -> Tokens:
        """New tokens for the refresh token, which is void from then on.

        It is sent once: sent again after a lost answer it would only be refused.
        Raises `SourceDenied` with code invalid_grant for one that is void already.
        """
        asked = {
            "refresh_token": token,
            "grant_type": "refresh_token",
            "redirect_uri": OUT_OF_BAND,
            **self._app(options),
        }
        return parse_tokens(await self._post(client, "/oauth/token", asked))

    async def revoke(self, client: Client, options: Mapping[str, str], token: str) -> None:
        """Have the provider forget the connection."""
        await self._post(client, "/oauth/revoke", {"token": token, **self._app(options)})

    def _app(self, options: Mapping[str, str]) -> dict[str, str]:
        return {
            "client_id": options[self.client_id],
            "client_secret": options[self.client_secret],
        }

    async def _post(self, client: Client, path: str, body: dict[str, str]) -> Any:
        hidden = [text for name, text in body.items() if name not in ("grant_type", "redirect_uri")]
        reply = await client.send(
            "POST", path, body=body, refusal=self._refusal, secrets=hidden, repeat=False
        )
        return reply.document

    def _refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """What a sign-in host means: a word in the body, or else the status alone."""
        word = body.get("error") if isinstance(body, dict) else None
        if status == 429 or word == _SLOW:
            return Waiting(f"{self.title} is asked too often", code=_SLOW)
        if status < 400:
            return None
        if status >= 500:
            return SourceBusy(
                f"{self.title} cannot sign anybody in at the moment", code=str(status)
            )
        word = _BY_STATUS.get(status, word)
        if word in _ENDED:
            return SourceDenied(_ENDED[word].format(self.title), code=word)
        if status == 400 and word in (None, _PENDING):
            return Waiting("The code has not been entered yet", code=_PENDING)
        return SourceDenied(f"{self.title} refused to sign in ({word or status})", code=str(status))


def parse_code(raw: Any) -> DeviceCode:
    """An answer with a code to enter; asked for every five seconds where it does not say.

    Raises `SourceChanged` for an answer of another form, or one no terminal should show.
    """
    try:
        lasts = min(timedelta(seconds=float(raw["expires_in"])), LONGEST_WAIT)
        interval = raw.get("interval")
        return DeviceCode(
            device_code=_text(raw["device_code"]),
            user_code=_shown(raw["user_code"]),
            verification_url=_shown(raw["verification_url"]),
            expires_at=clock.now() + lasts,
            interval_s=_pause(USUAL_PAUSE_S if interval is None else interval),
        )
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as odd:
        raise SourceChanged("The code has another form than documented", code="code") from odd


def parse_tokens(raw: Any) -> Tokens:
    """An answer with tokens. How long they last is what it says, never a fixed time.

    Raises `SourceChanged` for an answer of another form.
    """
    try:
        made_at = clock.now()
        if "created_at" in raw:  # no later than now, whatever their clock shows
            made_at = min(made_at, clock.from_seconds(raw["created_at"]))
        return Tokens(
            access=_text(raw["access_token"]),
            refresh=_text(raw["refresh_token"]),
            expires_at=made_at + timedelta(seconds=float(raw["expires_in"])),
        )
    except (LookupError, ValueError, TypeError, ArithmeticError) as odd:
        raise SourceChanged("The tokens have another form than documented", code="tokens") from odd


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("there is no token")
    return value


def _shown(value: Any) -> str:
    if not _text(value).isprintable():
        raise ValueError("this cannot be shown")
    return str(value)


def _pause(value: Any) -> float:
    return min(max(0.0, float(value)), LONGEST_PAUSE_S)
