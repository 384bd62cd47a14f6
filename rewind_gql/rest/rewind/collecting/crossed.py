"""Owned records beside what of them was heard, over REST."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.collecting.queries import Filter, Sort
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.collecting.parts import (
    CACHE,
    TAG,
    covers_of,
    format_of,
    printed,
    release_key,
)
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, number, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

CopiesLimit = Annotated[int, Ge(1), Le(100), Doc("Copies on a page.")]
SortBy = Annotated[Sort, Lenient(), Doc("By plays or by date added; other words mean plays.")]
Only = Annotated[Filter, Lenient(), Doc("all, listened or unlistened; other words mean all.")]


class CrossedCopy(TypedDict):
    """An owned copy and what it is a copy of."""

    id: int
    discogs_id: int
    title: str
    artists: list[str]
    year: int | None
    format: str
    genres: list[str]
    styles: list[str]
    image: Image | None
    date_added: str | None
    rating: int | None
    discogs_url: str | None


class CopyHeard(TypedDict):
    """What of a copy was heard, and how sure that is."""

    album_name: str | None
    artist_name: str | None
    play_count: int | None
    last_played: str | None
    match_type: str | None
    match_confidence: float | None


class CrossReferenced(TypedDict):
    """A copy beside what of it was heard."""

    collection: CrossedCopy
    listening: CopyHeard


class CrossReferenceSummary(TypedDict):
    """The cross-reference in numbers, over the whole collection."""

    total_matches: int
    listen_rate: float
    unlistened_count: int
    album_matches: int
    listened_count: int


class CrossReferencePage(TypedDict):
    """A page of the cross-reference."""

    data: list[CrossReferenced]
    summary: CrossReferenceSummary
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A page of the cross-reference with its covers, and the whole of it in numbers."""

    items: list[views.MatchedItem]
    covers: dict[Key, Cover]
    summary: views.MatchSummary
    total: int


async def cross_reference(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: CopiesLimit = 20,
    sort: SortBy = "plays",
    filter: Only = "all",  # noqa: A002  # the parameter's name
) -> CrossReferencePage:
    """Collection-listening cross-reference

    Owned copies beside what of them was heard, by plays or by date added, both downwards. The
    summary is of the whole collection, whatever the filter; the pagination follows the filter.
    """
    found = await call.ask(_matched, sort=sort, filter=filter, limit=limit, page=page)
    summary, covers = found.summary, printed(found.covers, call.links)
    return {
        "data": [_row(each, covers.get(release_key(each.release))) for each in found.items],
        "summary": {
            "total_matches": summary.total_matches,
            "listen_rate": number(summary.listen_rate),
            "unlistened_count": summary.unlistened_count,
            "album_matches": summary.album_matches,
            "listened_count": summary.listened_count,
        },
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def _matched(conn: Conn, user_id: int, /, **asked: Any) -> Matched:
    items, total = await queries.cross_reference_page(conn, user_id, **asked)
    summary = await queries.cross_reference_summary(conn, user_id)
    covers = await covers_of(conn, user_id, (release_key(each.release) for each in items))
    return Matched(items=items, covers=covers, summary=summary, total=total)


def _row(matched: views.MatchedItem, cover: Image | None) -> CrossReferenced:
    item, release, match = matched.item, matched.release, matched.match
    return {
        "collection": {
            "id": item.id,
            "discogs_id": release.discogs_id,
            "title": release.title,
            "artists": release.artists,
            "year": release.year,
            "format": format_of(release),
            "genres": release.genres,
            "styles": release.styles,
            "image": cover,
            "date_added": views.as_written(item.added_at, item.added_offset_min),
            "rating": item.rating,
            "discogs_url": release.discogs_url,
        },
        "listening": {
            "album_name": match.album_name,
            "artist_name": match.artist_name,
            "play_count": match.plays,
            "last_played": clock.iso(match.last_played_at) if match.last_played_at else None,
            "match_type": match.match_type,
            "match_confidence": number(match.confidence),
        },
    }


ROUTES = (
    REWIND.page(
        "/collecting/cross-reference",
        cross_reference,
        cache=CACHE,
        name="getCollectingCrossReference",
        tag=TAG,
    ),
)
