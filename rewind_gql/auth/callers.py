"""Who comes with a token or a pass, if all is still as it was when that was made."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from rewind_gql.auth import queries
from rewind_gql.auth.passes import Held
from rewind_gql.auth.queries import Person
from rewind_gql.auth.views import Caller, Standing
from rewind_gql.store.read import Conn

DEFAULT_RPM = 60
STRANGER = "none"
"""The scope of who has shown nothing, where they may ask at all: there are no rows of theirs."""
_NOBODY = UUID(int=0)


def stranger(rate_limit_rpm: int) -> Caller:
    """Who has shown no key, where that is no reason to send them away."""
    return Caller(
        key_id=None,
        user_id=0,
        user_uuid=_NOBODY,
        time_zone="UTC",
        scope=STRANGER,
        rate_limit_rpm=rate_limit_rpm,
        expires_at=None,
    )


class DeviceStanding(Protocol):
    """Tells the epoch the tokens of a device must be of."""

    async def __call__(self, conn: Conn, user_id: int, /, *, device_id: str) -> int | None:
        """The device's epoch; None when it is unknown or was revoked."""
        ...


async def no_device(conn: Conn, user_id: int, /, *, device_id: str) -> int | None:
    """The standing of any device where there are none."""
    return None


async def with_token(
    conn: Conn, *, uuid: UUID, token: Standing, until: datetime, ask: DeviceStanding
) -> Caller | None:
    """Whoever holds a genuine token; None when the person, or their device, was shut out."""
    person = await queries.person_by_uuid(conn, uuid=uuid)
    return await _holder(conn, person, token, until, ask)


async def with_pass(conn: Conn, *, held: Held | None, ask: DeviceStanding) -> Caller | None:
    """Whoever a pass was made for; None when what it was made with would not let them in."""
    if held is None:
        return None
    if held.key_id is not None:
        return await queries.caller_by_id(conn, key_id=held.key_id)
    if held.standing is None:
        return None
    person = await queries.person(conn, user_id=held.user_id)
    return await _holder(conn, person, held.standing, held.token_ends_at, ask)


async def _holder(
    conn: Conn,
    person: Person | None,
    token: Standing,
    until: datetime | None,
    ask: DeviceStanding,
) -> Caller | None:
    if person is None or person.epoch != token.user_epoch:
        return None
    if token.device_id is not None:
        epoch = await ask(conn, person.user_id, device_id=token.device_id)
        if epoch is None or epoch != token.device_epoch:
            return None
    return Caller(
        key_id=None,
        user_id=person.user_id,
        user_uuid=person.user_uuid,
        time_zone=person.time_zone,
        scope="device",
        rate_limit_rpm=DEFAULT_RPM,
        expires_at=until,
        token=token,
        device_id=token.device_id,
    )
