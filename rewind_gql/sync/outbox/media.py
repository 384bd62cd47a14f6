"""Adding films to the collection at Trakt, and taking them out; sending it twice does no harm."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import films
from rewind_gql.domains.collecting.records import Media
from rewind_gql.domains.watching import intake, queries
from rewind_gql.domains.watching.records import Movie, MovieDetail
from rewind_gql.errors import BadInput, NotFound, SourceChanged, SourceDenied
from rewind_gql.sources.tmdb import Tmdb, parse_movie
from rewind_gql.sources.trakt import Trakt
from rewind_gql.sources.trakt_rows import UHD
from rewind_gql.store.engine import Writing
from rewind_gql.sync.outbox.asking import Ambiguous
from rewind_gql.sync.outbox.delivery import Delivery

SHOWN = 5
UHD_BLURAY = "uhd_bluray"


async def add_media(order: Delivery) -> None:
    """Put a film on a medium into the collection at Trakt, and store it here with its details.

    Raises `NotFound`, `BadInput` or `Ambiguous` when it is not clear which film is meant.
    """
    request, source = order.order.request, await order.source(Trakt)
    if not order.has(Tmdb):
        raise SourceDenied("TMDB is needed to tell which film is meant", code="not_configured")
    tmdb = await order.source(Tmdb)  # and it is TMDB that is asked until the film is known
    tmdb_id = int((order.order.before or {}).get("tmdb_id") or await _meant(tmdb, request))
    page = await tmdb.movie(tmdb_id)
    if page is None:
        raise NotFound("TMDB has no such film")
    detail = parse_movie(page, 0)
    order.asking = Trakt.title
    trakt_id = await source.trakt_id(tmdb_id)
    if order.order.before is None:
        await order.sending({"tmdb_id": tmdb_id})
    try:
        added, existing = await order.told(source.add(_entry(order, detail)))
    except SourceChanged as unknown:
        if unknown.code != "not_found":
            raise
        raise NotFound("Trakt does not know this film") from unknown
    answer = {
        "title": detail.title,
        "year": detail.year,
        "tmdb_id": tmdb_id,
        "media_type": request["media_type"],
        "added": added,
        "existing": existing,
    }
    await _store(order, detail, trakt_id, answer)


async def _meant(tmdb: Tmdb, request: Mapping[str, Any]) -> int:
    """The film asked for: by its number, by IMDb's name, else by title and year."""
    if request.get("tmdb_id"):
        return int(request["tmdb_id"])
    imdb_id, title, year = (request.get(name) for name in ("imdb_id", "title", "year"))
    if imdb_id and (found := await tmdb.by_imdb(imdb_id)):
        return found
    if not title:
        unknown = "TMDB does not know that imdb_id; give tmdb_id or title"
        raise BadInput(unknown if imdb_id else "Give tmdb_id, imdb_id or title")
    hits = await tmdb.search(title, year)
    if not hits:
        raise NotFound("TMDB has no such film")
    if len(hits) > 1 and year is None:
        shown = [
            {
                "tmdb_id": hit["id"],
                "title": hit.get("title"),
                "release_date": hit.get("release_date") or None,
            }
            for hit in hits[:SHOWN]
        ]
        raise Ambiguous("Several films match; give the tmdb_id of one, or a year", shown)
    return int(hits[0]["id"])


def _entry(order: Delivery, detail: MovieDetail) -> dict[str, Any]:
    """The film as Trakt is told of it, dated by the order so that a second time says the same."""
    request = order.order.request
    medium = request["media_type"]
    told = {
        "title": detail.title,
        "year": detail.year,
        "ids": {"tmdb": detail.tmdb_id},
        "collected_at": clock.iso(order.order.created_at),
        "media_type": "bluray" if medium == UHD_BLURAY else medium,
        "resolution": _resolution(request),
    }
    told |= {name: request.get(name) for name in ("hdr", "audio", "audio_channels")}
    return {name: value for name, value in told.items() if value is not None}


def _resolution(request: Mapping[str, Any]) -> str | None:
    given: str | None = request.get("resolution")
    return given or (UHD if request["media_type"] == UHD_BLURAY else None)


async def _store(
    order: Delivery, detail: MovieDetail, trakt_id: int | None, answer: dict[str, Any]
) -> None:
    user_id, request = order.order.user_id, order.order.request
    movie = Movie(
        title=detail.title,
        year=detail.year,
        tmdb_id=detail.tmdb_id,
        trakt_id=trakt_id,
        imdb_id=detail.imdb_id,
    )

    async def write(conn: Writing) -> Touched:
        movie_id = (await intake.file(conn, user_id, [movie])).ids[0]
        described = replace(detail, movie_id=movie_id)
        await intake.details(conn, user_id, [described], source=Tmdb.name)
        owned = Media(
            movie_id=movie_id,
            trakt_id=trakt_id,
            media_type=request["media_type"],
            raw_type=_entry(order, detail)["media_type"],
            resolution=_resolution(request),
            hdr=request.get("hdr"),
            audio=request.get("audio"),
            audio_channels=request.get("audio_channels"),
            collected_at=order.order.created_at,
        )
        await films.media(conn, user_id, [owned], source=Trakt.name, keep_dates=True)
        answer["movie_id"] = movie_id
        return Touched()

    await order.finish(answer, write)


async def remove_media(order: Delivery) -> None:
    """Take a film out of the collection at Trakt and here, whatever it is owned on.

    Raises `NotFound` when there is no such row.
    """
    before = order.order.before
    if before is None:
        before = await _removed(order)
        await order.sending(before)
    source = await order.source(Trakt)
    await order.told(source.remove(before["ids"]))

    async def write(conn: Writing) -> Touched:
        await films.remove_movie(conn, order.order.user_id, movie_id=before["movie_id"])
        return Touched()

    answer = {"movie_id": before["movie_id"], "title": before["title"]}
    await order.finish(answer, write)


async def _removed(order: Delivery) -> dict[str, Any]:
    """The film that the row asked for is of."""
    ask, user_id = order.deps.store.ask, order.order.user_id
    owned = await ask(films.media_by_id, user_id, [order.order.request["media_id"]])
    if not owned:
        raise NotFound("There is no such film in the collection")
    row = next(iter(owned.values()))
    movie = (await ask(queries.movies_by_id, user_id, [row.movie_id]))[row.movie_id]
    return {
        "movie_id": movie.id,
        "title": movie.title,
        "ids": {"trakt": movie.trakt_id, "tmdb": movie.tmdb_id, "imdb": movie.imdb_id},
    }
