"""The same schema as Strawberry serves it: its own ASGI view, graphql-core, no caches, no key."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from rewind_gql.auth.views import Caller
from rewind_gql.images.links import Addresses
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.context import Context, Deps
from schema.root import Mutation, Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription

STOCK = strawberry.Schema(
    Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS)
)


class View(GraphQL[Context, None]):
    """Strawberry's view over one store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(STOCK)
        self._store = store
        self._settings = settings

    async def get_context(self, request: Any, response: Any) -> Context:
        """What resolvers have at hand."""
        rest: dict[str, Any] = dict.fromkeys(("jobs", "gate", "watch", "hub", "images"))
        return Context(
            deps=Deps(store=self._store, settings=self._settings, **rest),
            caller=Caller(
                key_id=1,
                user_id=1,
                user_uuid=UUID(int=1),
                time_zone="UTC",
                scope="admin",
                rate_limit_rpm=1,
                expires_at=None,
                token=None,
                device_id=None,
            ),
            request_id="stock",
            links=Addresses().links(request.scope),
        )
