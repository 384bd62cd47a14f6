"""Sessions that begin and are broken off."""

from dataclasses import asdict

from rewind_gql import clock
from rewind_gql.domains.focus import intake, records, turn
from rewind_gql.domains.focus.views import Session, Timer
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync.devices.judging import judge
from rewind_gql.sync.devices.views import Started


async def start(store: Store, user_id: int, timer: records.Timer) -> Started:
    """Store a timer; those that other devices run already are told, and run on."""
    async with store.write() as conn:
        await turn.take(conn, user_id)
        elsewhere = await intake.begin(conn, user_id, timer)
        conn.announce(user_id)
    return Started(timer=Timer(**asdict(timer)), elsewhere=elsewhere)


async def cancel(
    store: Store, settings: SyncSettings, user_id: int, given: records.Cancellation
) -> Session:
    """Break off a session, which is kept with the time it took; twice gives the first result."""
    now = clock.now()
    async with store.write() as conn:
        await turn.take(conn, user_id)
        session = await intake.cancel(conn, user_id, given)
        await judge(conn, settings, user_id, [session.id], now=now)
        conn.announce(user_id)
    return session
