"""What devices ask: is all well, is everything synced, who am I, how much was done."""

from datetime import date, timedelta
from typing import Annotated

from annotated_types import Ge, Le

from rewind_gql import __version__, clock
from rewind_gql.auth import users
from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.views import Tracking
from rewind_gql.errors import BadInput
from rewind_gql.rest.devices import words
from rewind_gql.rest.devices.words import Printed
from rewind_gql.rest.shim import Call, Said
from rewind_gql.store.engine import FAILURES
from rewind_gql.store.read import Conn
from rewind_gql.sync.devices import account, judging
from rewind_gql.sync.devices.report import report

DAYS = 30

Hours = Annotated[int, Ge(1), Le(8760)]
Days = Annotated[int | None, Ge(1), Le(366)]


async def health(call: Call) -> Printed | Said:
    """Service health

    That the server answers and can read its database.
    """
    told = {"timestamp": words.instant(clock.now()), "version": __version__}
    try:
        await call.desk.store.system(users.default)
    except FAILURES:
        return Said(503, {"status": "unhealthy", **told})
    return {"status": "healthy", **told}


async def sync_status(
    call: Call,
    *,
    include_devices: bool = True,
    check_conflicts: bool = False,
    last_hours: Hours = 24,
) -> Printed:
    """Sync status of all devices

    With `check_conflicts`, sessions of the last hours are compared afresh and open conflicts told.
    """
    settings = call.desk.settings.sync
    if check_conflicts:
        await judging.scan(call.desk.store, settings, call.user_id, last_hours=last_hours)
    found = await call.ask(
        report,
        now=clock.now(),
        last_hours=last_hours,
        active_minutes=settings.active_minutes,
        skew_warn_s=settings.skew_warn_seconds,
        details=check_conflicts,
    )
    contact = await _contact(call) if found.conflicts else None
    return words.status(found, devices=include_devices, details=check_conflicts, contact=contact)


async def _contact(call: Call) -> str | None:
    """Whom to ask for help: as set, else the owner."""
    if call.desk.settings.sync.support_contact:
        return call.desk.settings.sync.support_contact
    return (await call.desk.store.ask(users.user, call.desk.owner)).email


async def user_data(call: Call) -> Printed:
    """Everything about the person

    Who they are, what they set, what runs, what was done last, and what it adds up to.
    """
    now = clock.now()
    return words.account(await call.ask(account.account, now=now), now)


async def tracking(
    call: Call, *, days: Days = None, from_: date | None = None, to: date | None = None
) -> Printed:
    """Focus by day, project and category

    The last `days` days, 30 unless it is said otherwise, or all from `from` to `to`, both included.
    """
    found = await call.ask(_tracking, days=days, since=from_, last=to)
    return words.tracking(found)


async def _tracking(
    conn: Conn, user_id: int, *, days: int | None, since: date | None, last: date | None
) -> Tracking:
    today = await queries.today(conn, user_id, now=clock.now())
    last = last or today
    first = since if since is not None else last - timedelta(days=(days or DAYS) - 1)
    if first > last:
        raise BadInput("from must not be after to", path="from")
    return await queries.tracking(conn, user_id, since=first, until=last + clock.DAY, today=today)
