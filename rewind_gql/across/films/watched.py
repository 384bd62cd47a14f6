"""Owned films beside how often each was watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from annotated_doc import Doc
from sqlalchemy import func, select
from sqlmodel import col

from rewind_gql.across.films import numbers
from rewind_gql.across.films.lists import EVERY, Only, OwnedFilm, films_page
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import own
from rewind_gql.domains.collecting.queries.parts import check
from rewind_gql.domains.watching.tables import Watch
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

WatchedFilter = Literal["all", "watched", "unwatched"]
WATCHED_FILTERS: tuple[WatchedFilter, ...] = ("all", "watched", "unwatched")
_ONLY = {"all": EVERY, "watched": Only(watched=True), "unwatched": Only(watched=False)}


@dataclass(slots=True, kw_only=True)
class Seen:
    """How often a film was watched, and when last."""

    watch_count: Annotated[int, Doc("Times it was watched, whoever told of it.")]
    last_watched_at: Annotated[datetime | None, Doc("The newest of those that have a time.")]


@dataclass(slots=True, kw_only=True)
class WatchedFilm:
    """An owned film beside how often it was watched."""

    film: Annotated[OwnedFilm, Doc("What is owned.")]
    seen: Annotated[Seen, Doc("How often it was watched.")]


_SEEN: Read[tuple[int, int, datetime | None]] = Read(
    select(col(Watch.movie_id), func.count(), func.max(col(Watch.watched_at)))
    .where(own(Watch), among(col(Watch.movie_id), "ids"))
    .group_by(col(Watch.movie_id))
)


async def seen_by_movie(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, Seen]:
    """How often each of these films was watched; those that were not are left out."""
    found = await conn.rows(_SEEN, user_id=user_id, ids=ids)
    return {
        movie_id: Seen(watch_count=count, last_watched_at=last) for movie_id, count, last in found
    }


async def watch_summary(conn: Conn, user_id: int) -> views.WatchSummary:
    """What of the owned films was watched, over the whole collection; zeros where none is owned."""
    owned = await numbers.owned(conn, user_id)
    seen = owned.among(await numbers.watched(conn, user_id))
    return views.WatchSummary(
        total_owned=owned.media,
        total_movies=int(owned.films.size),
        total_watched=int(seen.films.size),
        watched_items=seen.media,
    )


async def watched_page(
    conn: Conn,
    user_id: int,
    *,
    filter: WatchedFilter = "all",  # noqa: A002  # the word clients write
    limit: int = 20,
    page: int = 1,
) -> list[WatchedFilm]:
    """Owned films with their watches, newest collected first, by page number from 1.

    Raises `BadInput` for another filter.
    """
    check(filter, WATCHED_FILTERS, "filter")
    found = await films_page(conn, user_id, only=_ONLY[filter], limit=limit, page=page)
    ids = sorted({each.movie.id for each in found})
    seen = await seen_by_movie(conn, user_id, ids) if ids else {}
    never = Seen(watch_count=0, last_watched_at=None)
    return [WatchedFilm(film=each, seen=seen.get(each.movie.id, never)) for each in found]
