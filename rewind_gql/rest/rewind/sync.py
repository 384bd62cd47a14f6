"""Syncing over REST: asked for, waited for, and pointed to when it takes longer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.shim import Call, Said
from rewind_gql.sync import ledger, queries
from rewind_gql.sync.deps import enqueue
from rewind_gql.sync.ledger.words import PICTURES
from rewind_gql.sync.views import Run, Source

WAIT_S = 25.0
POLL_S = 0.1

# What a domain's sync is where the caller does not say; and words of this API for ours.
_MAIN = {"listening": "scrobbles", "collecting": "full"}
_WORDS = {"stats": "user_stats"}
_EVERYTHING = "full"
_OF_FILMS = ("collecting", "watching")
_FILMS_FIRST = ("trakt", "history", "films")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be synced."""

    type: str | None = None


class Completed(TypedDict):
    """A sync that has ended."""

    status: Literal["completed"]
    items_synced: int
    timestamp: str


class Running(TypedDict):
    """A sync that is still under way, and the kinds that were not begun."""

    status: Literal["running"]
    run_id: str
    remaining: list[str]


async def sync_domain(call: Call, *, domain: str, body: Wanted = Wanted()) -> Completed | Said:
    """Sync a domain

    Waits up to 25 seconds for the end; then tells which run to look at. A sync of the same kind
    that is under way is joined. Kinds asked for together run one after the other.
    """
    found = (await call.ask(queries.sources_by_domain, [domain])).get(domain, [])
    # Pictures are looked for beside syncs; nobody who wants their plays waits for them.
    sources = [source for source in found if source.provider != PICTURES]
    if not sources:
        raise NotFound("No source of this domain is set up")
    return await _through(call, choose(domain, sources, body.type))


async def sync_collecting(call: Call, *, body: Wanted = Wanted()) -> Completed | Said:
    """Sync the collection

    Owned records and wanted ones. Waits up to 25 seconds for the end; then tells which run to look
    at.
    """
    return await sync_domain(call, domain="collecting", body=body)


async def sync_trakt(call: Call) -> Completed | Said:
    """Sync Trakt

    Owned films, then watched ones, then what TMDB tells of those that are new. Waits up to 25
    seconds for the end; then tells which run to look at.
    """
    found = await call.ask(queries.sources_by_domain, [*_OF_FILMS])
    sources = [source for domain in _OF_FILMS for source in found.get(domain, [])]
    wanted = [source for source in sources if source.provider in ("trakt", "tmdb")]
    if not any(source.provider == "trakt" for source in wanted):
        raise NotFound("Trakt is not connected")
    return await _through(call, sorted(wanted, key=lambda it: _FILMS_FIRST.index(it.sync_type)))


async def _through(call: Call, chosen: Sequence[Source]) -> Completed | Said:
    """What comes of these sources synced one after the other."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    items = 0
    for at, source in enumerate(chosen):
        run_id = await start(call, source)
        run = await ended(call, run_id, deadline)
        if run is None:
            rest = [other.sync_type for other in chosen[at + 1 :]]
            return Said(202, Running(status="running", run_id=run_id, remaining=rest))
        if run.status == "failed":
            return Said(500, {"error": run.error or "The sync failed", "status": 500})
        if run.status == "cancelled":
            raise Conflicting("The sync was cancelled")
        items += run.items_inserted + run.items_updated
    return {"status": "completed", "items_synced": items, "timestamp": clock.iso(clock.now())}


def choose(domain: str, sources: Sequence[Source], kind: str | None) -> list[Source]:
    """The sources that a kind of sync means. Raises `BadInput` naming the kinds there are."""
    kinds = sorted({source.sync_type for source in sources})
    wanted = _WORDS.get(kind, kind) if kind else _MAIN.get(domain, kinds[0])
    found = [source for source in sources if source.sync_type == wanted]
    if found:
        return found
    if wanted == _EVERYTHING:
        main = _MAIN.get(domain)
        return sorted(sources, key=lambda source: source.sync_type != main)
    raise BadInput(f"Invalid sync type. Valid: {', '.join([*kinds, *_WORDS, _EVERYTHING])}")


async def start(
    call: Call, source: Source, *, scope: str = "live", args: Mapping[str, Any] | None = None
) -> str:
    """Have a source synced, or join who does it; gives the run. Raises as `ledger.trigger` does."""
    async with call.desk.store.write() as conn:
        run = await ledger.trigger(
            conn, call.user_id, source_id=source.id, trigger="manual", scope=scope, args=args
        )
    await enqueue(call.desk.jobs, run.run_id, run.attempt)
    return run.run_id


async def ended(call: Call, run_id: str, deadline: float) -> Run | None:
    """The run once it has ended; None when that takes too long."""
    loop = asyncio.get_running_loop()
    while True:
        run = await call.ask(queries.run, id=run_id)
        if run is None or run.ended_at is not None:
            return run
        if loop.time() >= deadline:
            return None
        await asyncio.sleep(POLL_S)


ROUTES = (
    REWIND.post(
        "/admin/sync/collecting",
        sync_collecting,
        others={202: Running},
        refuses=(404, 409, 500),
        returns=Completed,
        name="adminSyncDiscogsCollection",
        tag="Admin",
    ),
    REWIND.post(
        "/admin/sync/trakt",
        sync_trakt,
        others={202: Running},
        refuses=(404, 409, 500),
        returns=Completed,
        name="adminSyncTraktCollection",
        tag="Admin",
    ),
    REWIND.post(
        "/admin/sync/{domain}",
        sync_domain,
        others={202: Running},
        refuses=(404, 409, 500),
        returns=Completed,
        name="adminSyncDomain",
        tag="Admin",
    ),
)
