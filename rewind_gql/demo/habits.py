"""When the invented person listens: seasons, streaks, holidays, commutes and long evenings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from math import cos, tau
from operator import itemgetter
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rewind_gql.clock import DAY, seconds
from rewind_gql.demo.taste import Mood, Taste, Tune

HOUR = 3600
CLOSING = 9  # plays that lead up to the tune still on at the end
NOON = time(12)
DAWN = timedelta(hours=5)  # her day runs from five to five
FIRST_H, LAST_H = 6.5, 27.5  # no session before half past six, none past half past three at night
# Hour a session may begin at, mood, how fond she is of that hour.
WORKDAY: tuple[tuple[float, Mood, float], ...] = (
    (7.6, "out", 1.0), (9.4, "work", 0.6), (11.0, "work", 0.3), (13.2, "work", 0.5),
    (15.9, "out", 1.1), (17.8, "home", 0.5), (19.4, "home", 1.2), (21.1, "home", 1.3),
    (22.6, "home", 0.6),
)  # fmt: skip
WEEKEND: tuple[tuple[float, Mood, float], ...] = (
    (10.2, "home", 1.0), (12.4, "home", 0.7), (14.5, "out", 0.6), (17.0, "home", 0.7),
    (19.6, "home", 1.1), (21.5, "home", 1.3), (23.4, "home", 0.8),
)  # fmt: skip
FONDNESS = (0.9, 0.85, 0.95, 1.0, 1.1, 1.25, 1.2)  # Monday first


class Played(NamedTuple):
    """A tune and the unix second it began."""

    at: int
    tune: Tune


@dataclass(frozen=True, slots=True)
class Day:
    """One of her days and how much music it is worth."""

    on: date
    noon: int  # unix second of local noon, from which hours count, so that summer time is right
    weight: float


def played(
    rng: Random, taste: Taste, since: datetime, until: datetime, plays: int, zone: ZoneInfo
) -> tuple[list[Played], Tune]:
    """Exactly `plays` plays in [`since`, `until`), oldest first, and the tune on at `until`.

    It opens with an album just after `since` and closes with one that is still playing at `until`;
    all between lies on whole days.
    """
    opening = _opening(rng, taste, seconds(since))[: (plays + 3) // 4]
    last = min(CLOSING, plays - len(opening))
    between = plays - len(opening) - last
    heard = [*opening, *_days(rng, taste, _calendar(rng, since, until, zone), between)]
    closing = _closing(rng, taste, seconds(until), last)
    heard += closing[:-1]
    heard.sort(key=itemgetter(0))
    return heard, closing[-1].tune


def _opening(rng: Random, taste: Taste, since: int) -> list[Played]:
    """The first album of the life, begun minutes after `since`."""
    return list(_laid_out(rng, taste.album("home"), since + rng.randint(60, 900)))


def _closing(rng: Random, taste: Taste, until: int, plays: int) -> list[Played]:
    """The last `plays` plays of the life and the one after them, begun just before `until`."""
    tunes = list(taste.album("home"))
    while len(tunes) <= plays:
        tunes = [*taste.album("home"), *tunes]
    laid = list(_laid_out(rng, tunes[-plays - 1 :], 0))
    begin = until - laid[-1].at - rng.randint(20, 120)
    return [Played(begin + at, tune) for at, tune in laid]


def _laid_out(rng: Random, tunes: Sequence[Tune], begin: int) -> Iterator[Played]:
    """These tunes one after the other from `begin` on, with a breath between them."""
    at = begin
    for tune in tunes:
        yield Played(at, tune)
        at += tune[-1] + int(rng.random() * 6)


def _calendar(rng: Random, since: datetime, until: datetime, zone: ZoneInfo) -> list[Day]:
    """Her whole days inside the window, each with its weight; 0 on holidays and quiet days."""
    first = (since.astimezone(zone) - DAWN).date() + DAY
    end = (until.astimezone(zone) - DAWN).date()
    away = _holidays(rng, range(first.year, end.year + 1))
    days, stretch, left = [], 1.0, 0
    for number in range((end - first).days):
        on = first + number * DAY
        if left == 0:
            stretch, left = rng.uniform(0.55, 1.45), rng.randint(6, 18)
        left -= 1
        quiet = on in away or rng.random() < 0.05
        noon = seconds(datetime.combine(on, NOON, zone))
        days.append(Day(on, noon, 0.0 if quiet else stretch * _weight(rng, on)))
    return days


def _weight(rng: Random, on: date) -> float:
    """More music in the dark months and at weekends, and never two days alike."""
    dark = 1 + 0.35 * cos(tau * (on.timetuple().tm_yday - 15) / 365)
    return dark * FONDNESS[on.weekday()] * rng.uniform(0.4, 1.6)


def _holidays(rng: Random, years: range) -> set[date]:
    """Days without any music: two weeks at the cabin in July and a week away in autumn."""
    away: set[date] = set()
    for year in years:
        for start, length in (
            (date(year, 7, rng.randint(3, 16)), rng.randint(11, 15)),
            (date(year, 10, rng.randint(1, 12)), rng.randint(5, 8)),
        ):
            away.update(start + offset * DAY for offset in range(length))
    return away


def _days(rng: Random, taste: Taste, days: Sequence[Day], plays: int) -> Iterator[Played]:
    """`plays` plays spread over the days by weight.

    Sessions are whole: what one day plays beyond its share, the next days play less.
    """
    shares = list(accumulate(day.weight for day in days))
    done = 0
    for number, (day, share) in enumerate(zip(days, shares, strict=True)):
        if number % 7 == 0:
            taste.turn(number // 7, day.on.month)
        wanted = round(plays * share / shares[-1]) - done
        if wanted > 0:
            heard = list(_day(rng, taste, day, wanted))[: plays - done]
            done += len(heard)
            yield from heard


def _day(rng: Random, taste: Taste, day: Day, wanted: int) -> Iterator[Played]:
    """At least `wanted` plays of one day, in sessions that follow each other."""
    sessions = []
    for hour, mood in _hours(rng, day):
        tunes = taste.session(mood)
        sessions.append((hour, tunes))
        wanted -= len(tunes)
        if wanted <= 0:
            break
    sessions.sort(key=itemgetter(0))
    heard: list[Played] = []
    free = int(FIRST_H * HOUR)
    for hour, tunes in sessions:
        laid = list(_laid_out(rng, tunes, max(free, int(hour * HOUR))))
        free = laid[-1].at + laid[-1].tune[-1] + 30
        heard += laid
    return _pressed(heard, day.noon)


def _hours(rng: Random, day: Day) -> Iterator[tuple[float, Mood]]:
    """Hours at which a session begins, the likelier first; without end."""
    hours = WEEKEND if day.on.weekday() > 4 else WORKDAY
    for hour, mood, _ in sorted(hours, key=lambda one: rng.random() ** one[2]):
        yield hour + rng.gauss(0.0, 0.25), mood
    while True:
        yield rng.uniform(8.0, 23.0), "home"


def _pressed(heard: list[Played], noon: int) -> Iterator[Played]:
    """The day's plays as unix seconds, skipping through tracks where the day is too short."""
    begin, last = heard[0].at, heard[-1].at
    fit = min(1.0, (LAST_H * HOUR - begin) / max(1, last - begin))
    midnight = noon - 12 * HOUR
    for at, tune in heard:
        yield Played(midnight + begin + int((at - begin) * fit), tune)
