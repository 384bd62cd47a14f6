"""What a program needs to know of a person when it starts."""

from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import users
from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.tables import Day, Total
from rewind_gql.store.columns import Day as Date
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.devices.views import Account, Stats

NEWEST = 20
YEAR = timedelta(days=365)
RUNNING = timedelta(hours=12)
"""A timer begun longer ago was left behind."""


_TOTALS: Read[tuple[int | None, int | None]] = Read(
    select(func.sum(col(Total.focus_s)), func.sum(col(Total.sessions))).where(
        col(Total.user_id) == bindparam("user_id")
    )
)
_FAVORITE: Read[str] = Read(
    select(col(Day.category))
    .where(
        col(Day.user_id) == bindparam("user_id"),
        col(Day.day) >= bindparam("since", type_=Date()),
        col(Day.kind) == "focus",
        col(Day.category) != "",
    )
    .group_by(col(Day.category))
    .order_by(func.sum(col(Day.seconds)).desc(), col(Day.category))
    .limit(1),
    str,
)


async def account(conn: Conn, user_id: int, *, now: datetime) -> Account:
    """The person, their preferences, timers, newest sessions and totals, as of `now`.

    Shape: at most twenty sessions; timers of the last twelve hours.
    Source: totals from `focus_total`, by the person's own calendar; the favourite category is that
    of the last year.
    """
    today = await queries.today(conn, user_id, now=now)
    monday, first = today - timedelta(days=today.weekday()), clock.month_start(today)
    recent = await queries.days(conn, user_id, since=min(monday, first), until=today + clock.DAY)
    active = {each.day for each in recent if each.sessions}
    newest = await queries.sessions(conn, user_id, part=Slice(limit=NEWEST))
    return Account(
        user=await users.user(conn, user_id),
        preferences=await queries.preferences(conn, user_id),
        streak=await queries.streak(conn, user_id, today=today),
        days_this_week=sum(day >= monday for day in active),
        days_this_month=sum(day >= first for day in active),
        stats=await _stats(conn, user_id, since=today - YEAR),
        timers=await queries.timers(conn, user_id, since=now - RUNNING),
        sessions=newest.items,
    )


async def _stats(conn: Conn, user_id: int, *, since: date) -> Stats:
    seconds, sessions = await conn.value(_TOTALS, user_id=user_id)
    favorite: str | None = await conn.first(_FAVORITE, user_id=user_id, since=since)
    return Stats(
        sessions=int(sessions or 0),
        minutes=int(seconds or 0) / 60,
        favorite_category=favorite,
    )
