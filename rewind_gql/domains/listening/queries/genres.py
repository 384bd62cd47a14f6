"""Genres over time: the most played of each week, month or year, and the rest together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson
from sqlalchemy import select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.clock import Grain
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.packs import AT, Array, numbers_of
from rewind_gql.domains.listening.periods import starts, week_start
from rewind_gql.domains.listening.queries import held
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.lookup import Lookup
from rewind_gql.domains.listening.queries.runs import FIRST_DAY, day_number
from rewind_gql.domains.listening.queries.window import cut, parts, reached
from rewind_gql.domains.listening.tables import Artist, Genre
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
GroupBy = Literal["week", "month", "year"]
OTHER = "Other"
ARTIST = "artist"


class Table(NamedTuple):
    """Plays by genre: a row for each period, a column for each genre, by name."""

    genres: Sequence[str]
    plays: Array


async def genre_periods(
    conn: Conn,
    user_id: int,
    *,
    since: Instant,
    until: Instant,
    group_by: GroupBy = "month",
    limit: int = 10,
    split_weeks: bool = False,
) -> list[views.GenrePeriod]:
    """Plays by genre in each week, month or year of [`since`, `until`), oldest first.

    A play counts once, under the one genre of its artist; artists without are left out. Each period
    has its own `limit` largest genres, and all others as one. Weeks begin on Monday; with
    `split_weeks` they begin on 1 January as well, so that none lies in two years.
    Shape: periods without a play are left out.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    by = "part" if split_weeks and group_by == "week" else group_by
    if group_by == "week":
        weeks, marks = _weeks(reach.start, reach.end, split=split_weeks)
        table = await between(conn, user_id, marks)
        if table is not None:
            return periods_of(weeks, table, limit)
    window = cut(reach.start, reach.end, coarsest=_COARSEST[by])
    names = await genre_names(conn, user_id)
    periods = _summed(await conn.value(_GENRES, user_id=user_id, **window), _FIRST[by])
    firsts = sorted(periods)
    return periods_of(firsts, table_of([periods[start] for start in firsts], names), limit)


async def between(conn: Conn, user_id: int, marks: Array) -> Table | None:
    """The plays by genre between each of these instants, in microseconds, and the next.

    None where months are not packed yet: the database has to count.
    """
    since, until = (clock.from_microseconds(int(each)) for each in (marks[0], marks[-1]))
    found = await held.parts(conn, user_id, (AT, ARTIST), since, until)
    if found is None:
        return None
    artists, told = [orjson.loads(each or "[]") for each in await conn.value(_OF, user_id=user_id)]
    genres = sorted({*told})
    column = {name: at for at, name in enumerate(genres)}
    width = len(genres)
    # What has no genre is counted in a column of its own, which is left out.
    columns = np.array([column[name] for name in told], np.min_scalar_type(width))
    lookup = Lookup(artists, columns, width)
    of_play = np.concatenate([columns[:0], *(lookup.of(part[ARTIST]) for part in found)])
    places = held.before(found, marks).tolist()
    plays = np.zeros((len(marks) - 1, width), np.int64)
    for at, row in enumerate(plays):
        row[:] = np.bincount(of_play[places[at] : places[at + 1]], minlength=width + 1)[:width]
    return Table(genres, plays)


def table_of(counts: Sequence[Mapping[int, int]], names: Mapping[int, str]) -> Table:
    """Plays of periods by the number of their genre as a table."""
    genres = sorted(names.values())
    column = {name: at for at, name in enumerate(genres)}
    plays = np.zeros((len(counts), len(genres)), np.int64)
    for row, counted in zip(plays, counts, strict=True):
        for number, count in counted.items():
            row[column[names[number]]] = count
    return Table(genres, plays)


def _weeks(start: datetime, end: datetime, *, split: bool) -> tuple[list[date], Array]:
    """The first day of each week of a window, and from when on it counts; and where it ends.

    Where weeks are split, those in which a year begins are two.
    """
    first, stop = start.date(), (end - clock.MICROSECOND).date().toordinal() + 1
    weeks = starts("week", first, stop)
    if split:
        weeks[0] = max(weeks[0], clock.year_start(first))
        weeks = sorted({*weeks, *starts("year", clock.next_year(first), stop)})
    midnights = (clock.midnight(week) for week in weeks[1:])
    return weeks, np.array([clock.microseconds(at) for at in (start, *midnights, end)], np.int64)


def _summed(
    lists: Sequence[str | None], first: Callable[[date], date]
) -> dict[date, dict[int, int]]:
    """The plays of each genre in each period. Days are many, so they are added up in memory."""
    days, genres, plays = numbers_of(lists)
    buckets, of_bucket = np.unique(days, return_inverse=True)
    starts = [first(FIRST_DAY + int(day) * clock.DAY) for day in buckets]
    at = {start: place for place, start in enumerate(sorted(set(starts)))}
    names, of_name = np.unique(genres, return_inverse=True)
    period = np.array([at[start] for start in starts], np.int64)[of_bucket]
    cells = period * len(names) + of_name
    sums = np.bincount(cells, weights=plays, minlength=len(at) * len(names))
    table = sums.astype(np.int64).reshape(len(at), len(names)).tolist()
    numbers = names.tolist()
    return {
        start: {number: count for number, count in zip(numbers, table[place], strict=True) if count}
        for start, place in at.items()
    }


async def genre_names(conn: Conn, user_id: int) -> dict[int, str]:
    """The genres there are, by number."""
    return dict(await conn.rows(_NAMES, user_id=user_id))


def periods_of(firsts: Sequence[date], table: Table, limit: int) -> list[views.GenrePeriod]:
    """Periods with their largest genres; those without a play are left out.

    A genre named like the rest is counted with the rest.
    """
    genres, plays = table
    width = len(genres)
    totals = plays.sum(axis=1)
    own = plays.copy()
    own[:, [at for at, name in enumerate(genres) if name == OTHER]] = 0
    # Plays and place in one number, the larger the more plays, and of equals the earlier name.
    keys = own * width + np.arange(width)[::-1]
    if limit < width:
        keys = np.partition(keys, width - limit, axis=1)[:, width - limit :]
    largest, places = np.divmod(np.sort(keys, axis=1)[:, ::-1], max(width, 1))
    rest = totals - largest.sum(axis=1)
    columns = (width - 1 - places, largest, totals, rest)
    found = []
    for first, order, counts, total, others in zip(
        firsts, *(each.tolist() for each in columns), strict=True
    ):
        if total:
            of_period = [
                views.GenreCount(name=genres[at], plays=count)
                for at, count in zip(order, counts, strict=True)
                if count
            ]
            if others:
                of_period.append(views.GenreCount(name=OTHER, plays=others))
            found.append(views.GenrePeriod(start=first, genres=of_period, plays=total))
    return found


_COARSEST: dict[str, Grain] = {"part": "day", "week": "day", "month": "month", "year": "year"}
_PARTS = parts("genre").subquery("parts")


_FIRST: dict[str, Callable[[date], date]] = {
    "part": lambda day: max(week_start(day), clock.year_start(day)),
    "week": week_start,
    "month": clock.month_start,
    "year": clock.year_start,
}
_GENRES: Read[Any] = Read(
    select(
        bulk.gathered(day_number(_PARTS.c.bucket)),
        bulk.gathered(_PARTS.c.entity_id),
        bulk.gathered(_PARTS.c.plays),
    )
)
_NAMES: Read[Any] = Read(select(col(Genre.id), col(Genre.name)).where(col(Genre.user_id) == OWNER))
_OF: Read[Any] = Read(
    select(bulk.gathered(col(Artist.id)), bulk.gathered(col(Artist.genre))).where(
        col(Artist.user_id) == OWNER, col(Artist.genre).is_not(None)
    )
)
"""The artists that have a genre, and which."""
