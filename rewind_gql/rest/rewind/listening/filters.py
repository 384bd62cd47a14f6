"""The rules that hide music, over REST."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import filters
from rewind_gql.domains.listening.filters import views
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Named
from rewind_gql.rest.shim import Access, Call
from rewind_gql.sync import refilter

FilterId = Annotated[int, Ge(1), Named("filter ID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFilter:
    """A rule: why, what it looks at, and what it looks for."""

    filter_type: str
    pattern: str
    scope: str
    reason: str | None = None


class Filter(TypedDict):
    """A rule; one of the two that are built in has no scope."""

    id: int
    filter_type: str
    pattern: str
    scope: str | None
    reason: str | None
    enabled: bool
    created_at: str


class Filters(TypedDict):
    """Every rule, by type, then by scope."""

    data: list[Filter]


class Deleted(TypedDict):
    """That a rule was taken away."""

    success: bool
    deleted_id: int


async def list_filters(call: Call) -> Filters:
    """List filters

    Those that are not enabled hide nothing; adding one of them again enables it.
    """
    found = await call.ask(filters.filters)
    if not found:  # nothing was heard yet, which would have brought the first rules
        async with call.desk.store.write() as conn:
            await filters.begin(conn, call.user_id)
        found = await call.ask(filters.filters)
    return printed(found)


async def create_filter(call: Call, *, body: NewFilter) -> Filter:
    """Add a filter

    What it means is hidden soon after, wherever it was heard; taking the filter away shows it
    again. A filter that is there already is 409.
    """
    async with call.desk.store.write() as conn:
        made = await filters.add(
            conn,
            call.user_id,
            filter_type=body.filter_type,
            scope=body.scope,
            pattern=body.pattern,
            reason=body.reason,
        )
    await refilter.enqueue(call.desk.jobs, call.user_id)
    return _filter(made)


async def delete_filter(call: Call, *, id: FilterId) -> Deleted:  # noqa: A002  # the path's name
    """Delete a filter

    What it alone hid is shown again soon after.
    """
    async with call.desk.store.write() as conn:
        await filters.remove(conn, call.user_id, filter_id=id)
    await refilter.enqueue(call.desk.jobs, call.user_id)
    return {"success": True, "deleted_id": id}


def printed(found: Sequence[views.Filter]) -> Filters:
    """Rules as clients of this API know them."""
    return {"data": [_filter(each) for each in found]}


def _filter(found: views.Filter) -> Filter:
    return {
        "id": found.id,
        "filter_type": found.filter_type,
        "pattern": found.pattern,
        "scope": None if found.scope in filters.BUILT_IN else found.scope,
        "reason": found.reason,
        "enabled": found.enabled,
        "created_at": clock.iso(found.created_at),
    }


_PATH = "/listening/admin/filters"
ROUTES = (
    REWIND.page(
        _PATH,
        list_filters,
        access=Access.ADMIN,
        cache=None,
        name="listListeningFilters",
        tag="Listening",
    ),
    REWIND.post(
        _PATH,
        create_filter,
        status=201,
        refuses=(409,),
        name="createListeningFilter",
        tag="Listening",
    ),
    REWIND.delete(f"{_PATH}/{{id}}", delete_filter, name="deleteListeningFilter", tag="Listening"),
)
