"""Events and runs in the words of Open Wearables."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from rewind_gql.sync import history, views

Printed = dict[str, Any]


class Source(StrEnum):
    """How data came, as published."""

    PULL = "pull"
    WEBHOOK = "webhook"
    SDK = "sdk"
    BACKFILL = "backfill"
    XML_IMPORT = "xml_import"


class LiveSource(StrEnum):
    """How data came, as the server tells it."""

    PULL = "pull"
    WEBHOOK = "webhook"
    SDK = "sdk"
    BACKFILL = "backfill"
    XML_IMPORT = "xml_import"
    LINKED_ACCOUNT = "linked_account"


class Status(StrEnum):
    """How a run went, as published."""

    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LiveStatus(StrEnum):
    """How a run went, as the server tells it."""

    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Scope(StrEnum):
    """What a run was to bring."""

    HISTORICAL = "historical"
    LIVE = "live"


STATUSES = {"success": ("success", "skipped")}
"""What a published status stands for, where that is more than itself."""

_WRONG = ("failed", "partial")
_FIRST_META = ("unit", "inserted", "updated", "error_code")


def _source(source: str, trigger: str | None) -> str:
    if source != "linked_account":
        return source
    return "webhook" if trigger in history.ONE_SHOT else "pull"


def _status(status: str) -> str:
    return "success" if status == "skipped" else status


def _share(progress: float | None) -> float | None:
    return None if progress is None else round(progress, 4)


def _metadata(event: views.Event) -> Printed:
    meta = event.meta
    first = {name: meta[name] for name in _FIRST_META if name in meta}
    return {"attempt": event.attempt, **first, **meta}


def event(user_id: UUID, told: views.Event) -> Printed:
    """An event as published."""
    metadata = _metadata(told)
    if told.source == "linked_account":
        metadata["linked"] = True
    if told.status == "skipped":
        metadata["skipped"] = True
    return {
        "run_id": told.run_id,
        "user_id": user_id,
        "provider": told.provider,
        "source": _source(told.source, told.meta.get("trigger")),
        "stage": told.stage,
        "status": _status(told.status),
        "event_id": told.event_id,
        "message": told.message,
        "progress": _share(told.progress),
        "items_processed": told.items_processed,
        "items_total": told.items_total,
        "error": told.error if told.status in _WRONG else None,
        "metadata": metadata,
        "started_at": told.started_at,
        "ended_at": told.ended_at,
        "timestamp": told.ts,
    }


def live_event(user_id: UUID, told: views.Event) -> Printed:
    """An event as the server tells it."""
    metadata = _metadata(told)
    primary = metadata.pop("primary_user_id", None)
    as_it_is = {
        "source": told.source,
        "status": told.status,
        "primary_user_id": primary,
        "metadata": metadata,
    }
    return event(user_id, told) | as_it_is


def run(told: history.Standing) -> Printed:
    """A run as published."""
    return {
        "run_id": told.run_id,
        "user_id": told.user_id,
        "provider": told.provider,
        "source": _source(told.source, told.trigger),
        "stage": told.stage,
        "status": _status(told.status),
        "message": told.message,
        "progress": _share(told.progress),
        "items_processed": told.items_processed,
        "items_total": told.items_total,
        "error": told.error if told.status in _WRONG else None,
        "started_at": told.started_at,
        "ended_at": told.ended_at,
        "last_update": told.updated_at,
    }


def live_run(told: history.Standing) -> Printed:
    """A run as the server tells it."""
    as_it_is = {
        "source": told.source,
        "status": told.status,
        "primary_user_id": told.primary_user_id,
    }
    return run(told) | as_it_is


def record(told: history.Record) -> Printed:
    """A run of history as published. One that was never begun tells when it was asked for."""
    return {
        "run_key": told.run_id,
        "user_id": told.user_id,
        "provider": told.provider,
        "source": _source(told.source, told.trigger),
        "scope": told.scope,
        "status": _status(told.status),
        "trace_id": told.root_run_id,
        "requested_start": told.requested_from,
        "requested_end": told.requested_to,
        "started_at": told.started_at or told.queued_at,
        "ended_at": told.ended_at,
        "items_inserted": told.items_inserted,
        "items_updated": told.items_updated,
        "error": told.error if told.status in _WRONG else None,
    }


def live_record(told: history.Record) -> Printed:
    """A run of history as the server tells it."""
    return record(told) | {"source": told.source, "status": told.status}


def data_type(told: history.Part) -> Printed:
    """What became of one kind of data, as published."""
    return {
        "data_type": told.part,
        "kind": told.kind,
        "status": _status(told.status),
        "native_type": None,
        "reported_records": told.reported,
        "items_inserted": told.inserted,
        "items_updated": told.updated,
        "covered_start": told.covered_from,
        "covered_end": told.covered_to,
        "error_code": told.error_code,
        "error": told.error,
        "attempt": told.attempt,
    }


def live_data_type(told: history.Part) -> Printed:
    """What became of one kind of data, as the server tells it."""
    return data_type(told) | {"status": told.status}


class Words:
    """One way of telling everything: as published, or as the server does."""

    def __init__(self, *, upstream: bool) -> None:
        self.event: Callable[[UUID, views.Event], Printed] = live_event if upstream else event
        self.run: Callable[[history.Standing], Printed] = live_run if upstream else run
        self.record: Callable[[history.Record], Printed] = live_record if upstream else record
        self.data_type: Callable[[history.Part], Printed] = (
            live_data_type if upstream else data_type
        )


_WORDS: Mapping[str, Words] = {
    "contract": Words(upstream=False),
    "upstream": Words(upstream=True),
}


def words(compat: str) -> Words:
    """How the settings want it told: `contract` or `upstream`."""
    return _WORDS[compat]
