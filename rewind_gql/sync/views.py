"""What leaves the ledger: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Run:
    """One unit of sync work."""

    id: Annotated[str, Doc("Opaque; the prefix tells how the run came about.")]
    source_id: Annotated[int | None, Doc("The source it brings up to date.")]
    provider: Annotated[str, Doc("Such as lastfm.")]
    domain: Annotated[str, Doc("Such as listening.")]
    sync_type: Annotated[str, Doc("Such as scrobbles.")]
    transport: Annotated[
        str, Doc("One of pull, webhook, sdk, backfill, xml_import, linked_account.")
    ]
    scope: Annotated[str, Doc("Either live or historical.")]
    trigger: Annotated[str, Doc("One of schedule, manual, webhook, device, retry, import, system.")]
    stage: Annotated[str, Doc("Where it is: queued to completed, failed or cancelled.")]
    status: Annotated[str, Doc("One of in_progress, success, partial, skipped, failed, cancelled.")]
    attempt: Annotated[int, Doc("From 1; rises when a worker was lost.")]
    max_attempts: Annotated[int, Doc("Attempts in all, the first included.")]
    retry_of: Annotated[str | None, Doc("The run a person asked to repeat.")]
    progress: Annotated[float | None, Doc("0 to 1; unknown until the total is known.")]
    unit: Annotated[str | None, Doc("What an item is, such as scrobble.")]
    items_total: Annotated[int | None, Doc("Items expected.")]
    items_processed: Annotated[int, Doc("Inserted, updated and skipped.")]
    items_inserted: Annotated[int, Doc("New rows.")]
    items_updated: Annotated[int, Doc("Rows that changed.")]
    items_skipped: Annotated[int, Doc("Known already.")]
    items_failed: Annotated[int, Doc("Unreadable; kept as rejects.")]
    message: Annotated[str | None, Doc("The newest words about it.")]
    error: Annotated[str | None, Doc("What went wrong, with secrets taken out.")]
    error_code: Annotated[str | None, Doc("The provider's own code, where it gave one.")]
    error_kind: Annotated[
        str | None, Doc("One of auth, rate_limit, network, upstream, data, internal, lost.")
    ]
    requested_from: Annotated[datetime | None, Doc("Window asked for.")]
    requested_to: Annotated[datetime | None, Doc("Window asked for.")]
    covered_from: Annotated[datetime | None, Doc("Window really covered.")]
    covered_to: Annotated[datetime | None, Doc("Window really covered.")]
    queued_at: Annotated[datetime, Doc("When it was asked for.")]
    started_at: Annotated[datetime | None, Doc("When work first began.")]
    heartbeat_at: Annotated[datetime | None, Doc("The worker's last sign of life.")]
    ended_at: Annotated[datetime | None, Doc("When it ended.")]
    cancel_requested_at: Annotated[datetime | None, Doc("When somebody asked it to stop.")]
    device_id: Annotated[str | None, Doc("The device that sent it; none for what was fetched.")]
    last_seq: Annotated[int, Doc("Its newest event.")]


@dataclass(slots=True, kw_only=True)
class RunPart:
    """The outcome of one stream of a run."""

    run_id: Annotated[str, Doc("The run.")]
    part: Annotated[str, Doc("Such as plays or wantlist.")]
    kind: Annotated[str, Doc("One of series, score, profile, event, task.")]
    status: Annotated[str, Doc("One of in_progress, success, partial, skipped, failed.")]
    reported: Annotated[int | None, Doc("Items the provider claimed to have.")]
    inserted: Annotated[int, Doc("New rows.")]
    updated: Annotated[int, Doc("Rows that changed.")]
    skipped: Annotated[int, Doc("Known already.")]
    failed: Annotated[int, Doc("Unreadable; kept as rejects.")]
    covered_from: Annotated[datetime | None, Doc("Oldest item covered.")]
    covered_to: Annotated[datetime | None, Doc("Newest item covered.")]
    error: Annotated[str | None, Doc("What went wrong.")]


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened in a run."""

    seq: Annotated[int, Doc("Rises by one with every event of a user.")]
    event_id: Annotated[UUID, Doc("Unique everywhere.")]
    run_id: Annotated[str, Doc("The run it belongs to.")]
    provider: Annotated[str, Doc("Such as lastfm.")]
    source: Annotated[str, Doc("How the run came about.")]
    stage: Annotated[str, Doc("Stage after this event.")]
    status: Annotated[str, Doc("Status after this event.")]
    attempt: Annotated[int, Doc("The attempt it happened in.")]
    message: Annotated[str | None, Doc("What happened, in words.")]
    progress: Annotated[float | None, Doc("0 to 1.")]
    items_processed: Annotated[int | None, Doc("Items so far.")]
    items_total: Annotated[int | None, Doc("Items expected.")]
    error: Annotated[str | None, Doc("What went wrong.")]
    meta: Annotated[dict[str, Any], Doc("More about it.")]
    started_at: Annotated[datetime | None, Doc("When the run began.")]
    ended_at: Annotated[datetime | None, Doc("When it ended; on the last event only.")]
    ts: Annotated[datetime, Doc("When it happened.")]


@dataclass(slots=True, kw_only=True)
class Source:
    """Something that can be synced, with its schedule."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    provider: Annotated[str, Doc("Such as discogs.")]
    account: Annotated[str, Doc("The account at the provider.")]
    domain: Annotated[str, Doc("Such as collecting.")]
    sync_type: Annotated[str, Doc("Such as full.")]
    interval_s: Annotated[int, Doc("Seconds from one run to the next.")]
    next_due_at: Annotated[datetime | None, Doc("When it runs next.")]
    paused: Annotated[bool, Doc("Whether the schedule leaves it out.")]
    pause_reason: Annotated[
        str | None, Doc("One of manual, auth_required, failing, needs_confirmation.")
    ]
    backoff_until: Annotated[datetime | None, Doc("Not before this, after failures.")]
    consecutive_failures: Annotated[int, Doc("Failed runs in a row.")]
    last_success_at: Annotated[datetime | None, Doc("The newest run that went well.")]
    last_run_id: Annotated[str | None, Doc("The newest run.")]


@dataclass(slots=True, kw_only=True)
class DomainHealth:
    """How the newest run of a domain went."""

    domain: Annotated[str, Doc("Such as listening.")]
    latest: Annotated[Run | None, Doc("The newest run that has started.")]
    error_rate: Annotated[float, Doc("Failed of finished runs in 24 hours, two decimals.")]


@dataclass(slots=True, kw_only=True)
class Reject:
    """An item that could not be read."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    run_id: Annotated[str, Doc("The run that met it.")]
    provider: Annotated[str, Doc("Where it came from.")]
    part: Annotated[str, Doc("The stream or file it was in.")]
    place: Annotated[str | None, Doc("Line or page.")]
    reason: Annotated[str, Doc("Why it could not be read.")]
    raw: Annotated[str, Doc("The item itself, shortened.")]
    seen_at: Annotated[datetime, Doc("When it was last met.")]


@dataclass(slots=True, kw_only=True)
class Rates:
    """What share of finished runs did not go well."""

    error: Annotated[float, Doc("Failed of finished runs, two decimals.")]
    partial: Annotated[float, Doc("Partial of finished runs, two decimals.")]
