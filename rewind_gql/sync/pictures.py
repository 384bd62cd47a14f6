"""Pictures found in runs of their own: beside the syncs, never in their way."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.across import wanted as across
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.base import Domain, Stored
from rewind_gql.errors import SourceBusy
from rewind_gql.images.deps import Images
from rewind_gql.images.pipeline import Outcome
from rewind_gql.images.queries import Which
from rewind_gql.ports.blobs import BlobsAway
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.sources.base import Batch, Position, Reject, reject
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert
from rewind_gql.sync import ledger
from rewind_gql.sync.deps import Deps, enqueue
from rewind_gql.sync.ledger.words import PICTURES
from rewind_gql.sync.plan import Feed, Plan
from rewind_gql.sync.tables import Source

SYNC_TYPE = "pictures"
EVERY = timedelta(hours=1)
"""How often it is seen to what was in vain and is due again; new things do not wait for it."""
AT_ONCE = 10
"""Things written down together."""
TOGETHER = 3
"""Things one run looks for at the same time: whoever wants to see a picture now goes before."""
AT_MOST = 1_000
"""Things of a kind that one run looks for; for more, another one follows."""
PATIENCE = 2
"""Batches in a row of which nothing could be asked for, after which the rest waits."""


_IDS: Read[tuple[str, int]] = Read(
    select(col(Source.domain), col(Source.id)).where(
        col(Source.user_id) == bindparam("user_id"), col(Source.provider) == PICTURES
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pictures a run looks for; by default, all that are due.

    `which`: `missing` ones that are due, those whose search `failed`, or all that are missing,
    `again`, whenever they were looked for. `kinds` are those of the domain; none: all of it has.
    `limit` counts for each kind; the most wanted come first. `artist` is a part of the name.
    """

    which: Which = "missing"
    kinds: tuple[str, ...] = ()
    limit: int | None = None
    artist: str = ""
    by_apple_id: bool = False

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Self:
        """What the arguments of a run say."""
        known = {each.name: args[each.name] for each in fields(cls) if each.name in args}
        return cls(**{**known, "kinds": tuple(known.get("kinds", ()))})

    def args(self) -> dict[str, Any]:
        """As the arguments of a run: what is not the default."""
        plain = type(self)()
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
            if value != getattr(plain, name)
        }

    def means(self, each: across.Wanted) -> bool:
        """Whether a thing is one of these, as far as its own facts say."""
        thing = each.thing
        if self.by_apple_id and not thing.apple_id:
            return False
        return self.artist.casefold() in thing.artist.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A thing that was looked for, and what came of it."""

    wanted: across.Wanted
    outcome: Outcome

    @property
    def failed(self) -> bool:
        """Whether somebody who may have its picture could not be asked."""
        return self.outcome.outcome == "failed"

    @property
    def changed(self) -> bool:
        """Whether it has another picture now than before."""
        image = self.outcome.image
        if image is None:
            return False
        if image.entity_type != self.wanted.thing.entity_type:
            return self.outcome.size_bytes > 0
        return image.version > self.wanted.version

    def facts(self) -> dict[str, Any]:
        """The same for the history of the run, in few words."""
        image = self.outcome.image
        said = {
            "id": self.wanted.thing.entity_id,
            "outcome": self.outcome.outcome,
            "source": image.source if image else None,
            "ms": round(self.outcome.duration_s * 1000),
            "bytes": self.outcome.size_bytes,
        }
        return {name: value for name, value in said.items() if value is not None}


def pictured(domains: Mapping[str, Domain] = DOMAINS) -> tuple[str, ...]:
    """The domains whose things have pictures."""
    return tuple(name for name, card in domains.items() if card.pictures)


def kinds_of(domain: str, domains: Mapping[str, Domain] = DOMAINS) -> tuple[str, ...]:
    """The kinds of things of a domain that have pictures; none for one there is not."""
    card = domains.get(domain)
    return tuple(card.pictures) if card else ()


async def register(
    conn: Writing, user_id: int, *, domains: Mapping[str, Domain] = DOMAINS
) -> dict[str, int]:
    """Make the `sync_source` rows of a person's pictures; gives their ids by domain.

    Safe to run at every start. New ones are due at once.
    """
    now = clock.now()
    rows = [
        {
            "user_id": user_id,
            "provider": PICTURES,
            "account": "",
            "domain": domain,
            "sync_type": SYNC_TYPE,
            "interval_s": int(EVERY.total_seconds()),
            "cursor": {},
            "checkpoint": {},
            "next_due_at": now,
            "paused": False,
            "consecutive_failures": 0,
        }
        for domain in pictured(domains)
    ]
    key = ("user_id", "provider", "account", "domain", "sync_type")
    await upsert(conn, Source, rows, key=key, update=("interval_s",))
    return dict(await conn.rows(_IDS, user_id=user_id))


async def due(conn: Writing, user_id: int, domain: str) -> None:
    """Have the pictures of a domain looked for soon: by the run that waits, or by the next one.

    Nothing where they are paused, or were looked for in vain by everybody a moment ago.
    """
    now = clock.now()
    again = or_(col(Source.backoff_until).is_(None), col(Source.backoff_until) <= now)
    mine = (col(Source.user_id) == user_id, col(Source.provider) == PICTURES)
    statement = update(Source).where(*mine, col(Source.domain) == domain, again)
    await conn.execute(statement.values(next_due_at=now))


class Asking(Protocol):
    """What asking for pictures takes: the desk of a request has it, and so have a worker's deps."""

    @property
    def store(self) -> Store:
        """Where the ledger is."""
        ...

    @property
    def settings(self) -> Settings:
        """How often a run is tried."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Who does the work."""
        ...


async def ask_for(
    deps: Asking,
    user_id: int,
    domain: str,
    wanted: Wanted | None = None,
    *,
    idempotency_key: str | None = None,
) -> ledger.Triggered:
    """Queue a run that looks for pictures of a domain, or join the one under way.

    Raises what `ledger.trigger` raises: `AlreadyRunning` when one that looks for others is.
    """
    async with deps.store.write() as conn:
        ids = await register(conn, user_id)
        made = await ledger.trigger(
            conn,
            user_id,
            source_id=ids[domain],
            trigger="manual",
            idempotency_key=idempotency_key,
            args=(wanted or Wanted()).args(),
            max_attempts=deps.settings.sync.max_attempts,
        )
    await enqueue(deps.jobs, made.run_id, made.attempt)
    return made


async def plan(deps: Deps, claimed: ledger.Claimed) -> Plan:
    """The kinds of things that a run looks for pictures of."""
    args = claimed.meta.get("args", {})
    wanted = Wanted.of(args)
    skipped = set(args.get("skip_parts", ()))
    kinds = [
        kind
        for kind in deps.domains[claimed.domain].pictures
        if kind not in skipped and kind in (wanted.kinds or (kind,))
    ]
    search = _Search(deps, deps.finding, claimed, wanted)
    feeds = [
        Feed(kind, "task", _counted, lambda at, kind=kind: search.through(kind, at))  # type: ignore[misc]  # bound early
        for kind in kinds
    ]
    return Plan(feeds, "picture", follows=False)


class _Search:
    """One run's way through what is missing."""

    def __init__(self, deps: Deps, images: Images, claimed: ledger.Claimed, wanted: Wanted) -> None:
        self._deps = deps
        self._pipeline = images.pipeline
        self._claimed = claimed
        self._wanted = wanted
        self._turns = asyncio.Semaphore(TOGETHER)

    async def through(self, kind: str, at: Position) -> AsyncIterator[Batch[Looked]]:
        """What came of one thing after the other of a kind, the most wanted first.

        An earlier attempt's place is the time it began: what was looked for since is behind it.
        """
        since, done = self._place(at)
        found = await self._missing(kind, at.now, since)
        room = max(0, (self._wanted.limit or AT_MOST) - done)
        total = done + len(found[:room])
        in_vain = 0
        for start in range(0, len(found[:room]), AT_ONCE):
            looked = await self._look(found[start : min(start + AT_ONCE, room)])
            done += len(looked)
            place = {"run": self._claimed.run_id, "since": clock.iso(since or at.now), "done": done}
            yield _batch(looked, checkpoint=place, total=total, done=done)
            in_vain = in_vain + 1 if all(each.failed for each in looked) else 0
            if in_vain == PATIENCE and done < total:
                words = f"{kind}: nobody answers; the rest is looked for later"
                yield Batch(total=done, progress_done=done, message=words)
                return
        if self._wanted.limit is None and found[room:]:
            yield Batch(after=self._more)

    def _place(self, at: Position) -> tuple[datetime | None, int]:
        """Since when this run looks, and how many it has looked for."""
        place = at.checkpoint or {}
        if place.get("run") != self._claimed.run_id:
            return None, 0
        return datetime.fromisoformat(place["since"]), place["done"]

    async def _missing(
        self, kind: str, now: datetime, since: datetime | None
    ) -> list[across.Wanted]:
        if self._wanted.by_apple_id and not self._deps.settings.apple_music_developer_token:
            return []
        found = await self._deps.store.ask(
            across.wanted,
            self._claimed.user_id,
            self._claimed.domain,
            kind,
            now=now,
            which=self._wanted.which,
            before=since,
        )
        return [each for each in found if self._wanted.means(each)]

    async def _look(self, wanted: Sequence[across.Wanted]) -> list[Looked]:
        """What came of each. Raises `SourceBusy` when what is found cannot be put away."""
        try:
            outcomes = await asyncio.gather(*(self._find(each) for each in wanted))
        except BlobsAway as away:
            raise SourceBusy(
                away.message, retry_after=away.retry_after, code="image_store"
            ) from away
        return [
            Looked(wanted=each, outcome=outcome)
            for each, outcome in zip(wanted, outcomes, strict=True)
        ]

    async def _find(self, wanted: across.Wanted) -> Outcome:
        async with self._turns:
            return await across.find(
                self._pipeline,
                self._claimed.user_id,
                wanted.things,
                force=self._wanted.which != "missing",
            )

    async def _more(self, conn: Writing, user_id: int) -> Stored:
        """Have another run follow this one, for there are more things than one looks for."""
        await due(conn, user_id, self._claimed.domain)
        return Stored()


async def _counted(
    conn: Writing, user_id: int, batch: Sequence[Looked], /, *, source: str
) -> Stored:
    """Counts what came of things, for the pictures are kept already.

    New and other pictures are inserted and updated, what stayed as it was is skipped.
    """
    stored = Stored()
    for each in batch:
        if not each.changed:
            stored.skipped += 1
        elif each.wanted.is_there:
            stored.updated += 1
        else:
            stored.inserted += 1
    return stored


def _batch(
    looked: Sequence[Looked], *, checkpoint: Mapping[str, Any], total: int, done: int
) -> Batch[Looked]:
    return Batch(
        [each for each in looked if not each.failed],
        [_reject(each) for each in looked if each.failed],
        checkpoint=dict(checkpoint),
        total=total,
        progress_done=done,
        facts={"pictures": [each.facts() for each in looked], "asked": _asked(looked)},
    )


def _reject(looked: Looked) -> Reject:
    """A thing that could not be looked for to the end, the same one whenever that happens."""
    thing = looked.wanted.thing
    item = {**thing.key._asdict(), "artist": thing.artist, "title": thing.title}
    return reject(item, looked.outcome.reason or "Nobody could be asked", place=str(thing.key))


def _asked(looked: Iterable[Looked]) -> dict[str, dict[str, int]]:
    """Of everyone who was asked, how often each outcome came, and how long it took together."""
    asked: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in looked:
        for tried in each.outcome.tried:
            if tried.outcome != "skipped":
                asked[tried.finder][tried.outcome] += 1
                asked[tried.finder]["ms"] += round(tried.duration_s * 1000)
    return {name: dict(counts) for name, counts in asked.items()}
