"""Owned records over REST: the list, the newest, and one in full."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.collecting.queries import ItemSort, Only
from rewind_gql.errors import NotFound
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.collecting.parts import (
    CACHE,
    TAG,
    Copy,
    Direction,
    ItemId,
    Limit,
    RecentLimit,
    copy,
    covers_of,
    given,
    one_of,
    printed,
    release_key,
    within,
)
from rewind_gql.rest.rewind.parts import PageNumber, Pagination, number, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

SortBy = Annotated[
    ItemSort,
    Lenient(),
    Doc("By date_added, title, artist, year or rating; other words mean date_added."),
]
Format = Annotated[str | None, Doc("The main format as it is written, such as Vinyl.")]
Genre = Annotated[str | None, Doc("A genre, whatever its case.")]
ArtistPart = Annotated[str | None, Doc("A piece of an artist's name.")]
Search = Annotated[str | None, Doc("A piece of the title or of an artist's name.")]


class CopyPage(TypedDict):
    """A page of owned copies."""

    data: list[Copy]
    pagination: Pagination


class Copies(TypedDict):
    """Owned copies, newest added first."""

    data: list[Copy]


class TrackLine(TypedDict):
    """One line of a tracklist."""

    position: str
    title: str
    duration: str


class CopyNote(TypedDict):
    """What the owner noted; the number of the field is null where only its name is known."""

    field_id: int | None
    name: str
    value: str


class Record(Copy):
    """An owned copy in full."""

    tracklist: list[TrackLine]
    country: str | None
    community_have: int | None
    community_want: int | None
    lowest_price: float | None
    num_for_sale: int | None
    notes: list[CopyNote] | None
    currency: str | None
    folder: str | None
    released: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Copies with their covers, and how many there are in all."""

    items: list[views.OwnedRelease]
    covers: dict[Key, Cover]
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _One:
    """A copy with its cover and the owner's notes."""

    owned: views.OwnedRelease
    cover: dict[Key, Cover]
    notes: list[views.Note]
    fields: list[views.NoteField]


async def vinyl(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: Limit = 20,
    format: Format = None,  # noqa: A002  # the parameter's name
    genre: Genre = None,
    artist: ArtistPart = None,
    sort: SortBy = "date_added",
    order: Direction = "desc",
    q: Search = None,
    window: clock.Window,
) -> CopyPage:
    """List vinyl collection

    Every owned record whatever its medium, in any order; unknown years count as lowest. All the
    filters that are given apply. Dates are instants, whatever offset they were written with.
    """
    only = Only(
        formats=one_of(format),
        genres=one_of(genre),
        artist=given(artist),
        text=given(q),
        **within(window),
    )
    found = await call.ask(_page, sort=sort, order=order, only=only, limit=limit, page=page)
    return {
        "data": _rows(call, found),
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def recent(
    call: Call, *, limit: RecentLimit = 10, page: PageNumber = 1, window: clock.Window
) -> Copies:
    """Recent vinyl additions

    Owned records, newest added first. A page past the end is empty.
    """
    only = Only(**within(window))
    return {"data": _rows(call, await call.ask(_listed, only=only, limit=limit, page=page))}


async def record(call: Call, *, id: ItemId) -> Record:  # noqa: A002  # the parameter's name
    """Vinyl record detail

    One owned copy with its tracklist, its place on the marketplace and what the owner noted.
    """
    one = await call.ask(_one, id)
    owned, release = one.owned, one.owned.release
    numbers = {field.name: field.field_id for field in one.fields}
    noted: list[CopyNote] = [
        {"field_id": numbers.get(note.name), "name": note.name, "value": note.value}
        for note in one.notes
    ]
    price = release.lowest_price
    return {
        **copy(owned, printed(one.cover, call.links).get(release_key(release))),
        "tracklist": [
            {"position": line.position, "title": line.title, "duration": line.duration}
            for line in release.tracklist
        ],
        "country": release.country,
        "community_have": release.community_have,
        "community_want": release.community_want,
        "lowest_price": None if price is None else number(price),
        "num_for_sale": release.for_sale,
        "notes": noted or None,
        "currency": release.currency,
        "folder": owned.item.folder,
        "released": release.released,
    }


def _rows(call: Call, found: _Shelf) -> list[Copy]:
    covers = printed(found.covers, call.links)
    return [copy(each, covers.get(release_key(each.release))) for each in found.items]


async def _listed(conn: Conn, user_id: int, /, **asked: Any) -> _Shelf:
    items = await queries.items_page(conn, user_id, **asked)
    covers = await covers_of(conn, user_id, (release_key(each.release) for each in items))
    return _Shelf(items=items, covers=covers)


async def _page(conn: Conn, user_id: int, /, *, only: Only, **asked: Any) -> _Shelf:
    total = await queries.items_count(conn, user_id, only=only)
    found = await _listed(conn, user_id, only=only, **asked)
    return _Shelf(items=found.items, covers=found.covers, total=total)


async def _one(conn: Conn, user_id: int, item_id: int) -> _One:
    item = (await queries.items_by_id(conn, user_id, [item_id])).get(item_id)
    if item is None:
        raise NotFound
    (release,) = (await queries.releases_by_id(conn, user_id, [item.release_id])).values()
    notes = (await queries.notes_by_item(conn, user_id, [item_id]))[item_id]
    return _One(
        owned=views.OwnedRelease(item=item, release=release),
        cover=await covers_of(conn, user_id, [release_key(release)]),
        notes=notes,
        fields=await queries.note_fields(conn, user_id) if notes else [],
    )


ROUTES = (
    REWIND.page("/collecting/vinyl", vinyl, cache=CACHE, name="listCollectingVinyl", tag=TAG),
    REWIND.page("/collecting/recent", recent, cache=CACHE, name="getCollectingRecent", tag=TAG),
    REWIND.page(
        "/collecting/vinyl/{id}",
        record,
        cache=CACHE,
        refuses=(404,),
        name="getCollectingVinylRecord",
        tag=TAG,
    ),
)
