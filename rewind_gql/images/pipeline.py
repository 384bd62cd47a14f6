"""From a thing to its picture: looked for once however many ask, in all processes together."""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal, NamedTuple

from rewind_gql import clock, log
from rewind_gql.errors import BadInput, Conflicting, NotFound, Refused, SourceError
from rewind_gql.images import keeping, leases, patience, queries, views
from rewind_gql.images.finders import Finder, Finders
from rewind_gql.images.finders.base import PICTURE_BYTES
from rewind_gql.images.keeping import MANUAL, Original, Provenance
from rewind_gql.images.records import Candidate, Key, Thing
from rewind_gql.images.search import (
    Alternatives,
    Hit,
    Searched,
    Tried,
    again,
    alternatives,
    search,
)
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import Blobs, BlobsAway
from rewind_gql.ports.guarded import Guard
from rewind_gql.store.engine import Store, Writing

LEASE = timedelta(seconds=30)
RENEW_S = 10.0
SEARCH_S = 120.0
AT_ONCE = 8
UPLOAD = "upload"
UNKEPT = "It was found, but could not be kept"
_POLL_S = 0.05
_POLL_MAX_S = 1.0


class NobodyAnswers(Refused):
    """Nobody who might have this picture can be asked just now; nothing was changed."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "UNAVAILABLE"

    def __init__(self, message: str | None = None, *, retry_after: int = 300) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Lost(Exception):
    """The lease ran out meanwhile, and another process may be at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking for a picture.

    `outcome` and `retry_at` are how matters stand now; `tried` says who was asked for it this time,
    by whoever did so in this process, and is empty where what was known sufficed.
    """

    outcome: Literal["found", "none", "unfit", "failed"]
    image: views.Image | None = None
    reason: str | None = None
    retry_at: datetime | None = None
    tried: tuple[Tried, ...] = ()
    duration_s: float = 0.0
    size_bytes: int = 0
    """Of what was fetched and kept this time."""

    def away(self) -> BlobsAway | None:
        """What to answer while a picture that was found cannot be kept; None: that is not so."""
        if self.outcome != "failed" or not (self.reason or "").startswith(UNKEPT):
            return None
        return BlobsAway(retry_after=_seconds_to(self.retry_at))


class _Flight(NamedTuple):
    user_id: int
    key: Key
    force: bool


class Pipeline:
    """Finds, keeps and replaces the pictures of things.

    One for a process, which closes it; the parts it is given are closed by who made them.
    """

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        worker: Worker,
        finders: Finders,
        guard: Guard,
        *,
        lease: timedelta = LEASE,
        renew_s: float = RENEW_S,
        search_s: float = SEARCH_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.worker = worker
        self._finders = finders
        self._guard = guard
        self._lease = lease
        self._renew_s = renew_s
        self._search_s = search_s
        self._turns = asyncio.Semaphore(at_once)
        self._owner = secrets.token_hex(8)
        self._flights: dict[_Flight, asyncio.Task[Outcome]] = {}

    async def close(self) -> None:
        """Break off every search; the leases are given back, so that others may begin at once."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def find(self, user_id: int, thing: Thing, *, force: bool = False) -> Outcome:
        """The picture of a thing, looked for if it is time to; with `force`, in any case.

        All who ask at once share one search, and who no longer waits for it does not end it. A
        picture that a person chose stays, though one whose terms ask for it is fetched again in
        time. Raises `BlobsAway` when what was found cannot be kept; it is not looked for again
        before `retry_at`, and `Outcome.away` says so until then.
        """
        flight = _Flight(user_id, thing.key, force)
        task = self._flights.get(flight)
        if task is None:
            task = asyncio.create_task(self._find(user_id, thing, force))
            self._flights[flight] = task
            task.add_done_callback(lambda done: self._landed(flight, done))
        return await asyncio.shield(task)

    async def alternatives(self, thing: Thing) -> Alternatives:
        """What there is to choose from for a thing; nothing is fetched or kept."""
        return await alternatives(self._finders.of(thing.domain, thing.entity_type), thing)

    async def override(self, user_id: int, key: Key, body: bytes) -> views.Image:
        """Have a person's own file be the picture of a thing, until they revert to what is found.

        Raises `Unfit` for what is no picture to keep.
        """
        return await self._override(user_id, key, body, _chosen(UPLOAD))

    async def override_from(self, user_id: int, key: Key, url: str) -> views.Image:
        """The same with the file at an address. Raises `BadInput` when it cannot be had.

        Of one that lies with a finder's provider, their words are kept and their terms heeded.
        """
        try:
            fetched = await self._guard.get(url, max_bytes=PICTURE_BYTES)
        except SourceError as refused:
            raise BadInput(
                f"The picture could not be fetched: {refused.message}", path="source_url"
            ) from refused
        finder = self._finders.at(url, key.domain, key.entity_type)
        return await self._override(user_id, key, fetched.body, _chosen(log.redact(url), finder))

    async def revert(
        self, user_id: int, thing: Thing, *, force: bool = False
    ) -> views.Image | None:
        """Replace what a person chose by what is found; until that is kept, their choice stays.

        With `force` it goes even where nothing is found, and None is the answer. Raises `NotFound`
        without a picture to revert and where nothing is found, `BadInput` for one that nobody
        chose, `NobodyAnswers` in an outage, and `Conflicting` when they chose again meanwhile.
        """
        standing = await self.store.ask(queries.standing, user_id, thing.key)
        if standing is None or standing.image is None:
            raise NotFound("There is no picture of this")
        if not standing.is_override:
            raise BadInput("Nobody chose this picture; it was found")
        searched = await self._search(thing)
        if searched.hit is None and not force:
            if searched.missed == "failed":
                raise NobodyAnswers
            raise NotFound("No other picture of this was found; nothing was changed")
        return await self._reverted(user_id, thing, searched.hit, standing.override_at)

    async def restore(self, user_id: int, key: Key, version: int) -> views.Image:
        """Give a thing a former picture back. Raises `NotFound` without one of that version."""
        formers = await self.store.ask(queries.formers, user_id, key)
        terms = next((self._terms(key, each) for each in formers if each.version == version), "")
        async with self.store.write() as conn:
            await keeping.restore(conn, user_id, key, version=version, terms=terms)
        return await self._image(user_id, key)

    async def _override(
        self, user_id: int, key: Key, body: bytes, origin: Provenance
    ) -> views.Image:
        original = Original.of(body, await self.worker.measure(body))
        await keeping.stow(self.store, self.blobs, original)
        async with self.store.write() as conn:
            await keeping.keep(conn, user_id, key, original, origin)
        return await self._image(user_id, key)

    async def _reverted(
        self, user_id: int, thing: Thing, hit: Hit | None, chosen_at: datetime | None
    ) -> views.Image | None:
        if hit:
            await keeping.stow(self.store, self.blobs, hit.original)
        facts = thing.facts()
        async with self.store.write() as conn:
            done = (
                await keeping.keep(
                    conn, user_id, thing.key, hit.original, hit.origin,
                    facts=facts, instead_of=chosen_at,
                )
                if hit
                else await keeping.drop(
                    conn, user_id, thing.key, facts=facts, instead_of=chosen_at
                )
            )  # fmt: skip
        if not done:
            raise Conflicting("Another picture was chosen meanwhile")
        return await self._image(user_id, thing.key) if hit else None

    async def _image(self, user_id: int, key: Key) -> views.Image:
        standing = await self.store.ask(queries.standing, user_id, key)
        if standing is None or standing.image is None:
            raise NotFound("There is no picture of this")
        return standing.image

    async def _find(self, user_id: int, thing: Thing, force: bool) -> Outcome:
        """What stands when it is settled, or else what came of the search that is made here."""
        if not self._finders.of(thing.domain, thing.entity_type):
            return Outcome(outcome="none", reason="There are no pictures of this kind of thing")
        since = clock.now() if force else None
        pause = _POLL_S
        while True:
            standing = await self.store.ask(queries.standing, user_id, thing.key)
            if standing and _settled(thing, standing, since):
                return _outcome(standing)
            async with self._turns:
                if await self._take(user_id, thing, since):
                    with suppress(_Lost):
                        return await self._look(user_id, thing, force)
            await asyncio.sleep(pause)
            pause = min(_POLL_MAX_S, 2 * pause)

    async def _take(self, user_id: int, thing: Thing, since: datetime | None) -> bool:
        """Whether the search is ours; it is nobody's once the matter is settled."""
        lease = _lease_key(user_id, thing.key)
        async with self.store.write() as conn:
            now = clock.now()
            if not await leases.take(conn, lease, self._owner, now=now, length=self._lease):
                return False
            standing = await queries.standing(conn, user_id, thing.key)
            if standing and _settled(thing, standing, since):
                await leases.give_back(conn, lease, self._owner)
                return False
        return True

    async def _look(self, user_id: int, thing: Thing, force: bool) -> Outcome:
        """Search and write down what came of it, while others wait."""
        lease = _lease_key(user_id, thing.key)
        start = asyncio.get_running_loop().time()
        async with self._held(lease):
            searched = await self._searched(user_id, thing)
            away = await self._stowed(searched.hit)
            async with self.store.write() as conn:
                if not await leases.give_back(conn, lease, self._owner):
                    raise _Lost
                if away:
                    retry_at = await _unkept(conn, user_id, thing, away)
                else:
                    standing = await _written(conn, user_id, thing, searched, force)
        if away:
            raise BlobsAway(away.message, retry_after=_seconds_to(retry_at)) from away
        return _outcome(standing, searched, asyncio.get_running_loop().time() - start)

    async def _searched(self, user_id: int, thing: Thing) -> Searched:
        """What is found for a thing; of one that a person chose for, what is there now."""
        standing = await self.store.ask(queries.standing, user_id, thing.key)
        if standing is None or standing.image is None or not standing.is_override:
            return await self._search(thing)
        chosen, url = standing.image, standing.image.source_url or ""
        finder = self._finders.at(url, thing.domain, thing.entity_type)
        if finder is None:
            gone = Tried(finder=chosen.source, outcome="unfit", reason="Nobody knows its address")
            return Searched(tried=[gone])
        known = Candidate(source=chosen.source, url=url, attribution=chosen.attribution)
        searched = await again(finder, self.worker, known)
        if searched.hit:
            since, terms = standing.override_at, self._terms(thing.key, chosen)
            origin = replace(searched.hit.origin, override=True, chosen_at=since, terms=terms)
            searched.hit = replace(searched.hit, origin=origin)
        return searched

    def _terms(self, key: Key, known: views.Image | views.Former) -> str:
        """Whose terms a picture is under."""
        finder = self._finders.at(known.source_url or "", key.domain, key.entity_type)
        return finder.source if finder else known.source

    async def _stowed(self, hit: Hit | None) -> BlobsAway | None:
        """Put away what was found; why that is not possible just now."""
        try:
            if hit:
                await keeping.stow(self.store, self.blobs, hit.original)
        except BlobsAway as away:
            return away
        return None

    async def _search(self, thing: Thing) -> Searched:
        try:
            async with asyncio.timeout(self._search_s):
                finders = self._finders.of(thing.domain, thing.entity_type)
                return await search(finders, self.worker, thing)
        except TimeoutError:
            late = Tried(finder="all", outcome="failed", reason="The search took too long")
            return Searched(tried=[late])

    @asynccontextmanager
    async def _held(self, lease: str) -> AsyncIterator[None]:
        """The lease is renewed inside, and given back when what is inside breaks off."""
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        except BaseException:
            async with self.store.write() as conn:
                await leases.give_back(conn, lease, self._owner)
            raise
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, lease: str) -> None:
        held = True
        while held:
            await asyncio.sleep(self._renew_s)
            async with self.store.write() as conn:
                until = clock.now() + self._lease
                held = await leases.renew(conn, lease, self._owner, until=until)

    def _landed(self, flight: _Flight, task: asyncio.Task[Outcome]) -> None:
        self._flights.pop(flight, None)
        if not task.cancelled():
            task.exception()  # taken note of, for whoever asked may be gone


async def _written(
    conn: Writing, user_id: int, thing: Thing, searched: Searched, force: bool
) -> views.Standing:
    """How matters stand once the outcome of a search is written down."""
    facts, hit = thing.facts(), searched.hit
    before = await queries.standing(conn, user_id, thing.key)
    if hit and (force or hit.origin.override or not _worse(hit, before)):
        await keeping.keep(conn, user_id, thing.key, hit.original, hit.origin, facts=facts)
    else:
        await keeping.miss(
            conn,
            user_id,
            thing.key,
            "unfit" if hit else searched.missed,
            reason="What was found is smaller than what is there" if hit else searched.reason,
            facts=facts,
            retry_after=searched.retry_after,
        )
    standing = await queries.standing(conn, user_id, thing.key)
    if standing is None:
        raise _Lost
    return standing


async def _unkept(conn: Writing, user_id: int, thing: Thing, away: BlobsAway) -> datetime:
    """Remember that what was found could not be kept; gives when to look again."""
    return await keeping.miss(
        conn,
        user_id,
        thing.key,
        "failed",
        reason=f"{UNKEPT}: {away.message}",
        facts=thing.facts(),
        retry_after=away.retry_after,
    )


def _seconds_to(instant: datetime | None) -> int:
    """Whole seconds from now until then, at least one."""
    return max(1, math.ceil((instant - clock.now()).total_seconds())) if instant else 1


def _chosen(source_url: str, finder: Finder | None = None) -> Provenance:
    """Where a picture is from that a person chose, at a provider's or elsewhere."""
    return Provenance(
        source=MANUAL,
        source_url=source_url,
        attribution=finder.attribution if finder else None,
        override=True,
        terms=finder.source if finder else "",
    )


def _worse(hit: Hit, before: views.Standing | None) -> bool:
    """Whether a picture found again is smaller than the one that is there."""
    if before is None or before.image is None:
        return False
    return hit.original.shorter_px < min(before.image.width, before.image.height)


def _settled(thing: Thing, standing: views.Standing, since: datetime | None) -> bool:
    """Whether there is nothing to look for; with `since`, only if somebody looked after that."""
    if since is not None:
        return standing.is_override or standing.updated_at > since
    return patience.settled(
        thing.facts(),
        clock.now(),
        is_override=standing.is_override,
        is_there=standing.image is not None,
        known=standing.facts,
        retry_at=standing.retry_at,
    )


def _outcome(
    standing: views.Standing, searched: Searched | None = None, duration_s: float = 0.0
) -> Outcome:
    known: dict[str, Literal["none", "unfit", "failed"]]
    known = {"none": "none", "unfit": "unfit", "failed": "failed"}
    hit = searched.hit if searched else None
    return Outcome(
        outcome="found" if standing.image else known.get(standing.outcome, "none"),
        image=standing.image,
        reason=standing.last_error,
        retry_at=standing.retry_at,
        tried=tuple(searched.tried) if searched else (),
        duration_s=duration_s,
        size_bytes=len(hit.original.body) if hit else 0,
    )


def _lease_key(user_id: int, key: Key) -> str:
    return f"find:{user_id}/{key}"
