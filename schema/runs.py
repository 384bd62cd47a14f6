"""What syncs are made of in GraphQL: runs, their parts and events, sources, health, rejects."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc
from strawberry.scalars import JSON

from rewind_gql.domains.focus import views as focus_views
from rewind_gql.errors import BadInput
from rewind_gql.sync import events, judged, queries, views
from schema.context import Info
from schema.devices import Device, device_named
from schema.relay import AskedMore, Kind, Node, Part, Stream, streamed
from schema.scalars import SyncCursor
from schema.shape import Choice, choices, edge, shape

MAX_HOURS = 24 * 366


@choices
class SyncStage(Choice):
    """Where a run is."""

    QUEUED = "queued", "Waiting for a worker."
    STARTED = "started", "A worker has it."
    FETCHING = "fetching", "Asking the provider."
    PROCESSING = "processing", "Reading what the provider sent."
    SAVING = "saving", "Storing it and counting again."
    COMPLETED = "completed", "Ended well, or well in part."
    FAILED = "failed", "Ended badly."
    CANCELLED = "cancelled", "Ended because somebody said so."


@choices
class SyncStatus(Choice):
    """How a run, or a part of one, went."""

    IN_PROGRESS = "in_progress", "Not ended."
    SUCCESS = "success", "Everything was stored."
    PARTIAL = "partial", "Some of it was stored."
    SKIPPED = "skipped", "There was nothing new."
    FAILED = "failed", "Nothing of it is certain."
    CANCELLED = "cancelled", "Somebody ended it."


@choices
class SyncTransport(Choice):
    """How data came."""

    PULL = "pull", "We asked for what is new."
    WEBHOOK = "webhook", "The provider told us."
    SDK = "sdk", "A device sent it."
    BACKFILL = "backfill", "We asked for what is old."
    XML_IMPORT = "xml_import", "From a file."
    LINKED_ACCOUNT = "linked_account", "From a linked account."


@choices
class Freshness(Choice):
    """How new what we have of a source is, by its own schedule."""

    FRESH = "fresh", "As new as it should be."
    LATE = "late", "Older than one and a half intervals."
    STALE = "stale", "Older than three intervals."
    NEVER = "never", "There was no good run yet."
    PAUSED = "paused", "The schedule leaves it out."


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEvents(AskedMore):
    """Relay's four arguments, where cursors are those of events."""

    after: Annotated[SyncCursor | None, Doc("Only events behind this one.")] = None
    before: Annotated[SyncCursor | None, Doc("Only events ahead of this one.")] = None


Hours = Annotated[int, Doc("Of how many hours until now: 1 to 8784.")]


@shape(judged.Failure)
class SyncError(judged.Failure):
    """Why a run failed."""


@shape(views.RunPart, status=SyncStatus)
class SyncRunPart(views.RunPart):
    """The outcome of one stream of a run."""


@shape(views.Event, stage=SyncStage, status=SyncStatus, event_id=None, meta=None, ts=None)
class SyncEvent(views.Event):
    """Something that happened in a run."""

    @edge(UUID)
    def id(self) -> UUID:
        """Unique everywhere."""
        return self.event_id

    @edge(SyncCursor)
    def cursor(self) -> str:
        """Its place among everything that happened; give it as `after` to go on behind it."""
        return events.place(self.seq)

    @edge("SyncRun")
    async def run(self, info: Info) -> views.Run | None:
        """The run it happened in."""
        return await info.context.load(queries.runs_by_id, self.run_id)

    @edge(JSON)
    def metadata(self) -> object:
        """More about it."""
        return self.meta

    @edge(datetime)
    def at(self) -> datetime:
        """When it happened."""
        return self.ts


@shape(
    views.Run,
    stage=SyncStage,
    status=SyncStatus,
    transport=SyncTransport,
    error_code=None,
    error_kind=None,
    last_seq=None,
)
class SyncRun(views.Run, Node):
    """One unit of sync work."""

    @edge("SyncSource | None")
    async def source(self, info: Info) -> views.Source | None:
        """What it brings up to date; none for a file."""
        if self.source_id is None:
            return None
        return await info.context.load(queries.sources_by_id, self.source_id)

    @edge(Device | None)
    async def device(self, info: Info) -> focus_views.Device | None:
        """The device that sent it; none for what was fetched."""
        return await device_named(info.context, self.device_id)

    @edge("SyncRun | None")
    async def retry_of(self, info: Info) -> views.Run | None:
        """The run a person asked to repeat."""
        if self.retry_of is None:
            return None
        return await info.context.load(queries.runs_by_id, self.retry_of)

    @edge(list[SyncRunPart])
    async def parts(self, info: Info) -> list[views.RunPart]:
        """Its streams, in the order they were last worked on."""
        return await info.context.load(queries.parts_by_run, self.id) or []

    @edge(Stream[SyncEvent])
    async def events(self, info: Info, asked: AskedEvents) -> Part[views.Event]:
        """What happened, oldest first."""
        part = asked.part(queries.EVENTS, queries.EVENTS_TYPES)
        info.context.spend(0)
        found = streamed(await info.context.load(queries.events_by_run, self.id, part=part))
        info.context.spend(len(found.page.items))
        return found

    @edge(SyncError | None)
    def error(self) -> judged.Failure | None:
        """What went wrong."""
        return judged.failure(self)

    @edge(int | None)
    def eta_seconds(self, info: Info) -> int | None:
        """Seconds until it is likely to end."""
        return judged.eta_s(self, info.context.now)

    @edge(int | None)
    def duration_ms(self, info: Info) -> int | None:
        """Milliseconds of work, until now for a run under way."""
        return judged.duration_ms(self, info.context.now)

    @edge(bool)
    def can_cancel(self) -> bool:
        """Whether it can still be asked to stop."""
        return judged.can_cancel(self)

    @edge(bool)
    def can_retry(self) -> bool:
        """Whether it can be run again."""
        return judged.can_retry(self)


@shape(views.Source)
class SyncSource(views.Source, Node):
    """Something that can be synced, with its schedule."""

    @edge(SyncRun | None)
    async def last_run(self, info: Info) -> views.Run | None:
        """Its newest run."""
        return await info.context.load(queries.latest_runs_by_source, self.id)

    @edge(SyncRun | None)
    async def active_run(self, info: Info) -> views.Run | None:
        """Its run that has not ended."""
        return await info.context.load(queries.active_runs_by_source, self.id)

    @edge(float)
    async def error_rate(self, info: Info, hours: Hours = 24) -> float:
        """Failed of finished runs, from 0 to 1, two decimals."""
        return (await _rates(info, self.id, hours)).error

    @edge(float)
    async def partial_rate(self, info: Info, hours: Hours = 24) -> float:
        """Partial of finished runs, from 0 to 1, two decimals."""
        return (await _rates(info, self.id, hours)).partial

    @edge(Freshness)
    def freshness(self, info: Info) -> str:
        """How new what we have of it is."""
        return judged.freshness(self, info.context.now)


async def _rates(info: Info, source_id: int, hours: int) -> views.Rates:
    if not 1 <= hours <= MAX_HOURS:
        raise BadInput(f"hours must be between 1 and {MAX_HOURS}", path="hours")
    since = info.context.now - timedelta(hours=hours)
    found = await info.context.load(queries.errors_by_source, source_id, since=since)
    return found or views.Rates(error=0.0, partial=0.0)


@shape(views.DomainHealth, latest=SyncRun | None)
class DomainSyncHealth(views.DomainHealth):
    """How the newest run of a domain went."""

    @edge(list[SyncSource])
    async def sources(self, info: Info) -> list[views.Source]:
        """What can be synced for it, by provider."""
        return await info.context.load(queries.sources_by_domain, self.domain) or []


@shape(views.Reject)
class SyncReject(views.Reject, Node):
    """An item that could not be read."""

    @edge(SyncRun)
    async def run(self, info: Info) -> views.Run | None:
        """The run that met it."""
        return await info.context.load(queries.runs_by_id, self.run_id)


NODES = {
    "SyncRun": Kind(queries.runs_by_id, numbered=False),
    "SyncSource": Kind(queries.sources_by_id),
    "SyncReject": Kind(queries.rejects_by_id),
}
