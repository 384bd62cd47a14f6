"""Every number of listening, counted one play at a time, without a look at how we count."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Heard(NamedTuple):
    """One play that is not hidden."""

    id: int
    at: datetime
    artist_id: int
    artist: str
    album_id: int | None
    album: str | None
    track_id: int
    genre: str | None


class Place(NamedTuple):
    """A place in a top list."""

    entity_id: int
    plays: int


class Totals(NamedTuple):
    """Plays, and how many different artists, albums and tracks."""

    plays: int
    artists: int
    albums: int
    tracks: int


class Streak(NamedTuple):
    """Days in a row."""

    days: int
    start: date | None
    end: date | None
    plays: int


def inside(plays: Iterable[Heard], since: datetime | None, until: datetime | None) -> list[Heard]:
    """The plays from `since` on, before `until`."""
    return [
        play
        for play in plays
        if (since is None or since <= play.at) and (until is None or play.at < until)
    ]


def day_of(at: datetime, zone: ZoneInfo | None = None) -> date:
    """On which date that was, on the clocks of a zone."""
    return at.astimezone(zone or UTC).date()


def newest_first(plays: Iterable[Heard]) -> list[int]:
    """Plays by number, the newest first, of one instant the later stored."""
    return [play.id for play in sorted(plays, key=lambda play: (play.at, play.id), reverse=True)]


def top(plays: Iterable[Heard], field: str) -> list[Place]:
    """What is most played; ties to the newest play, then to the lower number."""
    count: Counter[int] = Counter()
    last: dict[int, datetime] = {}
    for play in plays:
        entity: int | None = getattr(play, field)
        if entity is not None:
            count[entity] += 1
            last[entity] = max(play.at, last.get(entity, play.at))
    order = sorted(count, key=lambda each: (-count[each], -last[each].timestamp(), each))
    return [Place(each, count[each]) for each in order]


def totals(plays: Iterable[Heard]) -> Totals:
    """How much, and how many different things."""
    heard = list(plays)
    albums = {play.album_id for play in heard} - {None}
    artists, tracks = (
        {getattr(play, name) for play in heard} for name in ("artist_id", "track_id")
    )
    return Totals(len(heard), len(artists), len(albums), len(tracks))


def per_day_average(
    plays: list[Heard],
    now: datetime,
    since: datetime | None,
    until: datetime | None,
    life: list[Heard],
) -> float:
    """Plays a day of a window whose ends are dates, to one decimal, halves upwards."""
    first = since or min((play.at for play in life), default=now)
    last = until - timedelta(microseconds=1) if until else now
    days = max(1, (day_of(last) - day_of(first)).days + 1)
    return int(len(plays) / days * 10 + 0.5) / 10


def days(plays: Iterable[Heard], zone: ZoneInfo | None = None) -> dict[date, int]:
    """Plays of each date that has any."""
    return dict(sorted(Counter(day_of(play.at, zone) for play in plays).items()))


def by(
    plays: Iterable[Heard], start: Callable[[date], date], zone: ZoneInfo | None = None
) -> dict[date, list[Heard]]:
    """The plays of each week, month or year, by its first day."""
    found: defaultdict[date, list[Heard]] = defaultdict(list)
    for play in plays:
        found[start(day_of(play.at, zone))].append(play)
    return dict(sorted(found.items()))


def month(day: date) -> date:
    """The first day of the month."""
    return date(day.year, day.month, 1)


def year(day: date) -> date:
    """The first day of the year."""
    return date(day.year, 1, 1)


def monday(day: date) -> date:
    """The first day of the ISO week."""
    return date.fromisocalendar(*day.isocalendar()[:2], 1)


def week_label(day: date) -> str:
    """The week of the year from its first Monday on; 00 for the days before."""
    first = next(d for n in range(7) if (d := date(day.year, 1, 1) + n * DAY).isoweekday() == 1)
    number = (day - first).days // 7 + 1
    return f"{day.year:04}-W{number:02}"


def streaks(played: dict[date, int], today: date) -> tuple[Streak, Streak]:
    """The run that goes on to today or yesterday, and the longest, the earliest of equals."""
    runs = []
    for day in played:
        if day - DAY in played:
            continue
        end = day
        while end + DAY in played:
            end += DAY
        length = (end - day).days + 1
        count = sum(played[day + n * DAY] for n in range(length))
        runs.append(Streak(length, day, end, count))
    none = Streak(0, None, None, 0)
    current = next((run for run in runs if run.end in _latest(runs, today)), none)
    longest = max(runs, key=lambda run: (run.days, -run.start.toordinal()), default=none)  # type: ignore[union-attr]  # every run has a start
    return current, longest


def _latest(runs: list[Streak], today: date) -> set[date]:
    """The last day of all, if it may end a run that goes on."""
    ends = [run.end for run in runs if run.end]
    newest = max(ends, default=None)
    return {newest} if newest and newest >= today - DAY else set()


def genres(
    plays: Iterable[Heard],
    label: Callable[[date], object],
    limit: int,
    zone: ZoneInfo | None = None,
) -> dict[object, tuple[list[tuple[str, int]], int]]:
    """The largest genres of each period and the rest, and all of them together."""
    counted: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for play in plays:
        if play.genre is not None:
            counted[label(day_of(play.at, zone))][play.genre] += 1
    return {period: _largest(counts, limit) for period, counts in counted.items()}


def _largest(counts: Counter[str], limit: int) -> tuple[list[tuple[str, int]], int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ordered[:limit], sum(plays for _, plays in ordered[limit:])
    return [*shown, *([("Other", rest)] if rest else [])], sum(counts.values())


def top_artist(plays: Iterable[Heard]) -> int:
    """The most played artist; ties by name, then by number."""
    counts = Counter((play.artist, play.artist_id) for play in plays)
    return min(counts, key=lambda artist: (-counts[artist], artist))[1]


def series(plays: Iterable[Heard], starts: list[date], end: datetime) -> list[int]:
    """Plays in each of these buckets, the last of which ends at `end`."""
    edges = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in starts] + [end]
    heard = list(plays)
    return [sum(1 for play in heard if low <= play.at < high) for low, high in pairwise(edges)]
