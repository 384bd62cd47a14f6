"""Syncs and lookups of listening, asked for by the owner."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from annotated_doc import Doc
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening.enrichment import tasks
from rewind_gql.errors import Conflicting, NotFound
from rewind_gql.rest.answers import NO_STORE, Answer
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.sync import WAIT_S, Running, ended, start
from rewind_gql.rest.shim import Access, Call, Said
from rewind_gql.sync import queries
from rewind_gql.sync.views import Run, Source

SyncType = Literal[
    "scrobbles", "top_lists", "stats", "full", "backfill", "artist_tags", "artist_bios",
    "artist_similar",
]  # fmt: skip

_KINDS: Mapping[str, tuple[str, ...]] = {
    "stats": ("user_stats",),
    "full": ("scrobbles", "top_lists", "user_stats"),
    "backfill": ("scrobbles",),
}
_TASKS = {
    "artist_tags": tasks.TAGS,
    "artist_bios": tasks.BIOS,
    "artist_similar": tasks.SIMILAR,
}
# Who knows pages at Apple Music, the one with a key first: it takes twenty times as many questions.
_LINKS = ("apple_music", "itunes")
_GIVEN_BY = (
    "APPLE_MUSIC_DEVELOPER_TOKEN, or APPLE_MUSIC_TEAM_ID, APPLE_MUSIC_KEY_ID and "
    "APPLE_MUSIC_PRIVATE_KEY"
)
_NO_LINKS = (
    "Nobody can be asked for links to Apple Music. Set ITUNES_LINKS=true, or give a token in "
    f"{_GIVEN_BY}."
)
_NO_CATALOGUE = f"There is no token for Apple Music. Set {_GIVEN_BY}."
_PLACE = b"/v1/admin/sync/listening"

Limit = Annotated[int, Doc("How many to look up; too few and too many are taken for the nearest.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedListening:
    """What is to be synced."""

    type: SyncType = "scrobbles"


class Synced(TypedDict):
    """A sync that has ended, and, for artists, how many are still to be asked about."""

    status: Literal["completed"]
    items_synced: int
    timestamp: str
    remaining: NotRequired[int]


class AlbumsSynced(TypedDict):
    """A lookup of albums that has ended."""

    status: Literal["completed"]
    items_synced: int
    skipped: int
    timestamp: str


class LinkCounts(TypedDict):
    """What came of looking things up: found, not there, and in error."""

    total: int
    succeeded: int
    skipped: int
    failed: int


class Enriched(TypedDict):
    """A lookup that has ended."""

    success: bool
    results: LinkCounts


async def sync_listening(call: Call, *, body: WantedListening = WantedListening()) -> Synced | Said:
    """Sync listening

    Waits up to 25 seconds for the end; then tells which run to look at. A sync of the same kind
    that is under way is joined. A backfill reads everything again and adds what is missing.
    """
    found = await _sources(call)
    kinds = _KINDS.get(body.type, (body.type,))
    chosen = [each for kind in kinds for each in found if each.sync_type == kind]
    if not chosen:
        raise NotFound("No source of this domain is set up")
    scope = "historical" if body.type == "backfill" else "live"
    done = await _through(call, chosen, scope=scope)
    if isinstance(done, Said):
        return done
    answer: Synced = {
        "status": "completed",
        "items_synced": sum(run.items_inserted + run.items_updated for run in done),
        "timestamp": clock.iso(clock.now()),
    }
    if task := _TASKS.get(body.type):
        answer["remaining"] = await call.ask(tasks.remaining, task=task, now=clock.now())
    return answer


async def sync_albums(call: Call) -> AlbumsSynced | Said:
    """Look up albums

    The year and the number of tracks of up to 200 albums, by Apple Music's catalogue. Waits up to
    25 seconds for the end; then tells which run to look at.
    """
    chosen = [each for each in await _sources(call) if each.sync_type == "album_facts"]
    if not chosen:
        return Said(500, {"error": _NO_CATALOGUE, "status": 500})
    done = await _through(call, chosen[:1])
    if isinstance(done, Said):
        return done
    return {
        "status": "completed",
        "items_synced": sum(run.items_updated for run in done),
        "skipped": sum(run.items_skipped for run in done),
        "timestamp": clock.iso(clock.now()),
    }


async def enrich_tracks(call: Call, *, limit: Limit = 50) -> Enriched | Said:
    """Look up tracks at Apple Music

    Pages and samples of tracks never looked up, newest first; 200 at most. Waits up to 25 seconds
    for the end; then tells which run to look at.
    """
    return await _enriched(call, "track_links", min(max(limit, 1), 200))


async def enrich_artists(call: Call, *, limit: Limit = 100) -> Enriched | Said:
    """Look up artists at Apple Music

    Pages of artists without one, most played first; 500 at most. Waits up to 25 seconds for the
    end; then tells which run to look at.
    """
    return await _enriched(call, "artist_links", min(max(limit, 1), 500))


async def moved(call: Call) -> Answer:
    """Sync listening, at its former address

    Leads to the present one, method and body kept.
    """
    return Answer(308, [NO_STORE, (b"location", _PLACE), (b"content-length", b"0")], b"")


async def _enriched(call: Call, sync_type: str, limit: int) -> Enriched | Said:
    found = {each.provider: each for each in await _sources(call) if each.sync_type == sync_type}
    source = next((found[name] for name in _LINKS if name in found), None)
    if source is None:
        raise Conflicting(_NO_LINKS)
    done = await _through(call, [source], args={"limit": limit})
    if isinstance(done, Said):
        return done
    run = done[0]
    counts: LinkCounts = {
        "total": run.items_processed + run.items_failed,
        "succeeded": run.items_inserted + run.items_updated,
        "skipped": run.items_skipped,
        "failed": run.items_failed,
    }
    return {"success": True, "results": counts}


async def _sources(call: Call) -> list[Source]:
    return (await call.ask(queries.sources_by_domain, ["listening"])).get("listening", [])


async def _through(
    call: Call,
    chosen: Sequence[Source],
    *,
    scope: str = "live",
    args: Mapping[str, Any] | None = None,
) -> list[Run] | Said:
    """The runs of these sources, one after the other; another answer where one fails or lasts."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    runs: list[Run] = []
    for at, source in enumerate(chosen):
        run_id = await start(call, source, scope=scope, args=args)
        run = await ended(call, run_id, deadline)
        if run is None:
            rest = [other.sync_type for other in chosen[at + 1 :]]
            return Said(202, Running(status="running", run_id=run_id, remaining=rest))
        if run.status == "failed":
            return Said(500, {"error": run.error or "The sync failed", "status": 500})
        if run.status == "cancelled":
            raise Conflicting("The sync was cancelled")
        runs.append(run)
    return runs


ROUTES = (
    REWIND.post(
        "/admin/sync/listening",
        sync_listening,
        others={202: Running},
        refuses=(404, 409, 500),
        returns=Synced,
        name="adminSyncListening",
        tag="Admin",
    ),
    REWIND.post(
        "/admin/sync/apple-music-albums",
        sync_albums,
        others={202: Running},
        refuses=(409, 500),
        returns=AlbumsSynced,
        name="adminSyncAppleMusicAlbums",
        tag="Admin",
    ),
    REWIND.post(
        "/listening/admin/enrich-apple-music",
        enrich_tracks,
        others={202: Running},
        refuses=(409, 500),
        returns=Enriched,
        name="enrichListeningAppleMusic",
        tag="Listening",
    ),
    REWIND.post(
        "/listening/admin/enrich-artists",
        enrich_artists,
        others={202: Running},
        refuses=(409, 500),
        returns=Enriched,
        name="enrichListeningArtists",
        tag="Listening",
    ),
    REWIND.post(
        "/listening/admin/sync",
        moved,
        status=308,
        returns=Answer,
        name="postListeningAdminSync",
        tag="Listening",
    ),
    REWIND.page(
        "/listening/admin/sync",
        moved,
        status=308,
        returns=Answer,
        access=Access.ADMIN,
        cache=None,
        name="getListeningAdminSync",
        tag="Listening",
    ),
)
