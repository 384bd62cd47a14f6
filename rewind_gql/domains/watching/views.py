"""What leaves watching: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Movie:
    """A film, owned or watched."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    tmdb_id: Annotated[int | None, Doc("Its number at TMDB.")]
    trakt_id: Annotated[int | None, Doc("Its number at Trakt.")]
    imdb_id: Annotated[str | None, Doc("Its name at IMDb, such as tt0111161.")]
    title: Annotated[str, Doc("Its title in English, where TMDB has one.")]
    year: Annotated[int | None, Doc("Year of its first release.")]
    tagline: Annotated[str | None, Doc("The line on its poster.")]
    overview: Annotated[str | None, Doc("What it is about, as TMDB tells it.")]
    runtime_min: Annotated[int | None, Doc("How long it is, in minutes.")]
    vote_average: Annotated[float | None, Doc("What TMDB's users give it, 0 to 10.")]
    certification: Annotated[str | None, Doc("Its rating in the United States, such as PG-13.")]
    genres: Annotated[list[str], Doc("TMDB's genres, in its order.")]
    directors: Annotated[list[str], Doc("Who directed it, in the order of the credits.")]


@dataclass(slots=True, kw_only=True)
class Watch:
    """One time a film was watched."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    movie_id: Annotated[int, Doc("The film.")]
    watched_at: Annotated[datetime | None, Doc("When; absent where only that it was is known.")]
    source: Annotated[str, Doc("Who told of it, such as trakt.")]
    user_rating: Annotated[float | None, Doc("Half stars from 0.5 to 5.")]
