"""How syncing goes, in one look: each domain, and each source by itself so that none hides."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rewind_gql.store.read import Conn
from rewind_gql.sync import queries, views
from rewind_gql.sync.queries import RATE_WINDOW

STALE_AFTER_INTERVALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How one source goes."""

    source: views.Source
    latest: views.Run | None
    error_rate: float
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainState:
    """How a domain goes: its newest run, and every source of it."""

    domain: views.DomainHealth
    sources: list[SourceHealth]


async def state(conn: Conn, user_id: int, *, now: datetime) -> list[DomainState]:
    """Every domain of `queries.health`, in its order, with its sources by provider."""
    domains = await queries.health(conn, user_id, now=now)
    names = [each.domain for each in domains]
    by_domain = await queries.sources_by_domain(conn, user_id, names)
    ids = [source.id for sources in by_domain.values() for source in sources]
    latest = await queries.latest_runs_by_source(conn, user_id, ids)
    rates = await queries.errors_by_source(conn, user_id, ids, since=now - RATE_WINDOW)
    return [
        DomainState(
            domain=domain,
            sources=[
                SourceHealth(
                    source=source,
                    latest=latest.get(source.id),
                    error_rate=rates[source.id].error,
                    stale=stale(source, now),
                )
                for source in by_domain.get(domain.domain, [])
            ],
        )
        for domain in domains
    ]


def stale(source: views.Source, now: datetime) -> bool:
    """Whether a source's newest data is older than three rounds of its schedule.

    One that never went well is stale once it has failed.
    """
    if source.last_success_at is None:
        return source.consecutive_failures > 0
    late = timedelta(seconds=STALE_AFTER_INTERVALS * source.interval_s)
    return now - source.last_success_at > late
