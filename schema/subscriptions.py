"""What can be followed: events of runs as they happen, and how the devices stand."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

import strawberry
from annotated_doc import Doc

from rewind_gql.errors import BadInput
from rewind_gql.sync import events
from rewind_gql.sync.devices.views import Report
from rewind_gql.sync.live import Item, Reset
from schema.changes import ChangesSubscription
from schema.context import Info
from schema.following import feed, moments
from schema.ids import key_of
from schema.report import DeviceSyncReport, Hours, device_report
from schema.runs import SyncEvent
from schema.scalars import SyncCursor
from schema.shape import described, edge, shape

MAX_REPLAY = 200
MAX_NAME = 100


@shape(Reset, oldest_id=None)
class SyncStreamReset:
    """Told in place of events that were forgotten before they could be sent."""

    @edge(SyncCursor)
    def oldest(self: Reset) -> str:
        """The place of the oldest event that is kept; the stream goes on with it."""
        return events.place(self.oldest_id)


SyncStreamItem = Annotated[
    SyncEvent | SyncStreamReset,
    strawberry.union(
        "SyncStreamItem", description="An event, or that events before the next one are lost."
    ),
]


@described
class Subscription(ChangesSubscription):
    """What can be followed: over a WebSocket, or as server-sent events."""

    @feed(SyncStreamItem)
    async def sync_events(
        self,
        info: Info,
        after: Annotated[
            SyncCursor | None,
            Doc(
                "Everything behind this event first, however long ago it was; `replay` is nothing."
            ),
        ] = None,
        replay: Annotated[int, Doc("This many of the newest events first: 0 to 200.")] = 0,
        run_id: Annotated[
            strawberry.ID | None, Doc("Those of this run alone, until it has ended.")
        ] = None,
        domain: Annotated[str | None, Doc("Those of one domain, such as listening.")] = None,
        include_progress: Annotated[
            bool, Doc("Steps of work, too, not just beginnings and ends.")
        ] = True,
    ) -> AsyncGenerator[Item, None]:
        """Events of runs as they happen, in order, each once.

        After a break, ask again with the `cursor` of the last one as `after`. Who reads too slowly
        misses steps of work, and nothing else.
        """
        if not 0 <= replay <= MAX_REPLAY:
            raise BadInput(f"replay must be between 0 and {MAX_REPLAY}", path="replay")
        if domain is not None and (len(domain) > MAX_NAME or not domain.isprintable()):
            raise BadInput("domain is not the name of one", path="domain")
        following = info.context.deps.hub.follow(
            info.context.caller.user_id,
            after=None if after is None else events.seq_at(after),
            replay=replay,
            run_id=None if run_id is None else key_of("SyncRun", run_id, path="run_id"),
            domain=domain,
            include_progress=include_progress,
        )
        async with aclosing(following) as batches:
            async for batch in batches:
                for item in batch:
                    yield item

    @feed(DeviceSyncReport)
    async def device_sync(self, info: Info, last_hours: Hours = 24) -> AsyncGenerator[Report, None]:
        """How the devices stand: now, and again whenever that is no longer so."""
        context = info.context
        known = None
        looks = moments(context.deps.hub, context.caller.user_id)
        async with aclosing(looks):
            async for _ in looks:
                found = await device_report(context.fresh(), last_hours)
                # That time goes by is no change.
                if (timeless := replace(found, lag_s=None)) != known:
                    known = timeless
                    yield found
