"""What devices send, in GraphQL: sessions, timers, signs of life, preferences."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.domains.focus import queries, records, views
from rewind_gql.errors import BadInput
from rewind_gql.sync import queries as sync_queries
from rewind_gql.sync.devices import fields, preferences, presence, reading, submit, timers
from rewind_gql.sync.devices import views as sent
from schema.conflicts import SyncConflict
from schema.context import Context, Info
from schema.devices import Device, DeviceSyncState, caller_device, named, said
from schema.focus import (
    CancelReason,
    FocusSession,
    FocusTimer,
    Preferences,
    SessionKind,
    shown,
)
from schema.mutations import DEVICE, Input, Payload, key_of_mark, mutation
from schema.runs import SyncRun
from schema.shape import Choice, choices, described, edge, shape, taking

DeviceId = Annotated[
    str | None, Doc("What the device calls itself; may be left out with its own token.")
]


@choices
class SubmissionStatus(Choice):
    """What became of a session that was sent."""

    CREATED = "created", "It was stored."
    DUPLICATE = "duplicate", "It was stored before."
    UPDATED = "updated", "It was stored before, and its words have changed."
    CONFLICT = "conflict", "It was stored before with other data; somebody must look."
    REJECTED = "rejected", "It breaks a rule, and was not stored."


@shape(sent.Item, id=None, session_id=UUID | None, status=SubmissionStatus)
class SubmittedSession(sent.Item):
    """What became of one session that was sent."""

    @edge(FocusSession | None)
    async def session(self, info: Info) -> views.Session | None:
        """The session as it is stored; of one that was merged, the one that took it in."""
        if self.id is None:
            return None
        return await info.context.load(queries.sessions_by_id, self.id)

    @edge(SyncConflict | None)
    async def conflict(self, info: Info) -> views.Conflict | None:
        """The open conflict it is part of."""
        if self.conflict_id is None:
            return None
        return await info.context.load(queries.conflicts_by_id, self.conflict_id)


@taking
class SessionInput:
    """A session that is over."""

    session_id: Annotated[UUID, Doc("What the device calls it, made when the timer started.")]
    start_time: Annotated[datetime, Doc("When it began, by the device's clock.")]
    end_time: Annotated[datetime, Doc("When it ended, by the device's clock.")]
    duration: Annotated[float, Doc("Minutes: 1 to 720, and what lies between both times.")]
    category: Annotated[str, Doc("Such as work; may be empty.")]
    project: Annotated[str, Doc("Such as Thesis; may be empty.")]
    note: Annotated[str, Doc("The person's words on it; may be empty.")]
    source: Annotated[str, Doc("The kind of program it was kept with.")]
    planned_duration: Annotated[float | None, Doc("Minutes it was meant to take.")] = None
    kind: Annotated[SessionKind, Doc("What it was for.")] = SessionKind.FOCUS


@taking
class SubmitSessionsInput(Input):
    """Sessions a device has kept, oldest first."""

    sessions: Annotated[list[SessionInput], Doc("1 to 500 sessions.")]
    device_id: DeviceId = None
    client_time: Annotated[datetime | None, Doc("Now, by the device's own clock.")] = None
    pending_after: Annotated[int | None, Doc("Sessions the device has left after these.")] = None


@described
class SubmitSessionsPayload(Payload):
    """What became of the sessions that were sent."""

    results: Annotated[
        list[SubmittedSession] | None, Doc("One for each session, in the order they were sent.")
    ] = None
    accepted: Annotated[int, Doc("Sessions that were stored, or kept in a conflict.")] = 0
    duplicates: Annotated[int, Doc("Sessions that were known already.")] = 0
    rejected: Annotated[int, Doc("Sessions that cannot be stored.")] = 0
    server_time: Annotated[datetime | None, Doc("When it was stored.")] = None
    preferences_version: Annotated[int | None, Doc("The newest version of the preferences.")] = None
    replayed: Annotated[bool, Doc("Whether this answers an earlier request of the same mark.")] = (
        False
    )
    run: Annotated[SyncRun | None, Doc("The run that the upload is.")] = None


@taking
class StartSessionInput(Input):
    """A session that has just begun."""

    session_id: Annotated[UUID, Doc("What the device calls it; send the session under it later.")]
    planned_duration: Annotated[float, Doc("Minutes it is meant to take: 1 to 720.")]
    category: Annotated[str, Doc("Such as work; may be empty.")]
    source: Annotated[str, Doc("The kind of program it runs in.")]
    start_time: Annotated[datetime | None, Doc("When it began; now unless told.")] = None
    project: Annotated[str | None, Doc("Such as Thesis.")] = None
    note: Annotated[str | None, Doc("The person's words on it.")] = None
    kind: Annotated[SessionKind, Doc("What it is for.")] = SessionKind.FOCUS
    device_id: DeviceId = None


@described
class StartSessionPayload(Payload):
    """A timer, and those that run elsewhere."""

    timer: Annotated[FocusTimer | None, Doc("The timer.")] = None
    active_elsewhere: Annotated[
        list[FocusTimer] | None, Doc("Timers of other devices that were there first; they run on.")
    ] = None


@taking
class CancelSessionInput(Input):
    """A session that is broken off."""

    session_id: Annotated[UUID, Doc("What the device calls it.")]
    elapsed_minutes: Annotated[float, Doc("Minutes it took so far: 0 to 720.")]
    reason: Annotated[CancelReason, Doc("Why.")] = CancelReason.USER_CANCELLED
    device_id: DeviceId = None


@described
class CancelSessionPayload(Payload):
    """A session that was broken off."""

    session: Annotated[FocusSession | None, Doc("The session.")] = None


@taking
class HeartbeatInput(Input):
    """A device's sign of life."""

    client_time: Annotated[datetime, Doc("Now, by its own clock.")]
    sessions_pending: Annotated[int, Doc("Sessions it still has to send.")]
    device_id: DeviceId = None
    oldest_pending_at: Annotated[datetime | None, Doc("When the oldest of them began.")] = None
    preferences_version: Annotated[int | None, Doc("The version of the preferences it has.")] = None
    version: Annotated[str | None, Doc("Of the program.")] = None


@described
class HeartbeatPayload(Payload):
    """What a device is told when it gives a sign of life."""

    device: Annotated[Device | None, Doc("The device.")] = None
    server_time: Annotated[datetime | None, Doc("Now.")] = None
    sync_state: Annotated[DeviceSyncState | None, Doc("How far the device is synced.")] = None
    preferences_version: Annotated[int | None, Doc("The newest version of the preferences.")] = None
    preferences: Annotated[
        Preferences | None, Doc("The preferences; null when the device has the newest.")
    ] = None
    acknowledged: Annotated[
        list[UUID] | None, Doc("Sessions of the device that are stored, newest first; 500 at most.")
    ] = None


@taking
class PreferencesInput(Input):
    """Preferences to set; what is left out stays as it is."""

    daily_goal: Annotated[int | None, Doc("Sessions a day: 1 to 20.")] = None
    default_duration: Annotated[int | None, Doc("Minutes of a session: 5 to 120.")] = None
    short_break_duration: Annotated[int | None, Doc("Minutes: 1 to 30.")] = None
    long_break_duration: Annotated[int | None, Doc("Minutes: 5 to 60.")] = None
    notification_sound: Annotated[str | None, Doc("One of chime, bell, soft, none.")] = None
    theme_preference: Annotated[str | None, Doc("One of light, dark, auto.")] = None
    focus_mode: Annotated[str | None, Doc("One of relaxed, normal, strict.")] = None
    timezone: Annotated[str | None, Doc("An IANA name, such as Europe/Oslo.")] = None
    sound_enabled: Annotated[bool | None, Doc("Whether sounds are played.")] = None
    desktop_notifications: Annotated[bool | None, Doc("Whether notices are shown.")] = None
    auto_start_breaks: Annotated[bool | None, Doc("Whether a break begins by itself.")] = None
    auto_start_sessions: Annotated[
        bool | None, Doc("Whether the next session begins by itself.")
    ] = None
    email_notifications: Annotated[bool | None, Doc("Whether notices are sent by e-mail.")] = None
    slack_notifications: Annotated[bool | None, Doc("Whether notices are sent to Slack.")] = None
    public_leaderboard: Annotated[
        bool | None, Doc("Whether others may see how much there was.")
    ] = None
    base_version: Annotated[
        int | None,
        Doc("The version the device had: what others changed since is kept as a conflict."),
    ] = None
    device_id: DeviceId = None


@described
class PreferencesPayload(Payload):
    """Preferences after a change."""

    preferences: Annotated[Preferences | None, Doc("All of them.")] = None
    conflicts: Annotated[
        list[SyncConflict] | None, Doc("What another device had changed, with its old value.")
    ] = None


@described
class SendingMutation:
    """Where devices send."""

    @mutation(SubmitSessionsPayload, scopes=DEVICE)
    async def submit_sessions(
        self, info: Info, given: SubmitSessionsInput
    ) -> SubmitSessionsPayload:
        """Store sessions a device has kept; each is judged alone, and none is stored twice."""
        deps = info.context.deps
        done = await submit.submit(
            deps.store,
            deps.settings.sync,
            info.context.caller.user_id,
            _submission(info.context, given),
            idempotency_key=key_of_mark(given.client_mutation_id),
        )
        return await _submitted(info.context, done)

    @mutation(StartSessionPayload, scopes=DEVICE)
    async def start_session(self, info: Info, given: StartSessionInput) -> StartSessionPayload:
        """Say that a session has begun; another device's timer is told of, and runs on."""
        timer = reading.timer(
            said(given), now=clock.now(), device_id=caller_device(info.context, given.device_id)
        )
        context = info.context
        begun = await timers.start(context.deps.store, context.caller.user_id, timer)
        return StartSessionPayload(
            errors=[],
            timer=begun.timer,  # type: ignore[arg-type]  # a view stands for its shape
            active_elsewhere=begun.elsewhere,  # type: ignore[arg-type]  # a view stands for its shape
        )

    @mutation(CancelSessionPayload, scopes=DEVICE)
    async def cancel_session(self, info: Info, given: CancelSessionInput) -> CancelSessionPayload:
        """Break a session off; it is kept with the time it took. Twice is the same as once."""
        deps, caller = info.context.deps, info.context.caller
        cancellation = reading.cancellation(
            said(given), now=clock.now(), device_id=caller_device(info.context, given.device_id)
        )
        session = await timers.cancel(deps.store, deps.settings.sync, caller.user_id, cancellation)
        return CancelSessionPayload(errors=[], session=session)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(HeartbeatPayload, scopes=DEVICE)
    async def device_heartbeat(self, info: Info, given: HeartbeatInput) -> HeartbeatPayload:
        """Say that a device is there, and what it has left to send."""
        deps, caller = info.context.deps, info.context.caller
        pulse = reading.pulse(said(given), named(info.context, given.device_id))
        beat = await presence.heartbeat(deps.store, deps.settings.sync, caller.user_id, pulse)
        known = await info.context.ask(queries.preferences) if beat.preferences else None
        return HeartbeatPayload(
            errors=[],
            device=beat.device,  # type: ignore[arg-type]  # a view stands for its shape
            server_time=beat.server_time,
            sync_state=DeviceSyncState(beat.sync_status),
            preferences_version=beat.preferences_version,
            preferences=None if known is None else shown(known),
            acknowledged=beat.acknowledged,
        )

    @mutation(PreferencesPayload, scopes=DEVICE)
    async def update_preferences(self, info: Info, given: PreferencesInput) -> PreferencesPayload:
        """Set preferences for all devices; nothing changes when one of them is out of range."""
        context = info.context
        values = said(given)
        for name in ("device_id", "client_mutation_id"):
            values.pop(name, None)
        changed = await preferences.change(
            context.deps.store,
            context.caller.user_id,
            values,
            device_id=caller_device(context, given.device_id),
        )
        context.forget()
        conflicts = await context.load_many(queries.conflicts_by_id, changed.conflict_ids)
        return PreferencesPayload(
            errors=[],
            preferences=shown(await context.ask(queries.preferences)),
            conflicts=conflicts,  # type: ignore[arg-type]  # a view stands for its shape
        )


def _submission(context: Context, given: SubmitSessionsInput) -> sent.Submission:
    """What is sent, as the rules read it. Raises `BadInput` where it is none at all."""
    if not 1 <= len(given.sessions) <= submit.MOST:
        raise BadInput(f"sessions must be a list of 1 to {submit.MOST} sessions", path="sessions")
    device_id = caller_device(context, given.device_id)
    after = given.pending_after
    return sent.Submission(
        sessions=[said(each) for each in given.sessions],
        device=None if device_id is None else records.Device(device_id=device_id),
        client_time=given.client_time,
        pending_after=None if after is None else fields.whole(after, "pending_after"),
    )


async def _submitted(context: Context, done: sent.Submitted) -> SubmitSessionsPayload:
    context.forget()
    run: Any = await context.load(sync_queries.runs_by_id, done.run_id)
    results: Any = done.results
    return SubmitSessionsPayload(
        errors=[],
        results=results,
        accepted=done.accepted,
        duplicates=done.duplicates,
        rejected=done.rejected,
        server_time=done.server_time,
        preferences_version=done.preferences_version,
        replayed=done.replayed,
        run=run,
    )
