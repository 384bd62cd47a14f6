"""Genres over REST."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, NotRequired

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.domains.listening.queries import GroupBy
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.listening.parts import CACHE, TAG
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

GroupName = Annotated[GroupBy, Doc("What one period is.")]
MostGenres = Annotated[int, Ge(1), Le(50), Doc("Genres of a period at most; the rest is Other.")]
CompareTo = Annotated[
    Literal["previous_year"] | None,
    Doc("Tell of the same dates a year before as well; goes with dates alone."),
]


class Period(TypedDict):
    """The plays of a week, month or year by genre, the most played first."""

    period: str
    genres: dict[str, int]
    total: int


class Genres(TypedDict):
    """Genres over time, and of a year before where that was asked for."""

    data: list[Period]
    compare: NotRequired[list[Period]]


async def genres(
    call: Call,
    *,
    window: clock.Window,
    group_by: GroupName = "month",
    limit: MostGenres = 10,
    compare_to: CompareTo = None,
) -> Genres:
    """Genre breakdown

    Plays by the one genre of their artist, for each UTC week, month or year that has any; plays of
    artists without a genre are left out. Weeks are numbered from a year's first Monday on; the days
    before it are week 00.
    """
    asked = {"group_by": group_by, "limit": limit}
    compared = compare_to is not None and window != (None, None)
    found, before = await call.ask(_genres, window=window, compared=compared, **asked)
    printed: Genres = {"data": [_period(each, group_by) for each in found]}
    if compared:
        printed["compare"] = [_period(each, group_by) for each in before]
    return printed


async def _genres(
    conn: Conn, user_id: int, /, *, window: clock.Window, compared: bool, **asked: Any
) -> tuple[Sequence[views.GenrePeriod], Sequence[views.GenrePeriod]]:
    since, until = window
    asked["split_weeks"] = True
    found = await queries.genre_periods(conn, user_id, since=since, until=until, **asked)
    if not compared:
        return found, ()
    since, until = _year_before(window)
    before = await queries.genre_periods(conn, user_id, since=since, until=until, **asked)
    return found, before


def _year_before(window: clock.Window) -> clock.Window:
    """The same window a year earlier: its first instant and its last one, each shifted."""
    since, until = window
    last = None if until is None else clock.year_before(until - clock.MICROSECOND)
    return clock.Window(
        None if since is None else clock.year_before(since),
        None if last is None else last + clock.MICROSECOND,
    )


def _period(found: views.GenrePeriod, group_by: GroupBy) -> Period:
    return {
        "period": label(found.start, group_by),
        "genres": {genre.name: genre.plays for genre in found.genres},
        "total": found.plays,
    }


def label(start: date, group_by: GroupBy) -> str:
    """The name of a period: 2026, 2026-01, or 2026-W00 for the days before its first Monday."""
    if group_by == "week":
        return start.strftime("%Y-W%W")
    return start.isoformat()[: 7 if group_by == "month" else 4]


ROUTES = (
    REWIND.page("/listening/genres", genres, cache=CACHE, name="getListeningGenres", tag=TAG),
)
