"""The status page's words on devices and on conflicts, and the picture of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rewind_gql.domains.focus.views import Conflict, ConflictMember, Session, Tracking
from rewind_gql.sync.board import Board
from rewind_gql.sync.devices.views import ReportConflict, ReportDevice

LANE_HEIGHT = 8
LANE_GAP = 4
DAY_HEIGHT = 40
DAY_LEAST = 2
MARGIN = 0.08
_DEVICE = {
    "up_to_date": ("good", "up to date"),
    "pending": ("warn", "sending"),
    "stale": ("warn", "stale"),
    "offline": ("calm", "offline"),
}
_TITLES = {
    "session_overlap": "Two sessions at the same time",
    "duplicate_session": "The same session twice",
    "session_mismatch": "One session told in two ways",
    "clock_skew": "A device's clock is off",
    "preference_conflict": "A preference changed in two places",
}
_HOW = {
    "KEEP_ONE": "one was kept",
    "KEEP_ALL": "all were kept",
    "MERGE": "merged into one",
    "TRIM_EARLIER": "the earlier was shortened",
    "TRIM_LATER": "the later was shortened",
    "DELETE": "deleted",
}
_CHOICES = (
    ("KEEP_ALL", "Keep both"),
    ("MERGE", "Merge into one"),
    ("TRIM_EARLIER", "Shorten the earlier"),
    ("TRIM_LATER", "Shorten the later"),
)


_TOLD = (
    ("start_at", "from"),
    ("end_at", "to"),
    ("project", "project"),
    ("category", "category"),
    ("note", "note"),
    ("value", "value"),
)
"""What of another version a person can judge by."""


class Choice(NamedTuple):
    """A way to resolve a conflict."""

    words: str
    resolution: str
    keep: int | None = None
    main: bool = False


def device(report: ReportDevice) -> dict[str, Any]:
    """A device's card."""
    tone, word = _DEVICE[report.status]
    pending = report.pending
    sessions = "1 session" if pending == 1 else f"{pending} sessions"
    return {
        "title": report.device.name or report.label,
        "tone": tone,
        "word": word,
        "line": f"{report.label}: {sessions} still to send" if pending else report.label,
        "seen": report.device.last_seen_at,
        "version": report.device.version,
    }


def devices_line(board: Board) -> str:
    """All devices in one line."""
    found = board.devices
    devices = "1 device" if found.total_devices == 1 else f"{found.total_devices} devices"
    waiting = f"{found.unsynced} waiting" if found.unsynced else "nothing waiting"
    return f"{devices}, {found.active_devices} active, {found.total_sessions:,} sessions, {waiting}"


def days(tracking: Tracking) -> dict[str, Any]:
    """The newest days of focus as bars, and as words."""
    most = max((day.minutes for day in tracking.days), default=0) or 1
    bars = [
        {
            "height": round(DAY_LEAST + (DAY_HEIGHT - DAY_LEAST) * day.minutes / most, 1),
            "none": not day.minutes,
            "words": f"{day.name}: {day.minutes:,.0f} minutes",
        }
        for day in tracking.days
    ]
    streak = tracking.streak
    row = "1 day in a row" if streak.current == 1 else f"{streak.current} days in a row"
    total = f"{tracking.minutes / 60:,.1f} hours in {len(bars)} days"
    best = max(tracking.days, key=lambda day: day.minutes)
    return {
        "bars": bars,
        "line": f"{total}, {row}, the longest {streak.longest}",
        "words": f"Focus by day: {total}, most on {best.name} with {best.minutes:,.0f} minutes",
    }


def undoable(conflict: Conflict) -> dict[str, Any]:
    """A conflict that was resolved, and can be opened again."""
    how = _HOW.get(conflict.resolution or "", (conflict.resolution or "").lower())
    by = "by itself" if conflict.resolved_by == "auto" else "by you"
    return {
        "id": conflict.id,
        "title": _TITLES[conflict.type],
        "how": f"{how} {by}",
        "resolved_at": conflict.resolved_at,
    }


def conflict(report: ReportConflict) -> dict[str, Any]:
    """An open conflict's card: its sessions, their picture, and what can be done."""
    found, sessions = report.conflict, report.sessions
    return {
        "id": found.id,
        "title": _TITLES[found.type],
        "sessions": [_session(each) for each in sessions],
        "members": ",".join(str(each.id) for each in sessions),
        "details": _details(report.members) or (None if sessions else report.description),
        "picture": picture(sessions) if len(sessions) > 1 else None,
        "choices": _choices(report),
    }


def _session(session: Session) -> dict[str, Any]:
    named = " / ".join(filter(None, (session.project, session.category)))
    return {
        "start_at": session.start_at,
        "end_at": session.end_at,
        "what": f"{named or session.kind}, {session.duration_min:g} min",
        "device": session.device_id or session.source,
    }


def _details(members: Sequence[ConflictMember]) -> str | None:
    told = [
        f"{member.device_id or 'a device'}: "
        + ", ".join(
            f"{words} {member.variant[name]}" for name, words in _TOLD if member.variant.get(name)
        )
        for member in members
        if member.variant
    ]
    return "; ".join(told) or None


def _choices(report: ReportConflict) -> list[Choice]:
    found, sessions = report.conflict, report.sessions
    if found.type == "session_mismatch":
        others = [
            Choice(f"Take version {place}", "KEEP_ONE", each.id)
            for place, each in enumerate((one for one in report.members if one.variant), 2)
        ]
        return [Choice("Keep what is stored", "KEEP_ALL", main=True), *others]
    if len(sessions) < 2:
        return [Choice("Keep what is stored", "KEEP_ALL", main=True)]
    offered = [Choice(words, resolution) for resolution, words in _CHOICES]
    if len(sessions) > 2:
        offered = [each for each in offered if not each.resolution.startswith("TRIM")]
        offered[0] = offered[0]._replace(words="Keep all")
    offered += [Choice(f"Keep only {_short(each)}", "KEEP_ONE", each.id) for each in sessions[:4]]
    return [each._replace(main=each.resolution == found.suggestion) for each in offered]


def _short(session: Session) -> str:
    named = session.project or session.category or session.kind
    return f"{named} from {session.device_id or session.source}"


def picture(sessions: Sequence[Session]) -> dict[str, Any]:
    """The sessions as bars on one line of time, in hundredths, and where they all overlap."""
    first, last = min(s.start_at for s in sessions), max(s.end_at for s in sessions)
    pad = (last - first) * MARGIN
    scale = _Scale(first - pad, (last - first) + 2 * pad)
    bars = [
        {
            "x": scale.at(each.start_at),
            "width": scale.width(each.end_at - each.start_at),
            "y": place * (LANE_HEIGHT + LANE_GAP),
        }
        for place, each in enumerate(sessions)
    ]
    since, until = max(s.start_at for s in sessions), min(s.end_at for s in sessions)
    both = {"x": scale.at(since), "width": scale.width(until - since)} if since < until else None
    minutes = max(0, round((until - since).total_seconds() / 60))
    return {
        "bars": bars,
        "height": len(sessions) * (LANE_HEIGHT + LANE_GAP) - LANE_GAP,
        "overlap": both,
        "words": f"{len(sessions)} sessions on a line of time; all of them hold {minutes} minutes",
    }


class _Scale(NamedTuple):
    since: datetime
    length: timedelta

    def at(self, instant: datetime) -> float:
        return round(100 * ((instant - self.since) / self.length), 2)

    def width(self, length: timedelta) -> float:
        return round(100 * (length / self.length), 2)
