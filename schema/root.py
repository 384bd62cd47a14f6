"""The schema put together: its roots, its limits, its caches, and its printed form."""

from pathlib import Path
from typing import Annotated, Any

import strawberry
from annotated_doc import Doc
from strawberry.schema.config import StrawberryConfig

from rewind_gql.errors import BadInput
from schema import (
    adding,
    allowance,
    auth,
    backfilling,
    cards,
    choosing,
    collecting,
    conflicts,
    devices,
    films,
    filtering,
    focus,
    grouping,
    image_health,
    listening,
    report,
    runs,
    sending,
    sync,
)
from schema.batching import Batch
from schema.context import Info
from schema.execution import EXTENSIONS, PerEvent, Schema
from schema.ids import as_number, parse_id
from schema.relay import Kind, Node
from schema.scalars import SCALARS
from schema.shape import described, edge
from schema.subscriptions import Subscription

SDL = Path(__file__).with_name("schema.graphql")
MAX_NODES = 200

KINDS: dict[str, Kind] = {
    **listening.NODES,
    **collecting.NODES,
    **films.NODES,
    **filtering.NODES,
    **runs.NODES,
    **devices.NODES,
    **focus.NODES,
    **conflicts.NODES,
    **auth.NODES,
    **cards.NODES,
}


@described
class Query(
    listening.ListeningQuery,
    collecting.CollectingQuery,
    choosing.ImageQuery,
    image_health.ImageHealthQuery,
    focus.FocusQuery,
    sync.SyncQuery,
    report.DeviceSyncQuery,
    devices.DeviceQuery,
    conflicts.ConflictQuery,
    auth.AuthQuery,
    cards.CardQuery,
    allowance.AllowanceQuery,
):
    """What can be asked."""

    @edge(Node | None)
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("Its global id.")],  # noqa: A002  # Relay's name
    ) -> Any:
        """Anything by its id; null where there is nothing of that id, or it is somebody else's."""
        return await info.context.load(*_wanted(info, id, "id"))

    @edge(list[Node | None])
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], Doc("Up to 200 global ids.")]
    ) -> list[Any]:
        """Several things by their ids, in their order, with null as for `node`."""
        if len(ids) > MAX_NODES:
            raise BadInput(f"Give at most {MAX_NODES} ids", path="ids")
        return await info.context.load_each([_wanted(info, each, "ids") for each in ids])


def _wanted(info: Info, text: str, path: str) -> tuple[Batch[Any, Any], Any]:
    """The batch query that knows a thing, and its key there."""
    name, key = parse_id(text, path=path)
    kind = KINDS.get(name)
    if kind is None:
        raise BadInput("This is not an id of this server", path=path)
    if kind.scope is not None:
        info.context.require(kind.scope)
    return kind.query, as_number(key, path=path) if kind.numbered else key


@described
class Mutation(
    collecting.CollectingMutation,
    adding.AddingMutation,
    filtering.FilterMutation,
    grouping.GroupingMutation,
    choosing.ImageMutation,
    backfilling.ImageBackfillMutation,
    sync.SyncMutation,
    devices.DeviceMutation,
    sending.SendingMutation,
    conflicts.ConflictMutation,
    auth.AuthMutation,
    cards.CardMutation,
):
    """What can be changed: with an admin key everything; a device's token sends what devices do."""


schema = Schema(
    Query,
    Mutation,
    Subscription,
    extensions=EXTENSIONS,
    execution_context_class=PerEvent,
    config=StrawberryConfig(scalar_map=SCALARS),
)


def print_sdl() -> str:
    """The schema in its own language, as it is committed."""
    return schema.as_str() + "\n"
