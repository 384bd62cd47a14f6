"""Genres over time: the most played of each week, month or year, and the rest together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.clock import Grain
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.packs import numbers_of
from rewind_gql.domains.listening.periods import week_start
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.runs import FIRST_DAY, day_number
from rewind_gql.domains.listening.queries.window import cut, parts, reached
from rewind_gql.domains.listening.tables import Genre
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
GroupBy = Literal["week", "month", "year"]
OTHER = "Other"


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
    window = cut(reach.start, reach.end, coarsest=_COARSEST[by])
    names = await genre_names(conn, user_id)
    periods = _summed(await conn.value(_GENRES, user_id=user_id, **window), _FIRST[by])
    return [period_of(start, periods[start], names, limit) for start in sorted(periods)]


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


def period_of(
    start: date, counted: Mapping[int, int], names: Mapping[int, str], limit: int
) -> views.GenrePeriod:
    """A period with its largest genres; one named like the rest is counted with the rest."""
    total = sum(counted.values())
    ranked = sorted((-plays, names[each]) for each, plays in counted.items())
    largest = [each for each in ranked if each[1] != OTHER][:limit]
    genres = [views.GenreCount(name=name, plays=-plays) for plays, name in largest]
    if rest := total + sum(plays for plays, _ in largest):
        genres.append(views.GenreCount(name=OTHER, plays=rest))
    return views.GenrePeriod(start=start, genres=genres, plays=total)


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
