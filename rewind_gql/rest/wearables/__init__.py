"""The API of Open Wearables: what synced for whom, told after the fact and while it happens."""

from rewind_gql.rest.wearables.dialect import UPSTREAM, WEARABLES
from rewind_gql.rest.wearables.routes import ROUTES, UPSTREAM_ROUTES

__all__ = ["ROUTES", "UPSTREAM", "UPSTREAM_ROUTES", "WEARABLES"]
