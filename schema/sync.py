"""Syncing in GraphQL: what is asked of the ledger, and what it is told to do."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypedDict

import strawberry
from annotated_doc import Doc

from rewind_gql.errors import BadInput
from rewind_gql.sync import events, ledger, queries, views
from rewind_gql.sync.deps import enqueue
from schema.context import Info
from schema.errors import user_error
from schema.ids import key_of, number_of
from schema.mutations import Input, Mark, Payload, mutation
from schema.relay import Asked, Connection, Listing, Part, Stream, listing, streamed, wanted
from schema.runs import (
    AskedEvents,
    DomainSyncHealth,
    SyncEvent,
    SyncReject,
    SyncRun,
    SyncSource,
    SyncStatus,
)
from schema.shape import described, edge, taking

MAX_NAME = 100

RunId = Annotated[strawberry.ID, Doc("The run.")]


@taking
class SyncRunFilter:
    """Which runs are meant: those that fit all that is given."""

    domain: Annotated[str | None, Doc("Such as listening.")] = None
    provider: Annotated[str | None, Doc("Such as lastfm.")] = None
    status: Annotated[SyncStatus | None, Doc("How they went.")] = None


@taking
class SyncEventFilter:
    """Which events are meant: those that fit all that is given."""

    run_id: Annotated[strawberry.ID | None, Doc("Those of this run.")] = None
    domain: Annotated[str | None, Doc("Such as listening.")] = None
    provider: Annotated[str | None, Doc("Such as lastfm.")] = None
    status: Annotated[SyncStatus | None, Doc("How the run stood with them.")] = None
    include_progress: Annotated[bool, Doc("Steps of work, too, not just beginnings and ends.")] = (
        True
    )


@described
class SyncQuery:
    """Where questions about syncing begin."""

    @edge(list[DomainSyncHealth])
    async def sync_health(self, info: Info) -> list[views.DomainHealth]:
        """How the newest run of each domain went, the six first domains always."""
        return await info.context.ask(queries.health, now=info.context.now)

    @edge(SyncRun | None)
    async def sync_run(self, info: Info, id: RunId) -> views.Run | None:  # noqa: A002  # the argument's name
        """One run."""
        return await info.context.load(queries.runs_by_id, key_of("SyncRun", id))

    @edge(Connection[SyncRun])
    async def sync_runs(
        self,
        info: Info,
        asked: Asked,
        filter: Annotated[SyncRunFilter | None, Doc("Which runs are meant.")] = None,  # noqa: A002  # the argument's name
    ) -> Listing[views.Run]:
        """Runs, newest first by when they were asked for."""
        part = asked.part(queries.RUNS, queries.RUNS_TYPES)
        chosen = _chosen(filter or SyncRunFilter())
        count = partial(queries.runs_count, **chosen)
        query = partial(queries.runs, only=wanted(info), **chosen)
        return await listing(info, query, count, part)

    @edge(Stream[SyncEvent])
    async def sync_events(
        self,
        info: Info,
        asked: AskedEvents,
        filter: Annotated[SyncEventFilter | None, Doc("Which events are meant.")] = None,  # noqa: A002  # the argument's name
    ) -> Part[views.Event]:
        """What happened in all runs, oldest first; what is old is forgotten."""
        part = asked.part(queries.EVENTS, queries.EVENTS_TYPES)
        given = filter or SyncEventFilter()
        run = given.run_id
        query = partial(
            events.events,
            run_id=None if run is None else key_of("SyncRun", run, path="filter.run_id"),
            progress=given.include_progress,
            **_chosen(given),
        )
        found = streamed(await info.context.ask(query, part=part))
        info.context.spend(len(found.page.items))
        return found

    @edge(list[SyncSource])
    async def sync_sources(self, info: Info) -> list[views.Source]:
        """Everything that can be synced, by provider."""
        return await info.context.ask(queries.sources)

    @edge(Stream[SyncReject])
    async def sync_rejects(self, info: Info, asked: Asked) -> Part[views.Reject]:
        """Items that could not be read, newest first."""
        part = asked.part(queries.REJECTS, queries.REJECTS_TYPES)
        found = streamed(await info.context.ask(queries.rejects, part=part))
        info.context.spend(len(found.page.items))
        return found


class _Chosen(TypedDict):
    domain: str | None
    provider: str | None
    status: str | None


def _chosen(given: SyncRunFilter | SyncEventFilter) -> _Chosen:
    for name in ("domain", "provider"):
        text = getattr(given, name)
        if text is not None and (len(text) > MAX_NAME or not text.isprintable()):
            raise BadInput(f"There is no {name} of that name", path=f"filter.{name}")
    status = given.status
    return _Chosen(
        domain=given.domain,
        provider=given.provider,
        status=None if status is None else status.value,
    )


@taking
class TriggerSyncInput(Input):
    """What is to be synced."""

    source_id: Annotated[strawberry.ID, Doc("The source.")]


@described
class TriggerSyncPayload(Payload):
    """The run that does what was asked."""

    run: Annotated[SyncRun | None, Doc("The run.")] = None
    coalesced: Annotated[bool, Doc("Whether it was under way already.")] = False


@described
class SyncRunPayload(Payload):
    """A run after a change."""

    run: Annotated[SyncRun | None, Doc("The run.")] = None


@described
class SyncSourcePayload(Payload):
    """A source after a change."""

    source: Annotated[SyncSource | None, Doc("The source.")] = None


@described
class SyncMutation:
    """Where changes to syncing begin."""

    @mutation(TriggerSyncPayload)
    async def trigger_sync(self, info: Info, given: TriggerSyncInput) -> TriggerSyncPayload:
        """Bring a source up to date now; a run that does so already is joined."""
        context = info.context
        try:
            async with context.deps.store.write() as conn:
                begun = await ledger.trigger(
                    conn,
                    context.caller.user_id,
                    source_id=number_of("SyncSource", given.source_id, path="source_id"),
                    trigger="manual",
                    idempotency_key=given.client_mutation_id,
                    max_attempts=context.deps.settings.sync.max_attempts,
                )
        except ledger.AlreadyRunning as running:
            return await in_the_way(info, running)
        return await _begun(info, begun)

    @mutation(SyncRunPayload)
    async def cancel_sync(
        self, info: Info, run_id: RunId, client_mutation_id: Mark = None
    ) -> SyncRunPayload:
        """Ask a run to stop: a waiting one stops at once, a working one after its page."""
        context = info.context
        async with context.deps.store.write() as conn:
            run = await ledger.cancel(
                conn, context.caller.user_id, run_id=key_of("SyncRun", run_id, path="run_id")
            )
        return SyncRunPayload(errors=[], run=run)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(TriggerSyncPayload)
    async def retry_sync(
        self,
        info: Info,
        run_id: RunId,
        only_failed_parts: Annotated[bool, Doc("Leave out the parts that went well.")] = True,
        client_mutation_id: Mark = None,
    ) -> TriggerSyncPayload:
        """Run one again that has ended."""
        context = info.context
        try:
            async with context.deps.store.write() as conn:
                begun = await ledger.retry(
                    conn,
                    context.caller.user_id,
                    run_id=key_of("SyncRun", run_id, path="run_id"),
                    only_failed_parts=only_failed_parts,
                    idempotency_key=client_mutation_id,
                    max_attempts=context.deps.settings.sync.max_attempts,
                )
        except ledger.AlreadyRunning as running:
            return await in_the_way(info, running)
        return await _begun(info, begun)

    @mutation(SyncSourcePayload)
    async def pause_source(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The source.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> SyncSourcePayload:
        """Leave a source out of the schedule until it is resumed."""
        return await _scheduled(info, ledger.pause, id)

    @mutation(SyncSourcePayload)
    async def resume_source(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The source.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> SyncSourcePayload:
        """Take a source into the schedule again, due at once."""
        return await _scheduled(info, ledger.resume, id)


async def _begun(info: Info, made: ledger.Triggered) -> TriggerSyncPayload:
    if not made.coalesced:
        await enqueue(info.context.deps.jobs, made.run_id, made.attempt)
    return await payload_of(info, made)


async def payload_of(info: Info, made: ledger.Triggered) -> TriggerSyncPayload:
    """The run that does what was asked, as it is now."""
    context = info.context
    context.forget()
    run = await context.load(queries.runs_by_id, made.run_id)
    return TriggerSyncPayload(errors=[], run=run, coalesced=made.coalesced)  # type: ignore[arg-type]  # a view stands for its shape


async def in_the_way(info: Info, running: ledger.AlreadyRunning) -> TriggerSyncPayload:
    """The refusal, beside the run that is in the way."""
    run = await info.context.load(queries.runs_by_id, running.run_id)
    return TriggerSyncPayload(errors=[user_error(running)], run=run)  # type: ignore[arg-type]  # a view stands for its shape


async def _scheduled(
    info: Info, change: Callable[..., Awaitable[views.Source]], source: str
) -> SyncSourcePayload:
    source_id = number_of("SyncSource", source)
    async with info.context.deps.store.write() as conn:
        changed = await change(conn, info.context.caller.user_id, source_id=source_id)
    return SyncSourcePayload(errors=[], source=changed)  # type: ignore[arg-type]  # a view stands for its shape
