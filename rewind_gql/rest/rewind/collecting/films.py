"""Owned films over REST: lists, one in full, what of them was watched, and all in numbers."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.across import films as owned
from rewind_gql.across.films import FilmSort, Only, OwnedFilm, WatchedFilm, WatchedFilter
from rewind_gql.domains.collecting import views
from rewind_gql.domains.watching import queries as watching
from rewind_gql.domains.watching import views as watched
from rewind_gql.errors import NotFound
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Lenient
from rewind_gql.rest.rewind.collecting.film_bodies import (
    AS_OTHER,
    OTHER,
    FilmPage,
    MediaCrossReference,
    MediaStats,
    MediaTotals,
    NewFilms,
    WholeFilm,
    by_name,
    crossed_film,
    film_key,
    film_watch,
    kinds,
    listed_film,
    new_film,
)
from rewind_gql.rest.rewind.collecting.parts import (
    CACHE,
    TAG,
    Direction,
    ItemId,
    Limit,
    Named,
    Names,
    RecentLimit,
    covers_of,
    given,
    printed,
    within,
)
from rewind_gql.rest.rewind.parts import PageNumber, number, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

SortBy = Annotated[
    FilmSort, Lenient(), Doc("By collected_at, title or year; other words mean collected_at.")
]
OnlySome = Annotated[
    WatchedFilter, Lenient(), Doc("all, watched or unwatched; other words mean all.")
]
Format = Annotated[str | None, Doc("bluray, uhd_bluray, hddvd, dvd or digital.")]
Genre = Annotated[str | None, Doc("A piece of a genre of the film.")]
Search = Annotated[str | None, Doc("A piece of the title.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Films:
    """Owned films with their posters, and how many there are in all."""

    items: list[OwnedFilm]
    covers: dict[Key, Cover]
    total: int = 0


async def media(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: Limit = 20,
    format: Format = None,  # noqa: A002  # the parameter's name
    genre: Genre = None,
    sort: SortBy = "collected_at",
    order: Direction = "desc",
    q: Search = None,
    window: clock.Window,
) -> FilmPage:
    """List physical media collection

    Owned films, one for each kind of medium, in any order; unknown years count as lowest.
    """
    only = Only(
        formats=_formats(given(format)), genre=given(genre), text=given(q), **within(window)
    )
    found = await call.ask(_page, sort=sort, order=order, only=only, limit=limit, page=page)
    covers = printed(found.covers, call.links)
    return {
        "data": [listed_film(each, covers) for each in found.items],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def recent(
    call: Call, *, limit: RecentLimit = 10, page: PageNumber = 1, window: clock.Window
) -> NewFilms:
    """Recently added physical media

    Owned films, newest collected first. A page past the end is empty.
    """
    found = await call.ask(_some, only=Only(**within(window)), limit=limit, page=page)
    covers = printed(found.covers, call.links)
    return {"data": [new_film(each, covers) for each in found.items]}


async def stats(call: Call) -> MediaStats:
    """Physical media stats

    Owned films in numbers. One owned on two kinds of media counts twice, but as one movie.
    """
    found = await call.ask(owned.film_stats)
    totals: MediaTotals = {
        "total_items": found.total_items,
        "by_format": by_name(kinds(found.formats)),
        "by_resolution": by_name(found.resolutions),
        "by_hdr": by_name(found.hdr),
        "by_genre": by_name(found.genres),
        "by_decade": by_name(found.decades),
        "added_this_year": found.added_this_year,
        "total_movies": found.total_movies,
    }
    return {**totals, "data": totals}


async def formats(call: Call) -> Names:
    """Media format breakdown

    Owned films by kind of medium, most first, ties by name.
    """
    named: list[Named] = [
        {"name": each.name, "count": each.copies} for each in kinds(await call.ask(owned.formats))
    ]
    return {"data": named}


async def cross_reference(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: Limit = 20,
    filter: OnlySome = "all",  # noqa: A002  # the parameter's name
) -> MediaCrossReference:
    """Owned vs watched cross-reference

    Owned films beside how often each was watched, newest collected first. The summary is of the
    whole collection, whatever the filter; the pagination follows the filter.
    """
    items, summary, covers = await call.ask(_watched, filter=filter, limit=limit, page=page)
    posters = printed(covers, call.links)
    totals = {
        "all": summary.total_owned,
        "watched": summary.watched_items,
        "unwatched": summary.total_owned - summary.watched_items,
    }
    return {
        "data": [crossed_film(each, posters) for each in items],
        "summary": {
            "total_owned": summary.total_owned,
            "total_watched": summary.total_watched,
            "total_unwatched": summary.total_unwatched,
            "watch_rate": number(summary.watch_rate),
            "total_movies": summary.total_movies,
        },
        "pagination": pagination(page=page, limit=limit, total=totals[filter]),
    }


async def film(call: Call, *, id: ItemId) -> WholeFilm:  # noqa: A002  # the parameter's name
    """Physical media item detail

    One owned film with what is known of it, and every time it was watched, newest first.
    """
    found, watches, covers = await call.ask(_one, id)
    movie = found.movie
    return {
        **listed_film(found, printed(covers, call.links)),
        "tagline": movie.tagline,
        "summary": movie.overview,
        "content_rating": movie.certification,
        "watch_history": [film_watch(each) for each in watches],
    }


async def _some(conn: Conn, user_id: int, /, **asked: Any) -> _Films:
    items = await owned.films_page(conn, user_id, **asked)
    covers = await covers_of(conn, user_id, map(film_key, items))
    return _Films(items=items, covers=covers)


async def _page(conn: Conn, user_id: int, /, *, only: Only, **asked: Any) -> _Films:
    total = await owned.films_count(conn, user_id, only=only)
    found = await _some(conn, user_id, only=only, **asked)
    return _Films(items=found.items, covers=found.covers, total=total)


async def _watched(
    conn: Conn, user_id: int, /, **asked: Any
) -> tuple[list[WatchedFilm], views.WatchSummary, dict[Key, Cover]]:
    items = await owned.watched_page(conn, user_id, **asked)
    summary = await owned.watch_summary(conn, user_id)
    return items, summary, await covers_of(conn, user_id, (film_key(each.film) for each in items))


async def _one(
    conn: Conn, user_id: int, media_id: int
) -> tuple[OwnedFilm, list[watched.Watch], dict[Key, Cover]]:
    found = await owned.film(conn, user_id, media_id)
    if found is None:
        raise NotFound
    watches = await watching.watches_by_movie(conn, user_id, [found.movie.id])
    covers = await covers_of(conn, user_id, [film_key(found)])
    return found, watches.get(found.movie.id, []), covers


def _formats(text: str | None) -> tuple[str, ...] | None:
    """The kinds of medium that clients mean by a word."""
    if text is None:
        return None
    return (text, OTHER) if text == AS_OTHER else (text,)


ROUTES = (
    REWIND.page("/collecting/media", media, cache=CACHE, name="listCollectingMedia", tag=TAG),
    REWIND.page(
        "/collecting/media/stats", stats, cache=CACHE, name="getCollectingMediaStats", tag=TAG
    ),
    REWIND.page(
        "/collecting/media/recent", recent, cache=CACHE, name="getCollectingMediaRecent", tag=TAG
    ),
    REWIND.page(
        "/collecting/media/formats",
        formats,
        cache=CACHE,
        name="listCollectingMediaFormats",
        tag=TAG,
    ),
    REWIND.page(
        "/collecting/media/cross-reference",
        cross_reference,
        cache=CACHE,
        name="getCollectingMediaCrossReference",
        tag=TAG,
    ),
    REWIND.page(
        "/collecting/media/{id}",
        film,
        cache=CACHE,
        refuses=(404,),
        name="getCollectingMediaItem",
        tag=TAG,
    ),
)
