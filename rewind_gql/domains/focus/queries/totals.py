"""Time in focus by calendar day, project and category, days in a row, and the whole in short."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, cast, func, literal, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus import views
from rewind_gql.domains.focus.calendar import midnight
from rewind_gql.domains.focus.columns import FOCUS, OWNER, TIMED, itself, of
from rewind_gql.domains.focus.queries.account import preferences_updated, zone
from rewind_gql.domains.focus.tables import Day, Session, Total
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Day as Date
from rewind_gql.store.columns import Utc
from rewind_gql.store.read import Conn, Read

MAX_DAYS = 3_660
FIRST, LAST = clock.EPOCH.date(), date(9999, 12, 30)


async def tracking(
    conn: Conn, user_id: int, *, since: date, until: date, today: date
) -> views.Tracking:
    """Focus on the person's calendar days [`since`, `until`); `today` is what the streak runs to.

    Shape: every day is listed, those without focus too; projects and categories by minutes, ties
    by name, time without one under an empty name.
    Source: `focus_day` and `focus_total`, and the broken off sessions themselves.
    Raises `BadInput` when there is no day between or there are more than ten years.
    """
    _check(since, until)
    window = {"user_id": user_id, "since": since, "until": until}
    totals = await conn.rows(_TOTALS, **window)
    by_day = {total.name: total for total in (_focus_of(row) for row in totals)}
    every_day = (since + timedelta(days=at) for at in range((until - since).days))
    return views.Tracking(
        since=since,
        until=until,
        minutes=sum(row.focus_s for row in totals) / 60,
        sessions=sum(row.sessions for row in totals),
        cancelled=await _cancelled(conn, user_id, since, until),
        break_minutes=sum(row.break_s for row in totals) / 60,
        days=[
            by_day.get(name) or views.FocusTotal(name=name, minutes=0, sessions=0)
            for name in map(date.isoformat, every_day)
        ],
        projects=_most_first(await conn.rows(_BY["project"], **window)),
        categories=_most_first(await conn.rows(_BY["category"], **window)),
        streak=await streak(conn, user_id, today=today),
    )


async def days(conn: Conn, user_id: int, *, since: date, until: date) -> list[views.FocusDay]:
    """Time in focus on the days [`since`, `until`), by day, then project, then category.

    Shape: days, projects and categories without focus are left out; breaks do not count.
    Raises `BadInput` when there is no day between or there are more than ten years.
    """
    _check(since, until)
    rows = await conn.rows(_DAYS, user_id=user_id, since=since, until=until)
    # Sorted here, for databases do not agree on the order of words.
    return sorted(rows, key=lambda row: (row.day, row.project, row.category))


async def streak(conn: Conn, user_id: int, *, today: date) -> views.Streak:
    """Days in a row on which a focus session began, as of the person's day `today`.

    The run that ends today or yesterday is the current one: a day is not lost before it is over.
    """
    runs = await conn.rows(_RUNS, user_id=user_id)
    if not runs:
        return views.Streak(current=0, longest=0, last_day=None)
    last_day, length = runs[-1]
    return views.Streak(
        current=length if last_day >= today - clock.DAY else 0,
        longest=max(length for _, length in runs),
        last_day=last_day,
    )


async def summary(conn: Conn, user_id: int) -> tuple[int, datetime | None, datetime | None]:
    """Completed sessions, when the newest session ended, and when preferences were changed last.

    Source: the first from `focus_total`, the second from sessions completed or broken off.
    """
    completed = await conn.value(_COMPLETED, user_id=user_id)
    ended_at = await conn.first(_ENDED, user_id=user_id)
    return completed, ended_at, await preferences_updated(conn, user_id)


@dataclass(slots=True, kw_only=True)
class _Total:
    """A day's time in all."""

    day: date
    focus_s: int
    sessions: int
    break_s: int


async def _cancelled(conn: Conn, user_id: int, since: date, until: date) -> int:
    """Focus sessions broken off that began on the person's calendar days [`since`, `until`)."""
    calendar = await zone(conn, user_id)
    return await conn.value(
        _CANCELLED,
        user_id=user_id,
        since=midnight(since, calendar),
        until=midnight(until, calendar),
    )


def _check(since: date, until: date) -> None:
    if not FIRST <= since < until <= LAST:
        raise BadInput("The first day must come before the last, after 1969", path="from")
    if (until - since).days > MAX_DAYS:
        raise BadInput(f"At most {MAX_DAYS} days can be asked for at once", path="from")


def _focus_of(row: _Total) -> views.FocusTotal:
    return _total(row.day.isoformat(), row.focus_s, row.sessions)


def _most_first(totals: list[views.FocusTotal]) -> list[views.FocusTotal]:
    return sorted(totals, key=lambda total: (-total.minutes, total.name))


def _total(name: str, seconds: int, sessions: int) -> views.FocusTotal:
    return views.FocusTotal(name=name, minutes=int(seconds) / 60, sessions=int(sessions))


def _focus_day(
    day: date, project: str, category: str, seconds: int, sessions: int
) -> views.FocusDay:
    return views.FocusDay(
        day=day, project=project, category=category, minutes=seconds / 60, sessions=sessions
    )


_SINCE, _UNTIL = bindparam("since", type_=Date()), bindparam("until", type_=Date())
_FOCUS_DAYS = (
    col(Day.user_id) == OWNER,
    col(Day.day) >= _SINCE,
    col(Day.day) < _UNTIL,
    col(Day.kind) == FOCUS,
)
_DAYS = Read(
    select(
        col(Day.day),
        col(Day.project),
        col(Day.category),
        col(Day.seconds),
        col(Day.sessions),
    )
    .where(*_FOCUS_DAYS)
    .order_by(col(Day.day)),
    _focus_day,
)
_TOTALS = Read(
    select(*of(_Total, Total)).where(
        col(Total.user_id) == OWNER, col(Total.day) >= _SINCE, col(Total.day) < _UNTIL
    ),
    _Total,
)


def _by(name: Any) -> Read[views.FocusTotal]:
    sums = func.sum(col(Day.seconds)), func.sum(col(Day.sessions))
    return Read(select(col(name), *sums).where(*_FOCUS_DAYS).group_by(col(name)), _total)


_BY = {"project": _by(Day.project), "category": _by(Day.category)}
_CANCELLED: Read[int] = Read(
    select(func.count())
    .select_from(Session)
    .where(
        col(Session.user_id) == OWNER,
        TIMED,
        col(Session.state) == "cancelled",
        col(Session.kind) == FOCUS,
        col(Session.start_at) >= bindparam("since", type_=Utc()),
        col(Session.start_at) < bindparam("until", type_=Utc()),
    ),
    int,
)
_BEGUN = (
    select(col(Total.day).label("day"))
    .where(col(Total.user_id) == OWNER, col(Total.sessions) > 0)
    .subquery()
)
# Days in a row differ from their own numbers by the same day.
_NUMBER = func.row_number().over(order_by=_BEGUN.c.day)
_NUMBERED = select(_BEGUN.c.day, (_BEGUN.c.day - cast(_NUMBER, Integer)).label("run")).subquery()
_RUNS: Read[tuple[date, int]] = Read(
    select(func.max(_NUMBERED.c.day, type_=Date()), func.count())
    .group_by(_NUMBERED.c.run)
    .order_by(func.max(_NUMBERED.c.day))
)
_COMPLETED: Read[int] = Read(
    select(func.coalesce(func.sum(col(Total.sessions) + col(Total.breaks)), literal(0))).where(
        col(Total.user_id) == OWNER
    ),
    int,
)
_ENDED: Read[datetime] = Read(
    select(col(Session.end_at))
    .where(col(Session.user_id) == OWNER, TIMED)
    .order_by(col(Session.end_at).desc())
    .limit(1),
    itself,
)
