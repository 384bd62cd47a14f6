"""The status page in words: what the board knows, as its template prints it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rewind_gql import clock
from rewind_gql.server.pages.status_focus import conflict, days, device, devices_line, undoable
from rewind_gql.settings import variable
from rewind_gql.sources import SOURCES
from rewind_gql.sync import judged, views
from rewind_gql.sync.board import Board, DomainState, Line, News, SourceState, Tick
from rewind_gql.sync.ledger.words import PICTURES

STRIP_HEIGHT = 14
STRIP_LEAST = 4

_FRESHNESS = {
    "fresh": ("good", "up to date"),
    "late": ("warn", "late"),
    "stale": ("bad", "stale"),
    "never": ("calm", "not synced yet"),
    "paused": ("warn", "paused"),
}
_PAUSES = {
    "auth_required": ("bad", "sign-in needed"),
    "failing": ("bad", "failing"),
    "needs_confirmation": ("bad", "waits for you"),
}
_TONES = {"success": "good", "skipped": "calm", "partial": "warn", "failed": "bad"}
_WORST = ("bad", "warn", "calm", "good")
_ENDED = ("completed", "failed", "cancelled")
_STATUS = {
    "success": "went well",
    "partial": "went well in part",
    "skipped": "found nothing new",
    "failed": "failed",
    "cancelled": "was cancelled",
    "in_progress": "is under way",
}

# Sync types are named as Rewind's clients say them; people read these.
_SYNC_TYPES = {
    ("discogs", "full"): "collection and wantlist",
    ("discogs", "details"): "release pages",
    ("lastfm", "artist_similar"): "similar artists",
    ("musicbrainz", "mbids"): "ids",
    ("tmdb", "films"): "film details",
    ("trakt", "trakt"): "owned films",
    ("trakt", "history"): "watched films",
}


class Button(NamedTuple):
    """Something a person can have done, and the form that asks for it."""

    path: str
    words: str
    fields: Mapping[str, str]
    main: bool = False


def told(board: Board) -> dict[str, Any]:
    """Everything the template prints, by name."""
    return {
        "domains": domains(board),
        "events": events(board),
        "conflicts": [conflict(each) for each in board.devices.conflicts],
        "undoable": [undoable(each) for each in board.undoable],
        "devices": [device(each) for each in board.devices.devices],
        "devices_line": devices_line(board),
        "recommendations": board.devices.recommendations,
        "week": days(board.focus) if board.focus.sessions else None,
    }


def live(news: News, now: datetime) -> dict[str, Any]:
    """An event as the page's script reads it."""
    line, run = news.line, news.run
    ended = line.status != "in_progress"
    return {
        "run": run.id,
        "source": run.source_id,
        "fraction": run.progress,
        "how": how(run, now),
        "ended": ended,
        "bad": line.status == "failed",
        "words": f"{title(line.provider, line.sync_type)} {event_words(line)}" if ended else "",
    }


def domains(board: Board) -> list[dict[str, Any]]:
    """A card per domain, with its sources."""
    return [_domain(each, board.now) for each in board.domains]


def events(board: Board) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return [
        {
            "ts": line.ts,
            "title": title(line.provider, line.sync_type),
            "words": event_words(line),
            "tone": "bad" if line.status == "failed" else "",
        }
        for line in board.events
    ]


def event_words(line: Line) -> str:
    """What happened, in one line."""
    ended = line.stage in _ENDED
    told = line.error or (line.message if line.message != line.status else None)
    if ended:
        return f"{_STATUS[line.status]}: {told}" if told else _STATUS[line.status]
    words = told or line.stage
    if line.items_processed and not any(map(str.isdigit, words)):
        words += f", {line.items_processed:,}"
        if line.items_total and line.items_total > line.items_processed:
            words += f" of {line.items_total:,}"
    return words


def title(provider: str, sync_type: str) -> str:
    """What a source is called, such as `Last.fm top lists`."""
    what = _SYNC_TYPES.get((provider, sync_type), sync_type.replace("_", " "))
    if provider == PICTURES:
        return what.capitalize()
    card = SOURCES.get(provider)
    name = card.title if card else provider.replace("_", " ").capitalize()
    return f"{name} {what}"


def how(run: views.Run, now: datetime) -> str:
    """How far a run is: items, speed, time left."""
    if run.started_at is None:
        return "waiting for a worker"
    if run.cancel_requested_at is not None:
        return "stopping after this page"
    parts = [_items(run)]
    if speed := judged.rate(run, now):
        parts.append(f"{speed:,.0f}/s" if speed >= 1 else f"{speed * 60:,.0f} a minute")
    if (left := judged.eta_s(run, now)) is not None:
        parts.append(f"{_span(left)} left")
    return " · ".join(filter(None, parts))


def _items(run: views.Run) -> str:
    done, total = run.items_processed, run.items_total
    unit = f"{run.unit or 'item'}s"
    if total:
        return f"{done:,} of {total:,} {unit}"
    return f"{done:,} {unit}" if done else run.stage


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3_600 else f"{seconds // 3_600} h"


def _domain(state: DomainState, now: datetime) -> dict[str, Any]:
    sources = [_source(each, now) for each in state.sources]
    tone = min((each["tone"] for each in sources), key=_WORST.index, default="good")
    word = next((each["word"] for each in sources if each["tone"] == tone), "")
    latest = state.health.latest
    if not sources and latest is not None:
        tone, word = _TONES.get(latest.status, "calm"), _STATUS[latest.status]
    rate = state.health.error_rate
    return {
        "name": state.health.domain,
        "title": state.health.domain.capitalize(),
        "tone": tone,
        "word": word,
        "error_rate": f"{rate:.0%}" if rate else None,
        "sources": sources,
        "latest": _last_words(latest) if latest else None,
    }


def _source(state: SourceState, now: datetime) -> dict[str, Any]:
    source, latest, active = state.source, state.latest, state.active
    tone, word = _standing(state)
    card = SOURCES.get(source.provider)
    needs = [variable(name) for name in card.credentials(source.sync_type)] if card else []
    failure = judged.failure(latest) if latest else None
    return {
        "id": source.id,
        "title": title(source.provider, source.sync_type),
        "tone": tone,
        "word": word,
        "strip": [_tick(each) for each in state.strip],
        "strip_words": _strip_words(state.strip),
        "running": active is not None,
        "run_id": active.id if active else None,
        "fraction": active.progress if active else None,
        "how": how(active, now) if active else "",
        "trouble": failure.message if failure and not active else None,
        "advice": None if active else judged.advice(source, latest, needs),
        "last": (latest.ended_at or latest.started_at or latest.queued_at) if latest else None,
        "last_words": _last_words(latest) if latest else None,
        "next": None if source.paused else _next(source, now),
        "buttons": _buttons(state),
    }


def _standing(state: SourceState) -> tuple[str, str]:
    if state.active is not None:
        return "calm", "syncing"
    if state.source.pause_reason in _PAUSES:
        return _PAUSES[state.source.pause_reason]
    if state.latest is not None and state.latest.status == "failed" and not state.source.paused:
        limited = state.latest.error_kind == "rate_limit"
        return ("warn", "asked to wait") if limited else ("bad", "failed")
    return _FRESHNESS[state.freshness]


def _next(source: views.Source, now: datetime) -> datetime | None:
    dues = [at for at in (source.next_due_at, source.backoff_until) if at is not None]
    return max(dues, default=None) if dues else now


def _last_words(run: views.Run) -> str:
    new = run.items_inserted + run.items_updated
    words = _STATUS[run.status]
    if run.status in ("success", "partial") and new:
        words += f", {new:,} new or changed"
    return words


def _tick(tick: Tick) -> dict[str, Any]:
    height = min(STRIP_HEIGHT, STRIP_LEAST + round(2 * math.log2(tick.items + 1)))
    words = f"{tick.at:%b %d %H:%M} UTC: {_STATUS[tick.status]}"
    if tick.items:
        words += f", {tick.items:,} new or changed"
    tall = STRIP_HEIGHT if tick.status == "failed" else height
    return {"tone": _TONES.get(tick.status, "calm"), "height": tall, "words": words}


def _strip_words(ticks: Sequence[Tick]) -> str:
    failed = sum(tick.status == "failed" for tick in ticks)
    runs = f"The newest {len(ticks)} runs" if len(ticks) > 1 else "The only run so far"
    return f"{runs}: {failed} failed" if failed else f"{runs}: none failed"


def _buttons(state: SourceState) -> list[Button]:
    fields = {"source": str(state.source.id)}
    if state.active is not None:
        cancel = Button("/status/cancel", "Cancel", {"run": state.active.id})
        return [cancel] if judged.can_cancel(state.active) else []
    if state.source.paused:
        confirming = state.source.pause_reason == "needs_confirmation"
        words = "Confirm and resume" if confirming else "Resume"
        return [Button("/status/resume", words, fields, main=True)]
    return [
        Button("/status/sync", "Sync now", fields, main=True),
        Button("/status/pause", "Pause", fields),
    ]


def ago(at: datetime, now: datetime) -> str:
    """An instant as people say it, until the page's script says it in their own time."""
    seconds = (at - now).total_seconds()
    words = _amount(abs(seconds))
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _amount(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{int(seconds)} seconds"


def exact(at: datetime) -> str:
    """An instant to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def shown(at: datetime) -> str:
    """An instant to the minute, until the page's script says it in the reader's own zone."""
    return f"{at:%b %d, %H:%M} UTC"


FILTERS = {"ago": ago, "clock": shown, "exact": exact, "iso": clock.iso}
