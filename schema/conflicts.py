"""Conflicts in GraphQL: sessions that cannot all be true, and what is done about them."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from annotated_doc import Doc
from strawberry.scalars import JSON

from rewind_gql.domains.focus import queries, views
from rewind_gql.domains.focus.conflicts.refusals import ConflictChanged
from rewind_gql.sync.devices import settling, words
from schema.context import Context, Info
from schema.devices import Device, Id, device_named
from schema.errors import user_error
from schema.focus import FocusSession
from schema.ids import number_of
from schema.mutations import DEVICE, Input, Mark, Payload, key_of_mark, mutation
from schema.relay import Kind, Node
from schema.shape import Choice, choices, described, edge, shape, taking


@choices
class ConflictType(Choice):
    """What is wrong between sessions."""

    SESSION_OVERLAP = "session_overlap", "They claim the same time."
    DUPLICATE_SESSION = "duplicate_session", "They are one session, kept twice."
    SESSION_MISMATCH = "session_mismatch", "One session was told in two ways."
    CLOCK_SKEW = "clock_skew", "They overlap only because a clock is off."
    PREFERENCE_CONFLICT = "preference_conflict", "A preference was changed on two devices at once."


@choices
class ConflictState(Choice):
    """Whether a conflict still waits for somebody."""

    OPEN = "open", "It waits."
    RESOLVED = "resolved", "It was settled."
    DISMISSED = "dismissed", "Somebody said that all of it is right."
    SUPERSEDED = "superseded", "A larger conflict took its place."


@choices
class ConflictResolution(Choice):
    """How a conflict is settled."""

    KEEP_ONE = "KEEP_ONE", "One session stays and takes the others in."
    KEEP_ALL = "KEEP_ALL", "All stay as they are; they are not held against each other again."
    MERGE = "MERGE", "They become one session, from the earliest start to the latest end."
    TRIM_EARLIER = "TRIM_EARLIER", "The earlier ends where the later begins."
    TRIM_LATER = "TRIM_LATER", "The later begins where the earlier ends."
    DELETE = "DELETE", "The sessions named are taken away."


@shape(views.ConflictMember, variant=JSON | None)
class SyncConflictMember(views.ConflictMember, Node):
    """A session in a conflict."""

    @edge(FocusSession | None)
    async def session(self, info: Info) -> views.Session | None:
        """The session as it is now; none where a preference is what is at odds."""
        if self.session_id is None:
            return None
        return await info.context.load(queries.sessions_by_id, self.session_id)

    @edge(Device | None)
    async def device(self, info: Info) -> views.Device | None:
        """The device it came from."""
        return await device_named(info.context, self.device_id)


@shape(
    views.Conflict,
    type=ConflictType,
    state=ConflictState,
    suggestion=ConflictResolution,
    resolution=ConflictResolution | None,
)
class SyncConflict(views.Conflict, Node):
    """Sessions, or variants of one, that cannot all be true."""

    @edge(list[SyncConflictMember])
    async def members(self, info: Info) -> list[views.ConflictMember]:
        """What contradicts itself, oldest session first."""
        return await _members(info.context, self.id)

    @edge(list[FocusSession])
    async def sessions(self, info: Info) -> list[views.Session]:
        """The sessions in it, each once, oldest first."""
        return await _sessions(info.context, await _members(info.context, self.id))

    @edge(str)
    async def description(self, info: Info) -> str:
        """What is the matter, in words."""
        members = await _members(info.context, self.id)
        sessions = await _sessions(info.context, members)
        told = {each.device_id for each in members} | {each.device_id for each in sessions}
        return words.describe(self.type, len(told - {None}))


async def _members(context: Context, conflict_id: int) -> list[views.ConflictMember]:
    return await context.load(queries.members_by_conflict, conflict_id) or []


async def _sessions(
    context: Context, members: Sequence[views.ConflictMember]
) -> list[views.Session]:
    ids = dict.fromkeys(each.session_id for each in members if each.session_id is not None)
    return await context.load_many(queries.sessions_by_id, ids)


@described
class ConflictQuery:
    """Where questions about conflicts begin."""

    @edge(list[SyncConflict])
    async def sync_conflicts(
        self,
        info: Info,
        state: Annotated[ConflictState | None, Doc("Those that stand so; null for all.")] = (
            ConflictState.OPEN
        ),
    ) -> list[views.Conflict]:
        """Conflicts, the newest 1,000 at most, newest first."""
        return await conflicts_in(info.context, None if state is None else state.value)

    @edge(SyncConflict | None)
    async def sync_conflict(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
    ) -> views.Conflict | None:
        """One conflict."""
        return await info.context.load(queries.conflicts_by_id, number_of("SyncConflict", id))


async def conflicts_in(context: Context, state: str | None) -> list[views.Conflict]:
    """Conflicts in a state, or in any, newest first."""
    found = await context.ask(queries.conflicts, state=state)
    context.spend(len(found))
    return found


NODES = {
    "SyncConflict": Kind(queries.conflicts_by_id),
    "SyncConflictMember": Kind(queries.members_by_id),
}


@taking
class ResolveConflictInput(Input):
    """How a conflict is to be settled."""

    conflict_id: Annotated[strawberry.ID, Doc("The conflict.")]
    resolution: Annotated[ConflictResolution, Doc("How.")]
    keep: Annotated[
        strawberry.ID | None,
        Doc(
            "With KEEP_ONE: the session that stays; in a SESSION_MISMATCH, the member whose "
            "version of the session stays."
        ),
    ] = None
    delete: Annotated[
        list[strawberry.ID] | None, Doc("With DELETE: the sessions to take away.")
    ] = None
    members: Annotated[
        list[strawberry.ID] | None,
        Doc("The sessions as they were shown: when they are others by now, nothing is done."),
    ] = None


@described
class ConflictPayload(Payload):
    """A conflict after a change."""

    conflict: Annotated[
        SyncConflict | None, Doc("The conflict; of an outdated one, what it is now.")
    ] = None


@described
class ConflictMutation:
    """Where conflicts are settled."""

    @mutation(ConflictPayload, scopes=DEVICE)
    async def resolve_conflict(self, info: Info, given: ResolveConflictInput) -> ConflictPayload:
        """Settle a conflict. Doing it twice gives the first result; it can be taken back."""
        context = info.context
        conflict_id = number_of("SyncConflict", given.conflict_id, path="conflict_id")
        try:
            settled = await settling.resolve(
                context.deps.store,
                context.deps.settings.sync,
                context.caller.user_id,
                conflict_id=conflict_id,
                resolution=given.resolution.value,
                keep=await _kept(context, conflict_id, given.keep),
                delete=_sessions_of(given.delete or (), "delete"),
                members=None if given.members is None else _sessions_of(given.members, "members"),
                by="device" if context.caller.scope == "device" else "owner",
                idempotency_key=key_of_mark(given.client_mutation_id),
            )
        except ConflictChanged as changed:
            return await _changed(context, changed, inside=("input",))
        return ConflictPayload(errors=[], conflict=settled)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(ConflictPayload, scopes=DEVICE)
    async def undo_resolution(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The conflict.")],  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> ConflictPayload:
        """Take a resolution back, within 30 days of it. Twice is the same as once."""
        context = info.context
        try:
            opened = await settling.undo(
                context.deps.store,
                context.deps.settings.sync,
                context.caller.user_id,
                conflict_id=number_of("SyncConflict", id),
            )
        except ConflictChanged as changed:
            return await _changed(context, changed)
        return ConflictPayload(errors=[], conflict=opened)  # type: ignore[arg-type]  # a view stands for its shape


async def _kept(context: Context, conflict_id: int, given: str | None) -> int | None:
    """The number of what stays: a member where one session was told in two ways, else a session."""
    if given is None:
        return None
    conflict = await context.load(queries.conflicts_by_id, conflict_id)
    told_twice = conflict is not None and conflict.type == ConflictType.SESSION_MISMATCH
    return number_of("SyncConflictMember" if told_twice else "FocusSession", given, path="keep")


def _sessions_of(ids: Sequence[str], path: str) -> list[int]:
    return [number_of("FocusSession", each, path=path) for each in ids]


async def _changed(
    context: Context, changed: ConflictChanged, *, inside: tuple[str, ...] = ()
) -> ConflictPayload:
    """The refusal, beside what the conflict is now."""
    context.forget()
    now = await context.load(queries.conflicts_by_id, changed.conflict_id)
    return ConflictPayload(errors=[user_error(changed, inside=inside)], conflict=now)  # type: ignore[arg-type]  # a view stands for its shape
