"""Tables of watching: films, the words lists are filtered by, and when each film was watched."""

from datetime import datetime

from sqlmodel import Column, Field, ForeignKey, Index, SQLModel, UniqueConstraint

from rewind_gql.store.columns import Coded, Id, Json, Utc


class Movie(SQLModel, table=True):
    """A film, whoever named it first. `tmdb_id` is what every provider agrees on.

    `title_key` is the title as lists sort it and look for pieces in it.

    Columns from `tagline` on come from TMDB, or until then from whoever named the film.
    `detail_at` is None until TMDB answered; `detail_due_at` is when it is to be asked next, 1970
    for a film it was never asked for.
    """

    __tablename__ = "watching_movie"
    __table_args__ = (
        UniqueConstraint("user_id", "tmdb_id"),
        UniqueConstraint("user_id", "trakt_id"),
        Index("watching_movie_imdb", "user_id", "imdb_id"),
        Index("watching_movie_title", "user_id", "title_key", "id"),
        Index("watching_movie_year", "user_id", "year", "id"),
        Index("watching_movie_due", "user_id", "detail_due_at", "id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    tmdb_id: int | None = Field(sa_type=Id)
    trakt_id: int | None = Field(sa_type=Id)
    imdb_id: str | None
    title: str
    title_key: str = Field(sa_type=Coded)
    year: int | None
    tagline: str | None
    overview: str | None
    runtime_min: int | None
    vote_average: float | None
    certification: str | None
    poster_path: str | None
    backdrop_path: str | None
    genres: list[str] = Field(sa_type=Json)
    directors: list[str] = Field(sa_type=Json)
    detail_at: datetime | None = Field(sa_type=Utc)
    detail_due_at: datetime = Field(sa_type=Utc)


class MovieGenre(SQLModel, table=True):
    """A genre of a film, one row each, beside the list in the film's own row."""

    __tablename__ = "watching_movie_genre"
    __table_args__ = (Index("watching_movie_genre_name", "user_id", "name", "movie_id"),)

    movie_id: int = Field(
        sa_column=Column(Id, ForeignKey("watching_movie.id", ondelete="CASCADE"), primary_key=True)
    )
    name: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)


class MovieDirector(SQLModel, table=True):
    """A director of a film, one row each, beside the list in the film's own row."""

    __tablename__ = "watching_movie_director"
    __table_args__ = (Index("watching_movie_director_name", "user_id", "name", "movie_id"),)

    movie_id: int = Field(
        sa_column=Column(Id, ForeignKey("watching_movie.id", ondelete="CASCADE"), primary_key=True)
    )
    name: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)


class Watch(SQLModel, table=True):
    """A film was watched. Unique per source and what the source calls it.

    `watched_at` is None where the owner said only that it was, not when.
    """

    __tablename__ = "watching_watch"
    __table_args__ = (
        UniqueConstraint("user_id", "source", "source_id"),
        Index("watching_watch_window", "user_id", "watched_at", "id"),
        Index("watching_watch_movie", "movie_id", "watched_at"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    movie_id: int = Field(foreign_key="watching_movie.id", sa_type=Id)
    watched_at: datetime | None = Field(sa_type=Utc)
    source: str
    source_id: str
    user_rating: float | None
