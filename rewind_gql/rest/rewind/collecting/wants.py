"""The wantlist over REST."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc
from typing_extensions import TypedDict

from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.collecting.queries import WantSort
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.collecting.parts import (
    CACHE,
    TAG,
    Direction,
    Limit,
    covers_of,
    printed,
    release_key,
)
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

SortBy = Annotated[
    WantSort, Lenient(), Doc("By date_added, title or year; other words mean date_added.")
]


class Want(TypedDict):
    """A line of the wantlist. `image` is always null, as clients know it; `cover` is the cover."""

    id: int
    discogs_id: int
    title: str
    artists: list[str]
    year: int | None
    formats: list[str]
    genres: list[str]
    image: None
    discogs_url: str | None
    notes: str | None
    rating: int | None
    date_added: str | None
    cover: Image | None


class Wantlist(TypedDict):
    """A page of the wantlist."""

    data: list[Want]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Lines with the covers of their releases, and how many there are in all."""

    items: list[views.WantedRelease]
    covers: dict[Key, Cover]
    total: int


async def wantlist(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: Limit = 20,
    sort: SortBy = "date_added",
    order: Direction = "desc",
) -> Wantlist:
    """Wantlist

    What is wanted, in any order; lines without a date or a year count as lowest.
    """
    found = await call.ask(_wanted, sort=sort, order=order, limit=limit, page=page)
    covers = printed(found.covers, call.links)
    return {
        "data": [_row(each, covers.get(release_key(each.release))) for each in found.items],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def _wanted(conn: Conn, user_id: int, /, **asked: Any) -> _Wanted:
    items = await queries.wants_page(conn, user_id, **asked)
    return _Wanted(
        items=items,
        covers=await covers_of(conn, user_id, (release_key(each.release) for each in items)),
        total=await queries.wants_count(conn, user_id),
    )


def _row(wanted: views.WantedRelease, cover: Image | None) -> Want:
    want, release = wanted.want, wanted.release
    added_at = want.added_at
    return {
        "id": want.id,
        "discogs_id": release.discogs_id,
        "title": release.title,
        "artists": release.artists,
        "year": release.year,
        "formats": release.formats,
        "genres": release.genres,
        "image": None,
        "discogs_url": release.discogs_url,
        "notes": want.notes,
        "rating": want.rating,
        "date_added": views.as_written(added_at, want.added_offset_min) if added_at else None,
        "cover": cover,
    }


ROUTES = (
    REWIND.page(
        "/collecting/wantlist", wantlist, cache=CACHE, name="listCollectingWantlist", tag=TAG
    ),
)
