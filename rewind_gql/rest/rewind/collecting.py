"""Collecting over REST."""

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.collecting import queries, views
from rewind_gql.domains.collecting.queries import Filter, Sort
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, number, pagination
from rewind_gql.store.read import Conn

CopiesLimit = Annotated[int, Ge(1), Le(100), Doc("Copies on a page.")]
SortBy = Annotated[Sort, Lenient(), Doc("By plays or by date added; other words mean plays.")]
Only = Annotated[Filter, Lenient(), Doc("all, listened or unlistened; other words mean all.")]


class Copy(TypedDict):
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


class Heard(TypedDict):
    """What of a copy was heard, and how sure that is."""

    album_name: str | None
    artist_name: str | None
    play_count: int | None
    last_played: str | None
    match_type: str | None
    match_confidence: float | None


class CrossReferenced(TypedDict):
    """A copy beside what of it was heard."""

    collection: Copy
    listening: Heard


class Summary(TypedDict):
    """The cross-reference in numbers, over the whole collection."""

    total_matches: int
    listen_rate: float
    unlistened_count: int
    album_matches: int
    listened_count: int


class CrossReferencePage(TypedDict):
    """A page of the cross-reference."""

    data: list[CrossReferenced]
    summary: Summary
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A page of the cross-reference, and the whole of it in numbers."""

    items: list[views.MatchedItem]
    summary: views.MatchSummary
    page: int
    limit: int
    total: int


async def cross_reference(
    conn: Conn,
    user_id: int,
    *,
    page: PageNumber = 1,
    limit: CopiesLimit = 20,
    sort: SortBy = "plays",
    filter: Only = "all",  # noqa: A002  # the parameter's name
) -> Matched:
    """Collection-listening cross-reference

    Owned copies beside what of them was heard, by plays or by date added, both downwards. The
    summary is of the whole collection, whatever the filter; the pagination follows the filter.
    """
    items, total = await queries.cross_reference_page(
        conn, user_id, sort=sort, filter=filter, limit=limit, page=page
    )
    summary = await queries.cross_reference_summary(conn, user_id)
    return Matched(items=items, summary=summary, page=page, limit=limit, total=total)


def print_cross_reference(found: Matched) -> CrossReferencePage:
    """The cross-reference as clients of this API know it."""
    summary = found.summary
    return {
        "data": [_row(matched) for matched in found.items],
        "summary": {
            "total_matches": summary.total_matches,
            "listen_rate": number(summary.listen_rate),
            "unlistened_count": summary.unlistened_count,
            "album_matches": summary.album_matches,
            "listened_count": summary.listened_count,
        },
        "pagination": pagination(page=found.page, limit=found.limit, total=found.total),
    }


def _row(matched: views.MatchedItem) -> CrossReferenced:
    item, release, match = matched.item, matched.release, matched.match
    return {
        "collection": {
            "id": item.id,
            "discogs_id": release.discogs_id,
            "title": release.title,
            "artists": release.artists,
            "year": release.year,
            "format": release.formats[0] if release.formats else "Unknown",
            "genres": release.genres,
            "styles": release.styles,
            "image": None,
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
    REWIND.get(
        "/collecting/cross-reference",
        cross_reference,
        wire=print_cross_reference,
        cache=Cache("private", 60),
        name="getCollectingCrossReference",
        tag="Collecting",
    ),
)
