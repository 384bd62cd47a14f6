"""What devices send: sessions that are over, that begin and that are broken off, preferences."""

from collections.abc import Mapping
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.records import Device
from rewind_gql.errors import BadInput, Refused
from rewind_gql.rest.answers import Header
from rewind_gql.rest.devices import words
from rewind_gql.rest.devices.dialect import text_of
from rewind_gql.rest.devices.params import Sent
from rewind_gql.rest.devices.words import Printed
from rewind_gql.rest.shim import Call, Said
from rewind_gql.sync.devices import fields, reading, timers
from rewind_gql.sync.devices import preferences as setting
from rewind_gql.sync.devices.submit import MOST, status_of
from rewind_gql.sync.devices.submit import submit as upload
from rewind_gql.sync.devices.views import Submission, Submitted

SESSIONS = "sessions"
REPLAYED: Header = (b"idempotent-replay", b"true")


class TooManySessions(Refused):
    """Too many sessions in one request (max 500)"""

    status = 413
    code = "TOO_LARGE"


async def submit(call: Call, *, body: Sent) -> Said:
    """Send sessions

    One, or a list of up to 500 in `sessions`. Sending them again changes nothing.
    """
    given = _submission(call, body.fields)
    done = await upload(
        call.desk.store,
        call.desk.settings.sync,
        call.user_id,
        given,
        idempotency_key=text_of(call.scope, b"idempotency-key"),
    )
    status = status_of(done, single=given.single)
    printed = await _one(call, done) if given.single else words.batch(done)
    return Said(status, printed, (REPLAYED,) if done.replayed else ())


def _submission(call: Call, given: Mapping[str, Any]) -> Submission:
    single = SESSIONS not in given
    sessions = [given] if single else given[SESSIONS]
    if not isinstance(sessions, list) or not sessions:
        raise BadInput(f"sessions must be a list of 1 to {MOST} sessions", path=SESSIONS)
    if len(sessions) > MOST:
        raise TooManySessions
    client_time, after = given.get("client_time"), given.get("pending_after")
    return Submission(
        sessions=sessions,
        device=_device(call, given),
        client_time=None if client_time is None else fields.instant(client_time, "client_time"),
        pending_after=None if after is None else fields.whole(after, "pending_after"),
        single=single,
    )


def _device(call: Call, given: Mapping[str, Any]) -> Device | None:
    """The device that sends: by its token or headers, else by what the body says."""
    named = call.caller.device_id if call.caller else None
    if named is None and given.get("device_id") is not None:
        named = fields.device_id(given["device_id"])
    return None if named is None else Device(device_id=named)


def _device_id(call: Call, given: Mapping[str, Any]) -> str | None:
    device = _device(call, given)
    return device.device_id if device else None


async def _one(call: Call, done: Submitted) -> Printed:
    """What became of the one session that was sent."""
    item = done.results[0]
    if item.status == "rejected" or item.id is None:
        return {"error": item.error}
    if item.status == "conflict":
        return words.mismatch(item)
    stored = await call.ask(queries.sessions_by_id, [item.id])
    return words.logged(item, stored[item.id])


async def start(call: Call, *, body: Sent) -> Printed:
    """Begin a session

    A timer that runs on another device is told, and runs on.
    """
    device_id = _device_id(call, body.fields)
    timer = reading.timer(body.fields, now=clock.now(), device_id=device_id)
    started = await timers.start(call.desk.store, call.user_id, timer)
    printed: Printed = {
        "success": True,
        "session_id": str(timer.client_session_id),
        "message": "Session started successfully",
        "pre_session": words.timer(started.timer),
    }
    if started.elsewhere:
        printed["active_elsewhere"] = [words.timer(each) for each in started.elsewhere]
    return printed


async def cancel(call: Call, *, body: Sent) -> Printed:
    """Break off a session

    It is kept with the time it took; doing it twice gives the first result.
    """
    device_id = _device_id(call, body.fields)
    given = reading.cancellation(body.fields, now=clock.now(), device_id=device_id)
    store, settings = call.desk.store, call.desk.settings.sync
    return words.cancellation(await timers.cancel(store, settings, call.user_id, given))


async def preferences(call: Call, *, body: Sent) -> Printed:
    """Set preferences

    Those that are named; `base_version` tells which version the device had seen.
    """
    device_id = call.caller.device_id if call.caller else None
    changed = await setting.change(call.desk.store, call.user_id, body.fields, device_id=device_id)
    printed: Printed = {
        "success": True,
        "message": "Preferences updated successfully",
        "updated_preferences": changed.values,
        "version": changed.version,
    }
    if changed.ignored:
        printed["ignored"] = changed.ignored
    if changed.conflict_ids:
        printed["conflict_ids"] = changed.conflict_ids
    return printed
