"""Health over REST: that the server answers, and how syncing goes."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries as listening
from rewind_gql.domains.listening.views import Gaps
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.parts import number
from rewind_gql.rest.shim import Access, Call
from rewind_gql.store.read import Conn
from rewind_gql.sync import health as syncing
from rewind_gql.sync.views import Run

# The words clients know for each outcome of a run.
_STATUS = {
    "in_progress": "running",
    "success": "completed",
    "partial": "completed",
    "skipped": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class Health(TypedDict):
    """That the server answers."""

    status: Literal["ok"]
    timestamp: str


class RunHealth(TypedDict):
    """How a newest run went."""

    last_sync: str | None
    status: str
    sync_type: str
    items_synced: int | None
    duration_ms: int | None
    error: str | None
    error_rate: float


class SourceHealth(RunHealth):
    """How one source goes, and when it runs again."""

    next_run: str | None
    consecutive_failures: int
    stale: bool


class DomainHealth(RunHealth):
    """How a domain's newest run went, and each of its sources, by provider and kind of sync."""

    sources: dict[str, SourceHealth]


class Enrichment(TypedDict):
    """How much enrichment leaves open."""

    artists_missing_apple_music_url_with_plays: int
    artists_missing_apple_music_url: int
    tracks_missing_itunes_enrichment: int


class Integrity(TypedDict):
    """What does not fit together."""

    lastfm_album_artist_mismatch_count: int


class SyncHealth(TypedDict):
    """How syncing goes."""

    status: Literal["ok"]
    domains: dict[str, DomainHealth]
    enrichment: Enrichment
    integrity: Integrity


class State(NamedTuple):
    """What is known of syncing at one instant."""

    domains: list[syncing.DomainState]
    gaps: Gaps | None


async def health(call: Call) -> Health:
    """Health check

    That the server answers, and its time. Asks neither the database nor anything else.
    """
    return {"status": "ok", "timestamp": clock.iso(clock.now())}


async def sync_health(call: Call) -> SyncHealth:
    """Sync status for all domains

    The newest run of each domain and of each of its sources, the share of failed runs in 24 hours,
    and what enrichment leaves open. Error texts are told to callers with a key only.
    """
    found = await call.ask(_state, now=clock.now())
    return print_sync_health(found, errors=call.caller is not None)


async def _state(conn: Conn, user_id: int, *, now: datetime) -> State:
    domains = await syncing.state(conn, user_id, now=now)
    return State(domains, await listening.gaps(conn, user_id))


def print_sync_health(found: State, *, errors: bool) -> SyncHealth:
    """How syncing goes as clients of this API know it, with error texts or without."""
    gaps = found.gaps
    return {
        "status": "ok",
        "domains": {each.domain.domain: _domain(each, errors) for each in found.domains},
        "enrichment": {
            "artists_missing_apple_music_url_with_plays": (
                gaps.played_artists_without_link if gaps else 0
            ),
            "artists_missing_apple_music_url": gaps.artists_without_link if gaps else 0,
            "tracks_missing_itunes_enrichment": gaps.tracks_not_enriched if gaps else 0,
        },
        "integrity": {
            "lastfm_album_artist_mismatch_count": gaps.album_artist_mismatches if gaps else 0
        },
    }


def _domain(state: syncing.DomainState, errors: bool) -> DomainHealth:
    sources: dict[str, SourceHealth] = {}
    for each in state.sources:
        name = f"{each.source.provider}/{each.source.sync_type}"
        # Accounts have names of their own, which are nobody's business where this is public.
        unique = f"{name}/{each.source.id}" if name in sources else name
        sources[unique] = _source(each, errors)
    return {**_run(state.domain.latest, state.domain.error_rate, errors), "sources": sources}


def _source(state: syncing.SourceHealth, errors: bool) -> SourceHealth:
    source = state.source
    return {
        **_run(state.latest, state.error_rate, errors),
        "sync_type": source.sync_type,
        "next_run": clock.iso(source.next_due_at) if source.next_due_at else None,
        "consecutive_failures": source.consecutive_failures,
        "stale": state.stale,
    }


def _run(run: Run | None, error_rate: float, errors: bool) -> RunHealth:
    if run is None:
        return {
            "last_sync": None,
            "status": "never",
            "sync_type": "unknown",
            "items_synced": None,
            "duration_ms": None,
            "error": None,
            "error_rate": number(error_rate),
        }
    at = run.ended_at or run.started_at
    took = run.ended_at - run.started_at if run.ended_at and run.started_at else None
    return {
        "last_sync": clock.iso(at) if at else None,
        "status": _STATUS[run.status],
        "sync_type": run.sync_type,
        "items_synced": run.items_inserted + run.items_updated,
        "duration_ms": None if took is None else took // timedelta(milliseconds=1),
        "error": run.error if errors and run.status == "failed" else None,
        "error_rate": number(error_rate),
    }


ROUTES = (
    REWIND.page(
        "/health",
        health,
        access=Access.PUBLIC,
        cache=Cache("public", 30),
        name="getHealth",
        tag="System",
    ),
    REWIND.page(
        "/health/sync",
        sync_health,
        access=Access.OPENABLE,
        cache=Cache("private", 15),
        name="getHealthSync",
        tag="System",
    ),
)
