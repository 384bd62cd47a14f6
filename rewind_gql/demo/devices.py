"""The invented person's devices and the focus sessions they send, in the form devices send them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rewind_gql import clock
from rewind_gql.clock import DAY
from rewind_gql.demo.records import Life

MONTHS = 14
WEEK = 7
MORNING = time(8, 40)
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gadget:
    """A device of hers: what it says of itself, how long it has been silent, what it still has."""

    device_id: str
    device_type: str
    name: str
    version: str
    platform: str
    silent: timedelta = timedelta()
    pending: int = 0


MAC = Gadget(
    device_id="mac-app-v1.2.3",
    device_type="mac_app",
    name="Desk",
    version="1.2.3",
    platform="macOS 16.1",
)
WEB = Gadget(
    device_id="web-chrome-desktop",
    device_type="web_timer",
    name="Browser",
    version="web-2.1.0",
    platform="Chrome",
    silent=timedelta(minutes=5),
)
WINDOWS = Gadget(
    device_id="windows-app-v1.1.0",
    device_type="windows_app",
    name="Library laptop",
    version="1.1.0",
    platform="Windows 11",
    silent=timedelta(minutes=78),
    pending=2,
)
GADGETS = (MAC, WEB, WINDOWS)

# Project, category, note, how fond she is of it.
WORK: tuple[tuple[str, str, str, float], ...] = (
    ("Coastal survey", "work", "Transcribed field notes", 1.4),
    ("Coastal survey", "work", "Maps and captions", 1.0),
    ("Thesis", "study", "Chapter draft", 1.2),
    ("Thesis", "study", "Reading", 0.8),
    ("Norwegian", "study", "Vocabulary", 0.5),
    ("Record shelf", "personal", "Sorting and cleaning", 0.3),
)
LENGTHS = (25, 25, 25, 50)
DAYS_OFF = 0.12
BREAKS = 0.25


def sessions(invented: Life, until: datetime) -> dict[str, list[Raw]]:
    """What each device has to send, oldest first, by the device's id.

    Fourteen months of work and rest up to `until`; the newest day but one holds a session that two
    devices claim at once, and one that was sent by two devices under two names.
    """
    rng = Random(f"focus {invented.person.lastfm}")  # noqa: S311  # an invented life repeats itself
    zone = ZoneInfo(invented.person.time_zone)
    last = until.astimezone(zone).date()
    sent: dict[str, list[Raw]] = {gadget.device_id: [] for gadget in GADGETS}
    day = last - timedelta(days=MONTHS * 30)
    while day < last:
        for gadget, raw in _day(rng, day, zone):
            sent[gadget.device_id].append(raw)
        day += DAY
    for gadget, raw in _contradictions(rng, last - DAY, zone):
        sent[gadget.device_id].append(raw)
    return sent


def _day(rng: Random, day: date, zone: ZoneInfo) -> Iterator[tuple[Gadget, Raw]]:
    """One day's sessions, one after another; most weekends and some other days have few or none."""
    weekend = day.isoweekday() >= WEEK - 1
    if rng.random() < (0.7 if weekend else DAYS_OFF):
        return
    gadget = WEB if weekend else rng.choices((MAC, WEB, WINDOWS), (6, 2, 2))[0]
    at = datetime.combine(day, MORNING, zone).astimezone(clock.EPOCH.tzinfo)
    at += timedelta(minutes=rng.randrange(0, 90))
    for _ in range(rng.randint(1, 3) if weekend else rng.randint(3, 8)):
        minutes = rng.choice(LENGTHS)
        project, category, note, _ = rng.choices(WORK, [each[-1] for each in WORK])[0]
        yield gadget, _raw(rng, gadget, at, minutes, project, category, note)
        at += timedelta(minutes=minutes)
        if rng.random() < BREAKS:
            yield gadget, _raw(rng, gadget, at, 5, "", "rest", "", kind="break")
        at += timedelta(minutes=rng.choice((5, 5, 15, 40)))


def _contradictions(rng: Random, day: date, zone: ZoneInfo) -> Iterator[tuple[Gadget, Raw]]:
    """What cannot all be true: an evening claimed twice, and one session under two names."""
    evening = datetime.combine(day, time(19, 0), zone).astimezone(clock.EPOCH.tzinfo)
    yield MAC, _raw(rng, MAC, evening, 50, "Thesis", "study", "Chapter draft")
    later = evening + timedelta(minutes=25)
    yield WEB, _raw(rng, WEB, later, 50, "Norwegian", "study", "Vocabulary")
    night = evening + timedelta(hours=2)
    yield MAC, _raw(rng, MAC, night, 25, "Record shelf", "personal", "Sorting and cleaning")
    same = night + timedelta(seconds=20)
    yield WEB, _raw(rng, WEB, same, 25, "Record shelf", "personal", "")


def _raw(
    rng: Random,
    gadget: Gadget,
    at: datetime,
    minutes: int,
    project: str,
    category: str,
    note: str,
    *,
    kind: str = "focus",
) -> Raw:
    return {
        "session_id": str(UUID(int=rng.getrandbits(128), version=4)),
        "start_time": clock.iso(at),
        "end_time": clock.iso(at + timedelta(minutes=minutes)),
        "duration": minutes,
        "planned_duration": minutes,
        "category": category,
        "project": project,
        "note": note or "-",
        "source": gadget.device_type,
        "kind": kind,
    }


def preferences() -> Mapping[str, Any]:
    """What she set."""
    return {"daily_goal": 6, "default_duration": 25, "theme_preference": "auto"}
