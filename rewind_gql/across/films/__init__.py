"""Owned films beside what is known of them: the media of collecting, the movies of watching."""

from rewind_gql.across.films.counts import film_stats, formats
from rewind_gql.across.films.lists import (
    EVERY,
    FILM_SORTS,
    FILMS,
    FILMS_TYPES,
    FilmSort,
    Only,
    OwnedFilm,
    film,
    films,
    films_count,
    films_page,
)
from rewind_gql.across.films.watched import (
    WATCHED_FILTERS,
    Seen,
    WatchedFilm,
    WatchedFilter,
    watch_summary,
    watched_page,
)

__all__ = [
    "EVERY",
    "FILMS",
    "FILMS_TYPES",
    "FILM_SORTS",
    "WATCHED_FILTERS",
    "FilmSort",
    "Only",
    "OwnedFilm",
    "Seen",
    "WatchedFilm",
    "WatchedFilter",
    "film",
    "film_stats",
    "films",
    "films_count",
    "films_page",
    "formats",
    "watch_summary",
    "watched_page",
]
