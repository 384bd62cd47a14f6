"""Devices in GraphQL: the programs that send sessions, and what they say of themselves."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from annotated_doc import Doc

from rewind_gql.domains.focus import queries, views
from rewind_gql.domains.focus.devices import DeviceNotFound
from rewind_gql.errors import BadInput
from rewind_gql.sync.devices import fields, presence, reading, report
from schema.context import Context, Info
from schema.ids import number_of
from schema.mutations import DEVICE, Input, Mark, Payload, mutation
from schema.relay import Kind, Node
from schema.shape import Choice, choices, described, edge, shape, taking

Id = Annotated[strawberry.ID, Doc("Its global id.")]


@choices
class DeviceState(Choice):
    """Whether a device is in use."""

    ACTIVE = "active", "In use."
    SUPERSEDED = "superseded", "A newer version of the same program took its place."
    RETIRED = "retired", "Put away."
    REVOKED = "revoked", "Somebody took its right to sign in away."


@choices
class DeviceSyncState(Choice):
    """How far a device is synced."""

    UP_TO_DATE = "up_to_date", "It has nothing left to send."
    PENDING = "pending", "It has sessions to send."
    STALE = "stale", "It was not seen for a while, or keeps something back for too long."
    OFFLINE = "offline", "It was not seen within the hours asked for."


@dataclass(slots=True, kw_only=True)
class Judged(views.Device):
    """A device in a report, which tells how far it is synced."""

    sync_state: str


@shape(views.Device, device_id=str, install_id=UUID | None, state=DeviceState)
class Device(views.Device, Node):
    """A program on a machine that sends sessions."""

    @edge("Device | None")
    async def superseded_by(self, info: Info) -> views.Device | None:
        """The newer version of the same program."""
        if self.superseded_by is None:
            return None
        return await info.context.load(queries.devices_by_name, self.superseded_by)

    @edge(DeviceSyncState)
    async def sync_state(self, info: Info) -> str | None:
        """How far it is synced: in a report within its hours, elsewhere within 24."""
        if isinstance(self, Judged):
            told: str = self.sync_state
            return told
        context = info.context
        found: str | None = await context.load(
            report.statuses_by_device,
            self.id,
            now=context.now,
            active_minutes=context.deps.settings.sync.active_minutes,
        )
        return found


async def device_named(context: Context, device_id: str | None) -> views.Device | None:
    """The device that calls itself so; None for none, or one that never said more."""
    if device_id is None:
        return None
    return await context.load(queries.devices_by_name, device_id)


def caller_device(context: Context, given: str | None) -> str | None:
    """What the device that calls calls itself: as its token says, else as it says."""
    own = context.caller.device_id
    return fields.device_id(given) if own is None and given is not None else own


@described
class DeviceQuery:
    """Where questions about devices begin."""

    @edge(list[Device])
    async def devices(
        self,
        info: Info,
        all: Annotated[bool, Doc("Those no longer in use, too.")] = False,  # noqa: A002  # the argument's name
    ) -> list[views.Device]:
        """Devices in use, the one seen last first."""
        return await info.context.ask(queries.all_devices if all else queries.devices)

    @edge(Device | None)
    async def device(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
    ) -> views.Device | None:
        """One device."""
        return await info.context.load(queries.devices_by_id, number_of("Device", id))


NODES = {"Device": Kind(queries.devices_by_id)}


@taking
class RegisterDeviceInput(Input):
    """What a device says of itself."""

    device_id: Annotated[
        str,
        Doc("What it calls itself: 1 to 128 letters, digits, dots, colons, dashes, underscores."),
    ]
    device_type: Annotated[str, Doc("Such as mac_app, windows_app or web_timer.")]
    name: Annotated[str | None, Doc("What the person calls it.")] = None
    version: Annotated[str | None, Doc("Of the program.")] = None
    platform: Annotated[str | None, Doc("Such as macOS 16.")] = None
    install_id: Annotated[UUID | None, Doc("The same through all its versions.")] = None


@described
class DevicePayload(Payload):
    """A device after a change."""

    device: Annotated[Device | None, Doc("The device.")] = None
    created: Annotated[bool, Doc("Whether it is new.")] = False


@described
class DeviceMutation:
    """Where devices come and go."""

    @mutation(DevicePayload, scopes=DEVICE)
    async def register_device(self, info: Info, given: RegisterDeviceInput) -> DevicePayload:
        """Make a device known, or tell more of one that is."""
        context = info.context
        device = reading.device(said(given), given.device_id, typed=True)
        registered, created = await presence.register(
            context.deps.store, context.caller.user_id, device
        )
        return DevicePayload(errors=[], device=registered, created=created)  # type: ignore[arg-type]  # a view stands for its shape

    @mutation(DevicePayload, scopes=DEVICE)
    async def revoke_device(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> DevicePayload:
        """Sign a device out for good: its tokens die, its sessions stay. Twice is as once."""
        context = info.context
        known = await context.load(queries.devices_by_id, number_of("Device", id))
        if known is None:
            raise DeviceNotFound
        revoked = await presence.revoke(
            context.deps.store, context.caller.user_id, device_id=known.device_id
        )
        return DevicePayload(errors=[], device=revoked)  # type: ignore[arg-type]  # a view stands for its shape


def said(given: Any) -> dict[str, Any]:
    """What an input says, by the names devices know, without what it leaves out."""
    known = {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}
    return {
        name: value.inside if isinstance(value, Choice) else value
        for name, value in known.items()
        if value is not None
    }


def named(context: Context, given: str | None) -> str:
    """What a device calls itself: as it says, else as its token says. Raises `BadInput`."""
    device_id = context.caller.device_id if given is None else given
    if device_id is None:
        raise BadInput("Say which device this is", path="device_id")
    return device_id
