"""What is asked of the ledger: health, runs with their parts and events, sources, rejects."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any

from sqlalchemy import Select, bindparam, func, not_, select, tuple_
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import among
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read, Wanted
from rewind_gql.sync import views
from rewind_gql.sync.columns import columns
from rewind_gql.sync.ledger.rows import (
    EVENT_COLUMNS,
    PART_COLUMNS,
    RUN,
    RUN_COLUMNS,
    SOURCE_COLUMNS,
    runs_where,
)
from rewind_gql.sync.tables import Event, Reject, Run, RunPart, Source

SEED_DOMAINS = ("listening", "running", "watching", "collecting", "reading", "attending")
LATER_DOMAINS = ("health", "focus")
RATE_WINDOW = timedelta(hours=24)

RUNS = "sync_runs"
RUNS_TYPES = (int, str)
EVENTS = "sync_events"
EVENTS_TYPES = (int,)
REJECTS = "sync_rejects"
REJECTS_TYPES = (int,)

_NEWEST: Key = (clock.microseconds(datetime.max.replace(tzinfo=clock.EPOCH.tzinfo)), "")
_OLDEST: Key = (0, "")
_LAST_ID = 2**62
_FILTERS = ("domain", "provider", "status")


_MINE = col(Run.user_id) == bindparam("user_id")
FINISHED = ("success", "partial", "failed")
"""What a run counts as in a rate; the skipped, the cancelled and the unfinished do not."""


def _counts(*which: Any) -> list[Any]:
    """How many runs since `since` ended in each way: a walk of an index each, whatever else ran."""
    since = col(Run.started_at) >= bindparam("since")
    counted = select(func.count()).select_from(Run).where(_MINE, since, not_(col(Run.housekeeping)))
    return [
        counted.where(*which, col(Run.status) == status).scalar_subquery() for status in FINISHED
    ]


_LATEST = Read(
    runs_where(
        col(Run.domain) == bindparam("domain"),
        col(Run.started_at).is_not(None),
        col(Run.status) != "cancelled",
        not_(col(Run.housekeeping)),
    )
    .order_by(col(Run.started_at).desc(), col(Run.last_seq).desc())
    .limit(1),
    views.Run,
)
_DOMAINS = (*SEED_DOMAINS, *LATER_DOMAINS)
_TALLY: Read[tuple[int, ...]] = Read(
    select(*(count for domain in _DOMAINS for count in _counts(col(Run.domain) == domain)))
)
_TALLY_BY_SOURCE: Read[tuple[int, ...]] = Read(
    select(col(Source.id), *_counts(col(Run.source_id) == col(Source.id))).where(
        col(Source.user_id) == bindparam("user_id"), among(col(Source.id), "source_ids")
    )
)


async def health(conn: Conn, user_id: int, *, now: datetime) -> list[views.DomainHealth]:
    """How the newest run of each domain went, and how many failed in the 24 hours before `now`.

    Shape: the six seed domains, always, in their order; then `health` and `focus` if they ever ran.
    Source: `sync_run`. The newest run is one that has started, was not cancelled and is not mere
    maintenance. The rate is failed of successful, partial and failed runs, rounded half up; 0
    without any.
    """
    tally = await conn.value(_TALLY, user_id=user_id, since=now - RATE_WINDOW)
    found = []
    for place, domain in enumerate(_DOMAINS):
        latest = await conn.first(_LATEST, user_id=user_id, domain=domain)
        if latest is not None or domain in SEED_DOMAINS:
            rates = _rates(tally[place * len(FINISHED) :])
            found.append(views.DomainHealth(domain=domain, latest=latest, error_rate=rates.error))
    return found


def _rates(counts: Sequence[int]) -> views.Rates:
    """The rates of so many good, partial and failed runs, rounded half up."""
    good, partial, failed = counts[: len(FINISHED)]
    total = good + partial + failed
    error, half = (
        float((Decimal(part) / (total or 1)).quantize(Decimal("0.01"), ROUND_HALF_UP))
        for part in (failed, partial)
    )
    return views.Rates(error=error, partial=half)


async def run(conn: Conn, user_id: int, *, id: str) -> views.Run | None:  # noqa: A002  # the client's name for it
    """A run; None when there is none of that id."""
    return await conn.first(RUN, user_id=user_id, run_id=id)


def _filtered(names: Sequence[str]) -> list[Any]:
    return [getattr(Run, name) == bindparam(name) for name in names]


def _runs(names: Sequence[str], *, backward: bool) -> Read[views.Run]:
    """The page of runs between two keys, newest first, that fit the named filters."""
    key = tuple_(col(Run.queued_at), col(Run.id))
    newer, older = (
        tuple_(
            bindparam(f"{end}_at", type_=Run.queued_at.type),  # type: ignore[attr-defined]  # columns have types
            bindparam(f"{end}_id", type_=Run.id.type),  # type: ignore[attr-defined]  # columns have types
        )
        for end in ("newer", "older")
    )
    ordered = (
        (col(Run.queued_at), col(Run.id))
        if backward
        else (col(Run.queued_at).desc(), col(Run.id).desc())
    )
    statement = runs_where(key < newer, key > older, *_filtered(names))
    page_of = statement.order_by(*ordered).limit(bindparam("limit"))
    return Read(page_of, views.Run, keys=("id", "queued_at"))


_CHOICES = [
    tuple(name for name, on in zip(_FILTERS, chosen, strict=True) if on)
    for chosen in product((False, True), repeat=len(_FILTERS))
]
_RUNS = {
    (names, backward): _runs(names, backward=backward)
    for names in _CHOICES
    for backward in (False, True)
}
_COUNTS: dict[tuple[str, ...], Read[tuple[int]]] = {
    names: Read(select(func.count()).select_from(Run).where(_MINE, *_filtered(names)))
    for names in _CHOICES
}


async def runs(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    domain: str | None = None,
    provider: str | None = None,
    status: str | None = None,
    only: Wanted = None,
) -> Page[views.Run]:
    """Runs that fit every filter given, newest first by when they were asked for.

    With `only` these fields of each, and its place in the list.
    """
    given = _given(domain, provider, status)
    newer, older = part.after or _NEWEST, part.before or _OLDEST
    found = await conn.rows(
        _RUNS[tuple(given), part.backward].only(only),
        user_id=user_id,
        newer_at=_instant(int(newer[0] or 0)),
        newer_id=str(newer[1]),
        older_at=_instant(int(older[0] or 0)),
        older_id=str(older[1]),
        limit=part.limit + 1,
        **given,
    )
    return page(RUNS, found, part, key=lambda run: (clock.microseconds(run.queued_at), run.id))


def _instant(microseconds: int) -> datetime:
    try:
        return clock.from_microseconds(microseconds)
    except OverflowError as wrong:
        raise BadInput("This cursor is not one of ours") from wrong


async def runs_count(
    conn: Conn,
    user_id: int,
    *,
    domain: str | None = None,
    provider: str | None = None,
    status: str | None = None,
) -> int:
    """How many runs fit every filter given."""
    given = _given(domain, provider, status)
    return (await conn.value(_COUNTS[tuple(given)], user_id=user_id, **given))[0]


def _given(domain: str | None, provider: str | None, status: str | None) -> dict[str, str]:
    all_ = zip(_FILTERS, (domain, provider, status), strict=True)
    return {name: value for name, value in all_ if value is not None}


_RUNS_BY_ID = Read(runs_where(among(col(Run.id), "ids")), views.Run)
_LATEST_OF_SOURCE = Read(
    select(*RUN_COLUMNS)
    .join(Source, col(Source.last_run_id) == col(Run.id))
    .where(_MINE, col(Source.user_id) == bindparam("user_id"), among(col(Source.id), "source_ids")),
    views.Run,
)
_ACTIVE_OF_SOURCE = Read(
    runs_where(col(Run.ended_at).is_(None), among(col(Run.source_id), "source_ids")).order_by(
        col(Run.queued_at)
    ),
    views.Run,
)


async def runs_by_id(conn: Conn, user_id: int, ids: Sequence[str]) -> dict[str, views.Run]:
    """Runs by id; unknown ids are left out."""
    found = await conn.rows(_RUNS_BY_ID, user_id=user_id, ids=ids)
    return {run.id: run for run in found}


async def latest_runs_by_source(
    conn: Conn, user_id: int, source_ids: Sequence[int]
) -> dict[int, views.Run]:
    """The newest run of each source that ever had one."""
    found = await conn.rows(_LATEST_OF_SOURCE, user_id=user_id, source_ids=source_ids)
    return {run.source_id: run for run in found if run.source_id is not None}


async def active_runs_by_source(
    conn: Conn, user_id: int, source_ids: Sequence[int]
) -> dict[int, views.Run]:
    """The unfinished run of each source that has one; of several the newest."""
    found = await conn.rows(_ACTIVE_OF_SOURCE, user_id=user_id, source_ids=source_ids)
    return {run.source_id: run for run in found if run.source_id is not None}


_PARTS_BY_RUN = Read(
    select(*PART_COLUMNS)
    .join(Run, col(Run.id) == col(RunPart.run_id))
    .where(_MINE, among(col(RunPart.run_id), "run_ids"))
    .order_by(col(RunPart.run_id), col(RunPart.updated_at), col(RunPart.part)),
    views.RunPart,
)


async def parts_by_run(
    conn: Conn, user_id: int, run_ids: Sequence[str]
) -> dict[str, list[views.RunPart]]:
    """The parts of each run, in the order they were last worked on."""
    parts: dict[str, list[views.RunPart]] = defaultdict(list)
    for part in await conn.rows(_PARTS_BY_RUN, user_id=user_id, run_ids=run_ids):
        parts[part.run_id].append(part)
    return dict(parts)


def _events(*, backward: bool) -> Read[views.Event]:
    """Up to `limit` events of each run between two numbers; one statement for all runs."""
    seq = col(Event.seq)
    place = func.row_number().over(
        partition_by=col(Event.run_id), order_by=seq.desc() if backward else seq
    )
    numbered: Select[Any] = select(*EVENT_COLUMNS, place.label("place")).where(
        col(Event.user_id) == bindparam("user_id"),
        among(col(Event.run_id), "run_ids"),
        seq > bindparam("after"),
        seq < bindparam("before"),
    )
    inner = numbered.subquery()
    chosen = [inner.c[column.name] for column in EVENT_COLUMNS]
    return Read(
        select(*chosen)
        .where(inner.c.place <= bindparam("limit"))
        .order_by(inner.c.run_id, inner.c.place),
        views.Event,
    )


_EVENTS = {backward: _events(backward=backward) for backward in (False, True)}


def number(key: Key | None, missing: int) -> int:
    """The one number in the key of a cursor."""
    return int(key[0] or 0) if key else missing


async def events_by_run(
    conn: Conn, user_id: int, run_ids: Sequence[str], *, part: Slice
) -> dict[str, Page[views.Event]]:
    """The events of each run, oldest first; every run asked for has its page, empty or not."""
    found = await conn.rows(
        _EVENTS[part.backward],
        user_id=user_id,
        run_ids=run_ids,
        after=number(part.after, 0),
        before=number(part.before, _LAST_ID),
        limit=part.limit + 1,
    )
    by_run: dict[str, list[views.Event]] = {run_id: [] for run_id in run_ids}
    for event in found:
        by_run[event.run_id].append(event)
    return {
        run_id: page(EVENTS, events, part, key=lambda event: (event.seq,))
        for run_id, events in by_run.items()
    }


_SOURCES = (
    select(*SOURCE_COLUMNS)
    .where(col(Source.user_id) == bindparam("user_id"))
    .order_by(col(Source.provider), col(Source.id))
)
_ALL_SOURCES = Read(_SOURCES, views.Source)
_SOURCES_BY_DOMAIN = Read(_SOURCES.where(among(col(Source.domain), "domains")), views.Source)
_SOURCES_BY_ID = Read(_SOURCES.where(among(col(Source.id), "ids")), views.Source)


async def sources(conn: Conn, user_id: int) -> list[views.Source]:
    """Everything that can be synced, by provider."""
    return await conn.rows(_ALL_SOURCES, user_id=user_id)


async def sources_by_domain(
    conn: Conn, user_id: int, domains: Sequence[str]
) -> dict[str, list[views.Source]]:
    """The sources of each domain, by provider."""
    by_domain: dict[str, list[views.Source]] = defaultdict(list)
    for source in await conn.rows(_SOURCES_BY_DOMAIN, user_id=user_id, domains=domains):
        by_domain[source.domain].append(source)
    return dict(by_domain)


async def sources_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Source]:
    """Sources by id; unknown ids are left out."""
    found = await conn.rows(_SOURCES_BY_ID, user_id=user_id, ids=ids)
    return {source.id: source for source in found}


async def errors_by_source(
    conn: Conn, user_id: int, source_ids: Sequence[int], *, since: datetime
) -> dict[int, views.Rates]:
    """How many of each source's runs since then failed or were partial.

    Shape: every source asked for; both rates are 0 for one that did not run. Counted as in
    `health`.
    """
    none = dict.fromkeys(source_ids, (0,) * len(FINISHED))
    found = await conn.rows(_TALLY_BY_SOURCE, user_id=user_id, source_ids=source_ids, since=since)
    counts = {**none, **{source_id: each for source_id, *each in found}}
    return {source_id: _rates(each) for source_id, each in counts.items()}


def _rejects(*, backward: bool) -> Read[views.Reject]:
    at = col(Reject.id)
    return Read(
        select(*columns(Reject, views.Reject))
        .where(
            col(Reject.user_id) == bindparam("user_id"),
            at < bindparam("newer"),
            at > bindparam("older"),
        )
        .order_by(at if backward else at.desc())
        .limit(bindparam("limit")),
        views.Reject,
    )


_REJECTS = {backward: _rejects(backward=backward) for backward in (False, True)}


_REJECTS_BY_ID = Read(
    select(*columns(Reject, views.Reject)).where(
        col(Reject.user_id) == bindparam("user_id"), among(col(Reject.id), "ids")
    ),
    views.Reject,
)


async def rejects_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Reject]:
    """Rejects by id; unknown ids are left out."""
    found = await conn.rows(_REJECTS_BY_ID, user_id=user_id, ids=ids)
    return {reject.id: reject for reject in found}


async def rejects(conn: Conn, user_id: int, *, part: Slice) -> Page[views.Reject]:
    """Items that could not be read, the one met last for the first time first."""
    found = await conn.rows(
        _REJECTS[part.backward],
        user_id=user_id,
        newer=number(part.after, _LAST_ID),
        older=number(part.before, 0),
        limit=part.limit + 1,
    )
    return page(REJECTS, found, part, key=lambda reject: (reject.id,))


_REJECTS_OF_RUN = Read(
    select(*columns(Reject, views.Reject))
    .where(col(Reject.user_id) == bindparam("user_id"), col(Reject.run_id) == bindparam("run_id"))
    .order_by(col(Reject.id)),
    views.Reject,
)


async def rejects_of_run(conn: Conn, user_id: int, *, run_id: str) -> list[views.Reject]:
    """Items that this run could not read, and no later one met again."""
    return await conn.rows(_REJECTS_OF_RUN, user_id=user_id, run_id=run_id)
