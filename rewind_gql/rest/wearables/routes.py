"""The routes of Open Wearables' sync status: recent events, runs, the live stream, history."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Ge, Le
from starlette.responses import Response

from rewind_gql import clock
from rewind_gql.auth.views import Caller
from rewind_gql.errors import NotFound
from rewind_gql.rest.params import LARGEST
from rewind_gql.rest.shim import Access, Call, Route, Streamed
from rewind_gql.rest.wearables.dialect import WEARABLES, is_owner
from rewind_gql.rest.wearables.params import Instant, Text
from rewind_gql.rest.wearables.stream import Follow, Stream, id_in_header
from rewind_gql.rest.wearables.words import (
    STATUSES,
    LiveSource,
    LiveStatus,
    Printed,
    Scope,
    Source,
    Status,
    Words,
    words,
)
from rewind_gql.sync import history, queries

Page = Annotated[int, Ge(1), Le(200)]
Everything = Annotated[int, Ge(1), Le(10_000)]
Replay = Annotated[int, Ge(0), Le(200)]
EventId = Annotated[int, Ge(0), Le(LARGEST)]

TICKET_LIVES_S = 60


class UserNotFound(NotFound):
    """User not found"""


class RunNotFound(NotFound):
    """Sync run not found"""


def _caller(call: Call) -> Caller:
    if call.caller is None:
        raise RuntimeError("a route of this API that lets anybody in")
    return call.caller


def _words(call: Call) -> Words:
    return words(call.desk.settings.sync.ow_compat)


async def _person(call: Call, uuid: UUID) -> int:
    """The user of this uuid, whom the caller may read: themselves; anybody, for the owner.

    Raises `UserNotFound`, alike for the unknown and for those who are none of the caller's concern.
    """
    caller = _caller(call)
    if uuid == caller.user_uuid:
        return caller.user_id
    found = None
    if is_owner(call.desk, caller):
        found = await call.desk.store.system(history.person, uuid=uuid)
    if found is None:
        raise UserNotFound
    return found


def _window(call: Call) -> Any:
    return clock.now() - timedelta(hours=call.desk.settings.sync.event_hours)


async def recent(call: Call, *, user_id: UUID, limit: Page = 50) -> list[Printed]:
    """Recent events

    Newest first, of the last 24 hours.
    """
    person = await _person(call, user_id)
    ask, say = call.desk.store.ask, _words(call).event
    found = await ask(history.recent, person, since=_window(call), limit=limit)
    return [say(user_id, event) for event in found]


async def runs(call: Call, *, user_id: UUID, limit: Page = 20) -> list[Printed]:
    """Runs with recent events

    The one heard of last first.
    """
    person = await _person(call, user_id)
    ask = call.desk.store.ask
    found = await ask(history.updated, person, since=_window(call), limit=limit)
    return list(map(_words(call).run, found))


async def stream(
    call: Call,
    *,
    user_id: UUID,
    replay: Replay = 20,
    run_id: Text | None = None,
    last_event_id: EventId | None = None,
) -> Streamed:
    """Live events

    Server-sent events: first some of the past, or all that were missed, then each as it comes.
    """
    person = await _person(call, user_id)
    # A browser that reconnects says where it is; the address it has is that of the first time.
    said = id_in_header(call.header(b"last-event-id"))
    after = last_event_id if said is None else said
    if run_id is not None and await _all_told(call, person, run_id, after):
        return Streamed(Response(status_code=204))  # upon which no browser comes back
    asked = Follow(user_id=person, uuid=user_id, replay=replay, after=after, run_id=run_id)
    return Streamed(Stream(call.desk, _caller(call), asked, _words(call).event))


async def _all_told(call: Call, person: int, run_id: str, after: int | None) -> bool:
    """Whether the client has the run's last event. Raises `RunNotFound`."""
    run = await call.desk.store.ask(queries.run, person, id=run_id)
    if run is None:
        raise RunNotFound
    return run.ended_at is not None and after is not None and after >= run.last_seq


async def stream_ticket(call: Call, *, user_id: UUID) -> Printed:
    """A ticket for the stream

    For browsers, which can send no headers with it: good once, and for a minute.
    """
    await _person(call, user_id)
    ticket = await call.desk.gate.ticket(_caller(call))
    return {"ticket": ticket, "expires_in": TICKET_LIVES_S}


async def past(
    call: Call,
    *,
    user_id: UUID,
    limit: Page = 20,
    scope: Scope | None = None,
    since: Instant = clock.EPOCH,
) -> list[Printed]:
    """Runs of history

    Newest first by when they were asked for, live ones and those under way too.
    """
    person = await _person(call, user_id)
    ask = call.desk.store.ask
    found = await ask(history.past, person, limit=limit, scope=scope, since=since)
    return list(map(_words(call).record, found))


async def one(call: Call, *, run_key: Text) -> Printed:
    """One run of history

    With what became of each kind of data.
    """
    store, caller, say = call.desk.store, _caller(call), _words(call)
    if is_owner(call.desk, caller):
        found = await store.system(history.anybodys_detail, run_id=run_key)
    else:
        found = await store.ask(history.detail, caller.user_id, run_id=run_key)
    if found is None:
        raise RunNotFound
    return say.record(found.record) | {"data_types": list(map(say.data_type, found.parts))}


async def all_runs(
    call: Call,
    *,
    limit: Everything = 50,
    user_id: UUID | None = None,
    provider: Text | None = None,
    status: Status | None = None,
    source: Source | None = None,
) -> list[Printed]:
    """Runs of everybody

    Newest first by when they were asked for; with the owner's admin key.
    """
    statuses = STATUSES.get(status, (status,)) if status else None
    found = await call.desk.store.system(
        history.everybody,
        limit=limit,
        person=user_id,
        provider=provider,
        statuses=statuses,
        told_source=source,
    )
    return list(map(_words(call).run, found))


async def all_live_runs(
    call: Call,
    *,
    limit: Everything = 50,
    user_id: UUID | None = None,
    provider: Text | None = None,
    status: LiveStatus | None = None,
    source: LiveSource | None = None,
) -> list[Printed]:
    """Runs of everybody

    The same, with every status and source there is.
    """
    found = await call.desk.store.system(
        history.everybody,
        limit=limit,
        person=user_id,
        provider=provider,
        statuses=(status,) if status else None,
        source=source,
    )
    return list(map(_words(call).run, found))


def _routes(everybody: Any) -> tuple[Route, ...]:
    kept: dict[str, Any] = {"cache": None, "tag": "Sync status"}
    user = "/users/{user_id}/sync"
    return (
        WEARABLES.page(f"{user}/recent", recent, name="listRecentSyncEvents", **kept),
        WEARABLES.page(f"{user}/runs", runs, name="listSyncRuns", **kept),
        WEARABLES.page(
            f"{user}/stream",
            stream,
            name="streamSyncEvents",
            access=Access.TICKETED,
            returns=str,
            **kept,
        ),
        WEARABLES.post(
            f"{user}/stream-ticket",
            stream_ticket,
            name="createStreamTicket",
            access=Access.READ,
            tag="Sync status",
        ),
        WEARABLES.page(f"{user}/history", past, name="listSyncHistory", **kept),
        WEARABLES.page("/sync/history/{run_key}", one, name="getSyncRun", **kept),
        WEARABLES.page(
            "/sync/runs", everybody, name="listAllSyncRuns", access=Access.ADMIN, **kept
        ),
    )


ROUTES = _routes(all_runs)
UPSTREAM_ROUTES = _routes(all_live_runs)
