"""The one HTTP client: paced, retried with jitter, capped in bytes and time, silent about secrets.

One `Client` belongs to one account at one provider, for all its runs share the provider's quota;
`Clients` keeps one of each per process. What comes back is a JSON document or one of our errors.
"""

import asyncio
import logging
import random
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import stamina
from aiolimiter import AsyncLimiter

from rewind_gql import __version__, clock
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.log import redact

Refusal = Callable[[int, Mapping[str, str], Any], SourceError | None]

USER_AGENT = f"RewindGQL/{__version__} (personal archive)"
REDIRECTS = 3
RETRIED = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY)
EXCERPT_CHARS = 200
GZIP_OR_ZLIB = 47  # zlib's wbits: read whichever of the two headers is there

# Both print whole addresses, keys included, at levels people do turn on.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a provider is asked before it counts as out of reach."""

    attempts: int = 5
    wait_s: float = 0.5
    wait_max_s: float = 20.0
    jitter_s: float = 1.0
    retry_after_max_s: float = 30.0
    """A longer `Retry-After` is not slept through; `SourceBusy` carries it to the ledger."""
    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 120.0
    """For one try, so that an answer dripping in byte by byte ends too."""
    body_bytes: int = 32 << 20
    """After decompression."""


PATIENT = Patience()
IMPATIENT = Patience(
    wait_s=0.0, wait_max_s=0.0, jitter_s=0.0, retry_after_max_s=0.05, read_s=2.0, total_s=6.0
)
"""For tests: all the tries, next to no waiting."""


class Client:
    """Asks one provider for one account, never faster than `pace` requests a second."""

    def __init__(
        self, name: str, base_url: str, *, pace: float | None = None, patience: Patience = PATIENT
    ) -> None:
        self.name = name
        self.base_url = base_url
        self._patience = patience
        self._limit = AsyncLimiter(1, 1 / pace) if pace else None
        self._quiet_until = 0.0
        self._http = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def get_json(
        self,
        path: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
        secrets: Sequence[str] = (),
    ) -> Any:
        """The JSON document at `path` below the base address; None parameters are left out.

        Raises as `send` does.
        """
        reply = await self.send(
            "GET", path, params=params, headers=headers, refusal=refusal, secrets=secrets
        )
        return reply.document

    async def send(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
        secrets: Sequence[str] = (),
        repeat: bool = True,
    ) -> "Reply":
        """What the provider answers to a request; `body` is sent as JSON.

        `refusal` is asked on every answer. `secrets` are taken out of every error text, wherever
        the provider repeats them. Without `repeat` a request that may have been carried out is not
        sent again: only one that was refused for being one too many is. Raises `SourceBusy` after
        all tries, or at once when the provider asks for a longer pause than is worth waiting for
        here; `SourceDenied` and `SourceChanged` at once.
        """
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        request = _Request(
            method,
            httpx.URL(self._address(path)).copy_merge_params(asked),
            {**(headers or {}), **({} if body is None else {"Content-Type": "application/json"})},
            None if body is None else orjson.dumps(body),
        )
        patience = self._patience
        async for attempt in stamina.retry_context(
            on=self._again if repeat else self._again_unheard,
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait_s,
            wait_max=patience.wait_max_s,
            wait_jitter=patience.jitter_s,
        ):
            with attempt:
                return await self._try(request, refusal, secrets)
        raise AssertionError("stamina neither returned nor raised")

    def _address(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}" if path else self.base_url

    def _again(self, error: Exception) -> bool | float:
        """Whether to try again after `error`, or the seconds to wait before."""
        if not isinstance(error, SourceBusy):
            return False
        if error.retry_after is None:
            return True
        if error.retry_after > self._patience.retry_after_max_s:
            return False
        spread = self._patience.jitter_s * random.random()  # noqa: S311  # jitter, not a secret
        return error.retry_after + spread

    def _again_unheard(self, error: Exception) -> bool | float:
        """The same for what must not be done twice: a request too many was not carried out."""
        if not isinstance(error, SourceBusy) or error.kind != "rate_limit":
            return False
        return self._again(error)

    async def _try(self, request: "_Request", refusal: Refusal | None, secrets: Any) -> "Reply":
        """One answer, with every way it can go wrong made one of our errors."""
        try:
            await self._turn()
            async with asyncio.timeout(self._patience.total_s):
                answer = await self._fetch(request)
            return Reply(self._judge(answer, refusal), answer.status, answer.headers)
        except SourceError as refused:
            refused.message = self._without(refused.message, secrets)
            refused.args = (refused.message,)
            if isinstance(refused, SourceBusy) and refused.retry_after:
                self._quiet_until = asyncio.get_running_loop().time() + refused.retry_after
            raise
        except TimeoutError:
            raise self._busy("did not answer in time", "network", "timeout") from None
        except httpx.TimeoutException:
            raise self._busy("did not answer in time", "network", "timeout") from None
        except httpx.HTTPError as broken:
            # The cause is cut off: its text may hold the address, and the address the key.
            what = f"could not be reached ({type(broken).__name__})"
            raise self._busy(what, "network", "connection") from None

    async def _turn(self) -> None:
        """Wait until this account may ask again."""
        pause = self._quiet_until - asyncio.get_running_loop().time()
        if 0 < pause <= self._patience.retry_after_max_s:
            await asyncio.sleep(pause)
        if self._limit:
            await self._limit.acquire()

    async def _fetch(self, request: "_Request") -> "_Answer":
        """The answer, after redirects that stay on the same host; only a GET follows them."""
        url = request.url
        for _ in range(REDIRECTS + 1):
            async with self._http.stream(
                request.method, url, headers=request.headers, content=request.body
            ) as response:
                if not response.has_redirect_location:
                    body = b"".join([piece async for piece in self._pieces(response)])
                    return _Answer(response.status_code, response.headers, body)
                target = url.join(response.headers["Location"])
            if _origin(target) != _origin(url) or request.method != "GET":
                raise SourceChanged(f"{self.name} redirects to another host", code="redirect")
            url = target
        raise SourceChanged(f"{self.name} redirects in a circle", code="redirect")

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The body bit by bit, unpacked here, so that a bomb never grows past the cap."""
        left = self._patience.body_bytes
        async for piece in _unpacked(response, left + 1):
            left -= len(piece)
            if left < 0:
                raise SourceChanged(
                    f"{self.name} sent more than {self._patience.body_bytes} bytes",
                    code="too_large",
                )
            yield piece

    def _judge(self, answer: "_Answer", refusal: Refusal | None) -> Any:
        """The document of a good answer. Raises what the answer means otherwise."""
        document, is_json = answer.document()
        if refusal and (refused := refusal(answer.status, answer.headers, document)):
            if isinstance(refused, SourceBusy) and refused.retry_after is None:
                refused.retry_after = retry_after(answer.headers)
            raise refused
        if answer.status >= httpx.codes.MULTIPLE_CHOICES:
            raise self._by_status(answer, document)
        if answer.status == httpx.codes.NO_CONTENT:
            return None
        if not is_json:
            raise self._busy("did not answer with JSON", "upstream", "not_json")
        return document

    def _by_status(self, answer: "_Answer", document: Any) -> SourceError:
        status = answer.status
        text = f"{self.name} answered {status}{_excerpt(document)}"
        code = str(status)
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return SourceDenied(text, code=code)
        wait = retry_after(answer.headers)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return SourceBusy(text, retry_after=wait, code=code, kind="rate_limit")
        if status in RETRIED or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return SourceBusy(text, retry_after=wait, code=code)
        return SourceChanged(text, code=code)

    def _busy(self, what: str, kind: str, code: str) -> SourceBusy:
        return SourceBusy(f"{self.name} {what}", kind=kind, code=code)

    def _without(self, text: str, secrets: Sequence[str]) -> str:
        for secret in secrets:
            if secret:
                text = text.replace(secret, "[secret]")
        return redact(text)


@dataclass(slots=True)
class Clients:
    """The clients of a process: one per provider and account, so that runs share one quota."""

    patience: Patience = PATIENT
    _known: dict[tuple[str, str, str], Client] = field(default_factory=dict)

    def get(self, name: str, account: str, base_url: str, *, pace: float | None) -> Client:
        """The client of an account, made at the first call."""
        key = (name, account, base_url)
        if key not in self._known:
            self._known[key] = Client(name, base_url, pace=pace, patience=self.patience)
        return self._known[key]

    async def close(self) -> None:
        """Close every client."""
        while self._known:
            await self._known.popitem()[1].close()


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its JSON document, None without content, its status and its headers."""

    document: Any
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    def document(self) -> tuple[Any, bool]:
        """The JSON document and True, or the start of the text and False."""
        try:
            return orjson.loads(self.body), True
        except orjson.JSONDecodeError:
            return self.body[:EXCERPT_CHARS].decode("utf-8", "replace"), False


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to stay away, by `Retry-After` as a number or a date; None where it says nothing."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - clock.now()).total_seconds())


async def _unpacked(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """The decoded body; no piece is longer than `most`. Raises `SourceBusy` when it is cut off."""
    if response.headers.get("content-encoding", "identity").lower() not in ("gzip", "deflate"):
        async for piece in response.aiter_raw():
            yield piece
        return
    unpack = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        async for piece in response.aiter_raw():
            yield unpack.decompress(piece, most)
    except zlib.error:
        raise SourceBusy("The compressed answer is damaged", code="damaged") from None
    if not unpack.eof:
        raise SourceBusy("The compressed answer is cut off", code="truncated", kind="network")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _excerpt(document: Any) -> str:
    """The provider's own words, where it has any for people."""
    said = document.get("message") if isinstance(document, dict) else None
    return f": {said[:EXCERPT_CHARS]}" if isinstance(said, str) else ""
