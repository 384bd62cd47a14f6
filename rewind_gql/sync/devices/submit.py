"""Uploads: sessions a device sends, read one by one, stored, compared and written down as a run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.exc import DataError, IntegrityError

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.focus import devices, intake, queries, records, turn
from rewind_gql.domains.focus.views import Device, Verdict
from rewind_gql.errors import BadInput, Refused
from rewind_gql.settings import SyncSettings
from rewind_gql.sources.base import Reject, reject
from rewind_gql.store.engine import Store, Writing
from rewind_gql.sync import ledger
from rewind_gql.sync.devices import identity, presence, reading, receipts
from rewind_gql.sync.devices.judging import Judged, judge
from rewind_gql.sync.devices.views import Item, Submission, Submitted
from rewind_gql.sync.ledger.words import fingerprint

MOST = 500
UNIT = "session"
NOWHERE = "device"
"""The provider of an upload that does not tell what it comes from."""

_BROKEN = (DataError, IntegrityError)
"""What is wrong with one session alone; anything else is wrong with the whole upload."""

LATE = "came after the session had been merged or deleted"
_FRESH = ("created", "updated")
_UNPRINTABLE = "nested too deeply"


@dataclass(slots=True)
class _Upload:
    """An upload on its way: what was read of it, and what came of it so far."""

    user_id: int
    given: Submission
    now: datetime
    run_id: str = field(default_factory=lambda: ledger.new_id("sdk"))
    device: Device | None = None
    items: list[Item] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    read: dict[int, records.Session] = field(default_factory=dict)
    touched: Touched = field(default_factory=Touched)


async def submit(
    store: Store,
    settings: SyncSettings,
    user_id: int,
    given: Submission,
    *,
    idempotency_key: str | None = None,
) -> Submitted:
    """Store what a device sends: the sessions, its state, the conflicts and the run at once.

    Shape: one result per session, in their order; one bad session does not keep the others out.
    With an `idempotency_key`, an equal request gets the first answer again.
    Raises `BadInput` for an upload that is none, `receipts.OtherRequest` and
    `receipts.StillRunning` for a key in other use, `DeviceRevoked`.
    """
    key = receipts.checked(idempotency_key)
    upload = _Upload(user_id, given, clock.now())
    digest = _digest(given)
    with receipts.alone(str(store.url), user_id, key):
        async with store.write() as conn:
            await turn.take(conn, user_id)
            if key:
                known = await receipts.earlier(conn, user_id, key, digest, now=upload.now)
                if known:
                    return known
            done = await _store(conn, settings, upload)
            if key:
                status = status_of(done, single=given.single)
                await receipts.keep(conn, user_id, key, digest, done, status=status)
            conn.announce(user_id)
    return done


def status_of(done: Submitted, *, single: bool) -> int:
    """The HTTP status that tells an upload's outcome."""
    if done.rejected:
        return 207 if done.delivered else 400
    if single and done.count("conflict"):
        return 409
    return 201 if done.count("created") else 200


def _digest(given: Submission) -> str:
    """The same for the same request."""
    device = given.device.device_id if given.device else None
    beside = (device, given.client_time, given.pending_after, given.single)
    return fingerprint([_printed(raw) for raw in given.sessions], *beside)


def _printed(raw: Any) -> str:
    try:
        return orjson.dumps(raw, default=str, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return _UNPRINTABLE


async def _store(conn: Writing, settings: SyncSettings, upload: _Upload) -> Submitted:
    known = await _meet(conn, upload)
    _read(upload, _skew(upload, known))
    await _keep(conn, upload)
    judged = await _judge(conn, settings, upload)
    done = Submitted(
        run_id=upload.run_id,
        results=upload.items,
        server_time=upload.now,
        preferences_version=(await queries.preferences(conn, upload.user_id)).version,
    )
    if upload.device is not None and done.delivered:
        await devices.delivered(
            conn,
            upload.user_id,
            upload.device.device_id,
            count=done.delivered,
            pending_after=upload.given.pending_after,
            now=upload.now,
        )
    await ledger.record(conn, upload.user_id, _run(upload, judged.steps))
    return done


async def _meet(conn: Writing, upload: _Upload) -> Device | None:
    """The device that sends, seen as of now, as it was known before."""
    sources = [raw.get("source") for raw in upload.given.sessions[:MOST] if isinstance(raw, dict)]
    source = next((text for text in sources if isinstance(text, str) and text.strip()), None)
    device = upload.given.device
    if device is None:
        made = identity.id_from(source)
        device = records.Device(device_id=made) if made else None
    if device is None:
        return None
    known = await queries.device(conn, upload.user_id, device_id=device.device_id)
    kind = identity.kind_from(source)
    upload.device = await presence.meet(conn, upload.user_id, device, kind=kind, now=upload.now)
    return known


def _skew(upload: _Upload, known: Device | None) -> int:
    """How far the device's clock is ahead: by what it says now, else by what it said last."""
    if upload.given.client_time is not None:
        return reading.skew_ms(upload.given.client_time, upload.now)
    return (known.clock_offset_ms or 0) if known else 0


def _read(upload: _Upload, skew_ms: int) -> None:
    device_id = upload.device.device_id if upload.device else None
    for place, raw in enumerate(upload.given.sessions):
        told = raw.get("session_id") if isinstance(raw, dict) else None
        item = Item(session_id=_shown(told), status="rejected")
        upload.items.append(item)
        try:
            if _printed(raw) == _UNPRINTABLE:
                raise BadInput(reading.NO_OBJECT)
            upload.read[place] = reading.session(
                raw, now=upload.now, device_id=device_id, skew_ms=skew_ms
            )
        except BadInput as wrong:
            _refuse(upload, place, wrong.message)


def _shown(told: Any) -> str | None:
    """A client's id as it is said back; something that is none is cut short."""
    return None if told is None or isinstance(told, dict | list) else str(told)[:64]


def _refuse(upload: _Upload, place: int, why: str) -> None:
    raw = upload.given.sessions[place]
    upload.items[place].error = why
    upload.rejects.append(reject(_printed(raw), why, place=f"session {place + 1}"))


async def _keep(conn: Writing, upload: _Upload) -> None:
    """Store what could be read; one session that cannot be kept does not take others with it."""
    sessions = list(upload.read.values())
    try:
        outcomes = await _stored(conn, upload, sessions)
    except _BROKEN:
        outcomes = [await _alone(conn, upload, each) for each in sessions]
    for place, outcome in zip(upload.read, outcomes, strict=True):
        if isinstance(outcome, Refused):
            _refuse(upload, place, outcome.message)
            continue
        item = upload.items[place]
        item.status, item.id, item.conflict_id = outcome.status, outcome.id, outcome.conflict_id
        if outcome.is_late:
            # Known, so it is not sent again; but what it says is lost nowhere.
            raw = _printed(upload.given.sessions[place])
            upload.rejects.append(reject(raw, LATE, place=f"session {place + 1}"))


async def _stored(
    conn: Writing, upload: _Upload, sessions: Sequence[records.Session]
) -> list[Verdict | Refused]:
    async with conn.savepoint():
        outcomes, touched = await intake.batch(
            conn, upload.user_id, sessions, received_at=upload.now, run_id=upload.run_id
        )
    upload.touched.add(touched)
    return outcomes


async def _alone(conn: Writing, upload: _Upload, session: records.Session) -> Verdict | Refused:
    """One session of several of which the database did not take one."""
    try:
        return (await _stored(conn, upload, [session]))[0]
    except _BROKEN:
        return BadInput("session cannot be stored")


async def _judge(conn: Writing, settings: SyncSettings, upload: _Upload) -> Judged:
    """Hold what is new against what was there; gives every item the number that stays its own."""
    numbers = [item.id for item in upload.items if item.status in _FRESH and item.id]
    judged = await judge(
        conn,
        settings,
        upload.user_id,
        numbers,
        raised=[item.conflict_id for item in upload.items if item.conflict_id],
        touched=upload.touched,
        now=upload.now,
    )
    for item in upload.items:
        if item.id is not None and item.conflict_id is None:
            item.conflict_id = judged.conflict_of.get(item.id)
    if judged.steps:
        await _renumber(conn, upload)
    return judged


async def _renumber(conn: Writing, upload: _Upload) -> None:
    """Give what was merged at once the number of what it was merged into."""
    uuids = [session.client_session_id for session in upload.read.values()]
    known = await intake.known(conn, upload.user_id, uuids)
    for at, session in upload.read.items():
        if kept := known.get(session.client_session_id):
            upload.items[at].id = known.number(kept)


def _run(upload: _Upload, steps: list[ledger.Step]) -> ledger.OneShot:
    counts = Counter(item.status for item in upload.items)
    spans = [upload.read[at] for at, item in enumerate(upload.items) if item.status != "rejected"]
    covered = (
        Window(min(each.start_at for each in spans), max(each.end_at for each in spans))
        if spans
        else None
    )
    return ledger.OneShot(
        run_id=upload.run_id,
        provider=upload.device.device_type if upload.device else NOWHERE,
        domain="focus",
        sync_type="sessions",
        unit=UNIT,
        begun_at=upload.now,
        ended_at=clock.now(),
        stored=Stored(
            inserted=counts["created"],
            updated=counts["updated"] + counts["conflict"],
            skipped=counts["duplicate"],
        ),
        device_id=upload.device.device_id if upload.device else None,
        rejects=upload.rejects,
        covered=covered,
        steps=steps,
    )
