"""The report on all devices in GraphQL: who has sent everything, and what contradicts itself."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from rewind_gql.domains.focus import views as focus_views
from rewind_gql.errors import BadInput
from rewind_gql.sync.devices import judging, views
from rewind_gql.sync.devices.report import report
from schema.conflicts import ConflictState, SyncConflict, conflicts_in
from schema.context import Context, Info
from schema.devices import Device, Judged
from schema.shape import Choice, choices, described, edge, shape

MAX_HOURS = 8_760
OPEN = ConflictState.OPEN.value

Hours = Annotated[int, Doc("A device not seen for so many hours is offline: 1 to 8760.")]


@choices
class OverallSyncState(Choice):
    """How all devices stand together."""

    HEALTHY = "healthy", "Everything was sent."
    DELAYED = "delayed", "Something waits to be sent."
    CONFLICTS = "conflicts", "Something contradicts itself, and somebody must look."
    OFFLINE = "offline", "No device was seen within the hours asked for."


@shape(
    views.Report,
    overall=OverallSyncState,
    last_sync_at=None,
    lag_s=None,
)
class DeviceSyncReport(views.Report):
    """Whether every device has sent everything, and whether that is free of contradictions."""

    @edge(datetime | None)
    def last_sync(self) -> datetime | None:
        """When a device last had nothing left to send."""
        return self.last_sync_at

    @edge(int | None)
    def lag_seconds(self) -> int | None:
        """Seconds since then."""
        return self.lag_s

    @edge(list[Device])
    def devices(self) -> list[Judged]:
        """Devices in use, the one seen last first."""
        return [_judged(each) for each in self.devices]

    @edge(list[SyncConflict])
    async def conflicts(
        self,
        info: Info,
        state: Annotated[
            str, Doc("Those that are open, resolved, dismissed or superseded.")
        ] = OPEN,
    ) -> list[focus_views.Conflict]:
        """Conflicts that stand so: open ones oldest first, others newest first."""
        if state == OPEN:
            return [each.conflict for each in self.conflicts]
        if state not in list(ConflictState):
            raise BadInput(f"state must be one of {', '.join(ConflictState)}", path="state")
        return await conflicts_in(info.context, state)


def _judged(each: views.ReportDevice) -> Judged:
    known = {field.name: getattr(each.device, field.name) for field in fields(each.device)}
    return Judged(**known, sync_state=each.status)


async def device_report(context: Context, last_hours: int) -> views.Report:
    """How the caller's devices stand now. Raises `BadInput` for hours out of range."""
    check_hours(last_hours)
    settings = context.deps.settings.sync
    return await context.ask(
        report,
        now=context.now,
        last_hours=last_hours,
        active_minutes=settings.active_minutes,
        skew_warn_s=settings.skew_warn_seconds,
    )


def check_hours(last_hours: int) -> None:
    """Raises `BadInput` for hours out of range."""
    if not 1 <= last_hours <= MAX_HOURS:
        raise BadInput(f"lastHours must be between 1 and {MAX_HOURS}", path="last_hours")


@described
class DeviceSyncQuery:
    """Where the question how devices stand begins."""

    @edge(DeviceSyncReport)
    async def device_sync(
        self,
        info: Info,
        last_hours: Hours = 24,
        scan: Annotated[
            bool, Doc("Compare all sessions of these hours afresh before telling.")
        ] = False,
    ) -> views.Report:
        """How the devices stand: what waits to be sent, what contradicts itself, what to do."""
        context = info.context
        check_hours(last_hours)
        if scan:
            deps, user_id = context.deps, context.caller.user_id
            await judging.scan(deps.store, deps.settings.sync, user_id, last_hours=last_hours)
        return await device_report(context, last_hours)
