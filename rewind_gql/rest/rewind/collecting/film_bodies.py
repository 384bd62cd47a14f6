"""Owned films as bodies over REST carry them."""

from collections import Counter
from collections.abc import Iterable

from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across.films import OwnedFilm, WatchedFilm
from rewind_gql.domains.collecting import views
from rewind_gql.domains.watching import views as watched
from rewind_gql.images.records import Key
from rewind_gql.rest.rewind.parts import Image, Pagination, number

# Clients know no kind of disc but these; one that is none of them is told as the likeliest.
OTHER, AS_OTHER = "other", "bluray"


class Film(TypedDict):
    """An owned film as the newest are listed."""

    id: int
    title: str
    year: int | None
    tmdb_id: int | None
    image: Image | None
    tmdb_rating: float | None
    media_type: str
    resolution: str | None
    hdr: str | None
    audio: str | None
    audio_channels: str | None
    collected_at: str | None


class ListedFilm(Film):
    """An owned film as lists show it."""

    imdb_id: str | None
    runtime: int | None


class FilmWatch(TypedDict):
    """One time a film was watched."""

    watched_at: str | None
    source: str | None
    user_rating: float | None


class WholeFilm(ListedFilm):
    """An owned film in full."""

    tagline: str | None
    summary: str | None
    content_rating: str | None
    watch_history: list[FilmWatch]


class FilmPage(TypedDict):
    """A page of owned films."""

    data: list[ListedFilm]
    pagination: Pagination


class NewFilms(TypedDict):
    """Owned films, newest collected first."""

    data: list[Film]


class MediaTotals(TypedDict):
    """Owned films in numbers."""

    total_items: int
    by_format: dict[str, int]
    by_resolution: dict[str, int]
    by_hdr: dict[str, int]
    by_genre: dict[str, int]
    by_decade: dict[str, int]
    added_this_year: int | None
    total_movies: int


class MediaStats(MediaTotals):
    """The same, and once more under the name that some clients look for."""

    data: MediaTotals


class CrossedFilm(TypedDict):
    """An owned film beside its watches. `image` is always null; `poster` is the poster."""

    id: int
    title: str
    year: int | None
    tmdb_id: int | None
    image: None
    media_type: str
    resolution: str | None
    collected_at: str | None
    poster: Image | None


class FilmWatched(TypedDict):
    """How often a film was watched."""

    watched: bool
    watch_count: int
    last_watched: str | None


class OwnedAndWatched(TypedDict):
    """An owned film beside how often it was watched."""

    collection: CrossedFilm
    watching: FilmWatched


class MediaSummary(TypedDict):
    """What was watched of the whole collection; films count once, whatever they are owned on."""

    total_owned: int
    total_watched: int
    total_unwatched: int
    watch_rate: float
    total_movies: int


class MediaCrossReference(TypedDict):
    """A page of owned films beside their watches."""

    data: list[OwnedAndWatched]
    summary: MediaSummary
    pagination: Pagination


def film_key(film: OwnedFilm) -> Key:
    """What the poster of a film is known by."""
    return Key("watching", "movies", str(film.movie.id))


def kind_of(media_type: str) -> str:
    """The kind of medium as clients know it."""
    return AS_OTHER if media_type == OTHER else media_type


def kinds(formats: Iterable[views.Count]) -> list[views.Count]:
    """Counts by the kinds of medium clients know, most first, ties by name."""
    counted = Counter[str]()
    for each in formats:
        counted[kind_of(each.name)] += each.copies
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [views.Count(name=name, copies=copies) for name, copies in ranked]


def by_name(found: Iterable[views.Count]) -> dict[str, int]:
    """Counts as an object of names."""
    return {each.name: each.copies for each in found}


def new_film(film: OwnedFilm, covers: dict[Key, Image | None]) -> Film:
    """An owned film as the newest are listed."""
    media, movie = film.media, film.movie
    rating = movie.vote_average
    return {
        "id": media.id,
        "title": movie.title,
        "year": movie.year,
        "tmdb_id": movie.tmdb_id,
        "image": covers.get(film_key(film)),
        "tmdb_rating": None if rating is None else number(rating),
        "media_type": kind_of(media.media_type),
        "resolution": media.resolution,
        "hdr": media.hdr,
        "audio": media.audio,
        "audio_channels": media.audio_channels,
        "collected_at": clock.iso(media.collected_at),
    }


def listed_film(film: OwnedFilm, covers: dict[Key, Image | None]) -> ListedFilm:
    """An owned film as lists show it."""
    return {
        **new_film(film, covers),
        "imdb_id": film.movie.imdb_id,
        "runtime": film.movie.runtime_min,
    }


def film_watch(watch: watched.Watch) -> FilmWatch:
    """One time a film was watched."""
    rating = watch.user_rating
    return {
        "watched_at": clock.iso(watch.watched_at) if watch.watched_at else None,
        "source": watch.source,
        "user_rating": None if rating is None else number(rating),
    }


def crossed_film(each: WatchedFilm, posters: dict[Key, Image | None]) -> OwnedAndWatched:
    """An owned film beside how often it was watched."""
    media, movie, seen = each.film.media, each.film.movie, each.seen
    return {
        "collection": {
            "id": media.id,
            "title": movie.title,
            "year": movie.year,
            "tmdb_id": movie.tmdb_id,
            "image": None,
            "media_type": kind_of(media.media_type),
            "resolution": media.resolution,
            "collected_at": clock.iso(media.collected_at),
            "poster": posters.get(film_key(each.film)),
        },
        "watching": {
            "watched": seen.watch_count > 0,
            "watch_count": seen.watch_count,
            "last_watched": clock.iso(seen.last_watched_at) if seen.last_watched_at else None,
        },
    }
