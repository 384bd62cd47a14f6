"""What a source must hand to watching: clean, immutable, in our words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """A film as a provider names it; at least one of its three numbers is known."""

    title: str
    year: int | None = None
    tmdb_id: int | None = None
    trakt_id: int | None = None
    imdb_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A film was watched. `watched_at` None where only that is known, not when.

    `source_id` is the provider's own name of this watch; `user_rating` half stars from 0.5 to 5.
    """

    movie: Movie
    source_id: str
    watched_at: datetime | None
    user_rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieDetail:
    """What a film database tells of the film that is stored as `movie_id`."""

    movie_id: int
    tmdb_id: int
    title: str
    year: int | None = None
    imdb_id: str | None = None
    tagline: str | None = None
    overview: str | None = None
    runtime_min: int | None = None
    vote_average: float | None = None
    certification: str | None = None
    poster_path: str | None = None
    backdrop_path: str | None = None
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
