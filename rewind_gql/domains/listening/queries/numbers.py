"""Listening in numbers: all of it, or a window of it."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlmodel import col

from rewind_gql import clock, trace
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.counts import totals
from rewind_gql.domains.listening.queries.window import lifetime
from rewind_gql.domains.listening.tables import Profile
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
YEAR = timedelta(days=365.25)


async def stats(
    conn: Conn, user_id: int, *, now: datetime, since: Instant = None, until: Instant = None
) -> views.Stats:
    """How much was heard, how many different things, and over how many days.

    Shape: without a window, the days since the account was opened, or since the first play where
    that is not known; with one, the UTC dates of the window, its open ends being the first play and
    today.
    """
    found = await totals(conn, user_id, since=since, until=until)
    life = await lifetime(conn, user_id)
    first = life[0] if life else None
    if since is None and until is None:
        registered = await conn.first(_REGISTERED, user_id=user_id)
        begun = registered or first or now
        days = max(1, _whole(begun, now, clock.DAY))
    else:
        registered = None
        days = _dates(since or first, until, clock.day_at(now))
    return views.Stats(
        totals=found,
        registered_at=registered,
        first_played_at=first,
        days=days,
        years=max(0, _whole(registered, now, YEAR)) if registered else 0,
    )


def _whole(begun: datetime, now: datetime, span: timedelta) -> int:
    """How many whole spans have passed by now."""
    passed = (now - begun) // span
    trace.until(begun + (passed + 1) * span)
    return passed


def _dates(since: Instant, until: Instant, today: date) -> int:
    """How many UTC dates a window touches, at least 1."""
    begin = since.date() if since else today
    if until is None:
        return max(1, (today - begin).days + 1)
    midnight = until.time() == time.min  # of a day the window does not touch
    return max(1, (until.date() - begin).days + (not midnight))


_REGISTERED: Read[datetime | None] = Read(
    select(col(Profile.registered_at)).where(col(Profile.user_id) == OWNER), lambda at: at
)
