"""What a source is: a card, a generator per stream of data, and pure parsers; nothing else.

A source fetches and reads. It is handed its client, its account and its position, and yields
batches; the run loop in `rewind_gql.sync.run` stores each batch, its rejects, its checkpoint, its
cursor and its counts in one write transaction. A source never commits, sleeps or retries.

    class Songs(Source):
        name = "songs"
        docs = "https://songs.example/api"
        domain = "listening"
        base_url = "https://api.songs.example"
        base_url_setting = "songs_base_url"
        account_setting = "songs_user"
        needs = ("songs_token", "songs_user")
        pace = 1.0
        unit = "scrobble"

        def headers(self) -> dict[str, str]:
            return {"Authorization": f"Bearer {self.option('songs_token')}"}

        @stream(sync_type="scrobbles", every=timedelta(minutes=15), into=intake.plays)
        async def plays(self, at: Position) -> AsyncIterator[Batch[records.Play]]:
            page = at.checkpoint or 1
            while page:
                body = await self.get_json("/plays", page=page, since=at.cursor or 0)
                plays, rejects = parse(body["plays"], parse_play, place=f"page {page}")
                page = body["next"]
                last = page is None
                yield Batch(
                    plays, rejects, checkpoint=page, cursor=seconds(at.now) if last else KEEP
                )
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any, ClassVar, Concatenate, Final, Generic, ParamSpec, Protocol, TypeVar

import orjson

from rewind_gql.clock import Window
from rewind_gql.domains.base import Stored
from rewind_gql.errors import RewindError, SourceChanged, SourceDenied, SourceError
from rewind_gql.log import redact
from rewind_gql.ports.http import Client, Reply
from rewind_gql.sources.auth import SignIn
from rewind_gql.store.engine import Writing

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
S = TypeVar("S", bound="Source")
A = TypeVar("A")
P = ParamSpec("P")

RAW_CHARS = 2_000
REASON_CHARS = 300
UNAUTHORIZED = "401"


class _Mark(Enum):
    KEEP = "keep"


KEEP: Final = _Mark.KEEP
"""Leave the stored cursor or checkpoint as it is."""


class Unreadable(RewindError):
    """This item cannot be read."""


STUMBLES = (Unreadable, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What a parser raises on an item that is not as documented."""


class NothingReadable(SourceChanged):
    """Nothing on this page can be read."""

    def __init__(self, message: str, rejects: Sequence["Reject"]) -> None:
        super().__init__(message, code="unreadable_page")
        self.rejects = tuple(rejects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a stream goes on.

    `cursor` is the value of the newest batch that set one in an earlier run: up to there all is
    stored. `checkpoint` is where an unfinished run of this stream stopped, None after a complete
    one. Both are whatever JSON value the stream itself gave. `now` is the start of this attempt:
    a window is fetched up to it, and it is what the cursor moves to, so that what appears
    meanwhile belongs to the next run. `confirmed` is true in the first run after a person resumed
    a source that was paused because so much was gone at the provider: this once it may go here too.
    `limit` is how many items this run is to see to, where who asked for it said so.
    """

    cursor: Any | None
    checkpoint: Any | None
    now: datetime
    confirmed: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """An item that could not be read: why, where it stood, and the item, redacted and shortened."""

    reason: str
    raw: str
    place: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same item, so that meeting it again adds nothing."""
        return sha256(self.raw.encode("utf-8", "replace")).hexdigest()[:32]


Work = Callable[[Writing, int], Awaitable[Stored]]
"""Something to write beside a batch's records, called with the connection and the user's id."""


@dataclass(frozen=True, slots=True)
class Batch(Generic[R]):
    """What one write transaction stores, usually one page.

    `total` is how many items the stream expects in all and `progress_done` how many of them are
    behind it after this batch; without it, the items stored and rejected so far count. `before` and
    `after` are called around the intake of `records`, in the same transaction, for removals and
    the like; what they return is counted too. `covered` is the window of the batch's items;
    `message` the words shown with the progress. `facts` are kept with the event of this batch, for
    who looks at the run's history. An empty batch may carry any of these.
    """

    records: Sequence[R] = ()
    rejects: Sequence[Reject] = ()
    checkpoint: Any = KEEP
    cursor: Any = KEEP
    total: int | None = None
    progress_done: int | None = None
    message: str | None = None
    before: Work | None = None
    after: Work | None = None
    covered: Window | None = None
    facts: Mapping[str, Any] | None = None


Renew = Callable[[str], Awaitable[str]]
"""Gives another access token for one the provider refused. Raises `SourceDenied` without one."""


class Into(Protocol[R_contra]):
    """The intake function a stream's records go to."""

    async def __call__(
        self, conn: Writing, user_id: int, batch: Sequence[R_contra], /, *, source: str
    ) -> Stored:
        """Store a batch; storing it twice adds nothing."""
        ...


class Ask(Protocol):
    """How a source asks what is stored already, for its own person."""

    async def __call__(
        self,
        query: Callable[Concatenate[Any, int, P], Awaitable[A]],
        /,
        *args: P.args,
        **kw: P.kwargs,
    ) -> A:
        """What the query answers."""
        ...


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of thing a source gives: a part of a run.

    `part` is the name of its generator and `read` the generator itself. The streams of a source
    with one `sync_type` are the parts of one run, in the order they are written in. Without the
    settings it `needs` beside those of its source a stream is not there.
    """

    part: str
    sync_type: str
    every: timedelta
    kind: str
    into: Into[Any]
    read: Callable[[Any, Position], AsyncIterator[Batch[Any]]]
    needs: tuple[str, ...] = ()


def stream(
    *,
    sync_type: str,
    every: timedelta,
    into: Into[R],
    kind: str = "event",
    needs: tuple[str, ...] = (),
) -> Callable[
    [Callable[[S, Position], AsyncIterator[Batch[R]]]],
    Callable[[S, Position], AsyncIterator[Batch[R]]],
]:
    """Mark a generator of a source as a stream whose batches go to `into`, due `every` so often.

    `kind` is one of series, score, profile, event, task.
    """

    def mark(
        read: Callable[[S, Position], AsyncIterator[Batch[R]]],
    ) -> Callable[[S, Position], AsyncIterator[Batch[R]]]:
        made = Stream(read.__name__, sync_type, every, kind, into, read, needs)
        read.__dict__["stream"] = made
        return read

    return mark


class Source:
    """A provider's card, and the client, account and options it works with."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What people call the provider."""
    docs: ClassVar[str]
    domain: ClassVar[str]
    base_url: ClassVar[str]
    base_url_setting: ClassVar[str]
    """The setting that replaces `base_url` where it is set."""
    account_setting: ClassVar[str]
    """The setting that names the account at the provider."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Settings without which the source is not configured."""
    needs_one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Groups of settings of which one must be there whole, beside `needs`."""
    pace: ClassVar[float | None] = None
    """Requests a second for one account, as the provider's terms ask."""
    unit: ClassVar[str] = "item"
    """What one item is, in the singular."""
    describes: ClassVar[bool] = False
    """Whether it describes what other sources name, so that they go first."""
    sign_in: ClassVar[SignIn | None] = None
    """How a person connects their account, where the provider gives tokens for it."""

    def __init__(
        self,
        client: Client,
        ask: Ask,
        *,
        account: str,
        options: Mapping[str, str],
        secrets: Sequence[str] = (),
        token: str = "",
        renew: Renew | None = None,
    ) -> None:
        self.account = account
        self.token = token
        """The account's access token at the moment, for providers one connects with."""
        self._client = client
        self._ask = ask
        self._options = options
        self._secrets = secrets
        self._renew = renew

    @classmethod
    def credentials(cls, sync_type: str) -> tuple[str, ...]:
        """The settings that let a sync type in, its own before those of the whole source."""
        own = (name for each in cls.streams() if each.sync_type == sync_type for name in each.needs)
        one_of = tuple(name for group in cls.needs_one_of[:1] for name in group)
        return tuple(dict.fromkeys(own)) or one_of or cls.needs

    @classmethod
    def streams(cls) -> tuple[Stream, ...]:
        """Its streams in the order they are written in, those of a parent class first."""
        named = {name: each for kind in reversed(cls.__mro__) for name, each in vars(kind).items()}
        marked = (getattr(each, "__dict__", {}).get("stream") for each in named.values())
        return tuple(each for each in marked if isinstance(each, Stream))

    def option(self, name: str) -> str:
        """The value of one of the provider's settings, `<name>_…`; empty when not set."""
        return self._options.get(name, "")

    def headers(self) -> Mapping[str, str]:
        """Headers of every request, such as a token."""
        return {}

    def params(self) -> Mapping[str, Any]:
        """Query parameters of every request, such as an API key."""
        return {}

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """What this provider means by an answer that is not what was asked for; None when it is.

        Asked on every answer, 200 included, before the meaning of the status is taken. `body` is
        the JSON document, or the text of the answer where it is none. `SourceBusy` is tried again,
        after its `retry_after` where it has one; everything else is raised at once. When None is
        returned, the status decides: 401 and 403 are `SourceDenied`; 408, 425, 429 and 5xx
        `SourceBusy`; other 4xx `SourceChanged` with the status as its code.
        """
        return None

    async def get_json(self, path: str = "", /, **params: Any) -> Any:
        """The JSON document at `path` below the base address; None parameters are left out.

        Raises as `send` does.
        """
        return (await self.send("GET", path, params=params)).document

    async def send(
        self,
        method: str,
        path: str = "",
        /,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        repeat: bool = True,
    ) -> Reply:
        """What the provider answers; with a token it no longer takes, once more with a new one.

        Without `repeat` nothing is sent twice that may have been carried out. Raises `SourceBusy`
        when the provider stays busy, broken or out of reach after all tries, `SourceDenied` and
        `SourceChanged` at once.
        """

        async def sent() -> Reply:
            return await self._client.send(
                method,
                path,
                params={**self.params(), **(params or {})},
                body=body,
                headers=self.headers(),
                refusal=self.refusal,
                secrets=(*self._secrets, self.token),
                repeat=repeat,
            )

        try:
            return await sent()
        except SourceDenied as refused:
            if refused.code != UNAUTHORIZED or self._renew is None:
                raise
        self.token = await self._renew(self.token)
        return await sent()

    async def ask(
        self,
        query: Callable[Concatenate[Any, int, P], Awaitable[A]],
        /,
        *args: P.args,
        **kw: P.kwargs,
    ) -> A:
        """What a query of the source's domain answers for the person it works for."""
        return await self._ask(query, *args, **kw)


def parse(
    items: Iterable[Any], fn: Callable[[Any], R | None], *, place: str | None = None
) -> tuple[list[R], list[Reject]]:
    """The records `fn` makes of a page's items, and a reject for each it cannot read.

    `fn` gives None for what is not an item at all, and raises `Unreadable` (or stumbles over a
    missing or malformed field) for what it cannot read. `place` names the page; a reject adds the
    item's number in it, from 1. Raises `NothingReadable`, a `SourceChanged`, when two or more items
    are on the page and none can be read; a lone one is only rejected, or it would block the way of
    everything after it for ever.
    """
    records: list[R] = []
    rejects: list[Reject] = []
    for number, item in enumerate(items, 1):
        try:
            record = fn(item)
        except (
            Unreadable,
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
        ) as no:
            where = f"item {number}" if place is None else f"{place}, item {number}"
            rejects.append(reject(item, reason_of(no), place=where))
        else:
            if record is not None:
                records.append(record)
    if not records and len(rejects) > 1:
        raise NothingReadable(
            f"None of {len(rejects)} items could be read; the first: {rejects[0].reason}", rejects
        )
    return records, rejects


def reason_of(error: Exception) -> str:
    """Why an item could not be read, in words for the person whose item it is."""
    if isinstance(error, Unreadable):
        return error.message
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return f"{type(error).__name__}: {error}"


def reject(item: Any, reason: str, *, place: str | None = None) -> Reject:
    """An unreadable item as it is kept: secrets taken out, long ones cut off."""
    try:
        raw = item if isinstance(item, str) else orjson.dumps(item, default=repr).decode()
    except TypeError:  # a number or a text that JSON cannot hold
        raw = repr(item)
    return Reject(
        reason=redact(_storable(reason))[:REASON_CHARS],
        raw=redact(_storable(raw))[:RAW_CHARS],
        place=place,
    )


def _storable(text: str) -> str:
    """`text` without what PostgreSQL or UTF-8 cannot hold."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
