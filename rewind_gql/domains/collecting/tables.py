"""Tables of collecting: releases, the copies owned, the wants, and what of it was heard."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlmodel import Column, Field, Index, SQLModel, UniqueConstraint

from rewind_gql.store.columns import Flag, Id, Json, Utc


class Release(SQLModel, table=True):
    """A release that is owned or wanted. Lists are in the order of the cover.

    `credits` holds `{discogs_id, name, join}` as printed, `credit_key` what listening would call
    all of them together; `labels` holds `{name, catno}`. Columns from `detail_cover_url` on come
    from the release's own page: `detail_at` is None until it was read, `detail_due_at` is when it
    is to be read next, 1970 for one never tried.
    """

    __tablename__ = "collecting_release"
    __table_args__ = (
        UniqueConstraint("user_id", "discogs_id"),
        Index("collecting_release_due", "user_id", "detail_due_at", "discogs_id"),
        Index("collecting_release_credit", "user_id", "credit_key"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    discogs_id: int = Field(sa_type=Id)
    title: str
    year: int | None
    master_id: int | None = Field(sa_type=Id)
    cover_url: str | None
    thumb_url: str | None
    credits: list[dict[str, Any]] = Field(sa_type=Json)
    credit_key: str
    formats: list[str] = Field(sa_type=Json)
    format_descriptions: list[str] = Field(sa_type=Json)
    labels: list[dict[str, Any]] = Field(sa_type=Json)
    genres: list[str] = Field(sa_type=Json)
    styles: list[str] = Field(sa_type=Json)
    detail_cover_url: str | None
    tracklist: list[dict[str, str]] = Field(sa_type=Json)
    identifiers: list[str] = Field(sa_type=Json)
    country: str | None
    released: str | None
    community_have: int | None
    community_want: int | None
    lowest_price: float | None
    currency: str | None
    for_sale: int | None
    detail_at: datetime | None = Field(sa_type=Utc)
    detail_due_at: datetime = Field(sa_type=Utc)


class Artist(SQLModel, table=True):
    """An artist on a sleeve. `cross_key` is what listening knows them by."""

    __tablename__ = "collecting_artist"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        Index("collecting_artist_cross", "user_id", "cross_key"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    discogs_id: int | None = Field(sa_type=Id)
    name: str
    cross_key: str


class ReleaseArtist(SQLModel, table=True):
    """An artist's place on a release."""

    __tablename__ = "collecting_release_artist"
    __table_args__ = (Index("collecting_release_artist_artist", "artist_id"),)

    release_id: int = Field(
        sa_column=Column(
            Id, ForeignKey("collecting_release.id", ondelete="CASCADE"), primary_key=True
        )
    )
    position: int = Field(primary_key=True)
    artist_id: int = Field(foreign_key="collecting_artist.id", sa_type=Id)


class Item(SQLModel, table=True):
    """One owned copy. `instance_id` is None while it is only known from a file.

    `added_offset_min` is the offset the date was written with; lists sort by the instant.
    """

    __tablename__ = "collecting_item"
    __table_args__ = (
        UniqueConstraint("user_id", "instance_id"),
        Index("collecting_item_added", "user_id", "added_at", "id"),
        Index("collecting_item_release", "release_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    instance_id: int | None = Field(sa_type=Id)
    release_id: int = Field(foreign_key="collecting_release.id", sa_type=Id)
    folder: str | None
    rating: int
    notes: list[dict[str, str]] = Field(sa_type=Json)
    added_at: datetime = Field(sa_type=Utc)
    added_offset_min: int


class Want(SQLModel, table=True):
    """One line of the wantlist.

    `listed` is False while it is only known from a file, which has no dates. `sort_at` is the date
    or, without one, 1970, so that lists have an order.
    """

    __tablename__ = "collecting_want"
    __table_args__ = (
        UniqueConstraint("user_id", "release_id"),
        Index("collecting_want_sort", "user_id", "sort_at", "id"),
        Index("collecting_want_release", "release_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    release_id: int = Field(foreign_key="collecting_release.id", sa_type=Id)
    rating: int
    notes: str | None
    listed: bool = Field(sa_type=Flag)
    added_at: datetime | None = Field(sa_type=Utc)
    added_offset_min: int
    sort_at: datetime = Field(sa_type=Utc)


class CrossReference(SQLModel, table=True):
    """What of an owned copy was heard. One row per copy; repeats its date so that it can sort.

    `match_type` is `exact`, `fuzzy`, `artist_only` or `none`.
    """

    __tablename__ = "collecting_cross_reference"
    __table_args__ = (
        Index("collecting_cross_reference_plays", "user_id", "plays", "added_at", "item_id"),
        Index("collecting_cross_reference_added", "user_id", "added_at", "item_id", "plays"),
    )

    item_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_item.id", ondelete="CASCADE"), primary_key=True)
    )
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    album_id: int | None = Field(sa_type=Id)
    album_name: str | None
    artist_name: str | None
    plays: int
    last_played_at: datetime | None = Field(sa_type=Utc)
    match_type: str
    confidence: float
    added_at: datetime = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc)


class MatchedAlbum(SQLModel, table=True):
    """An album whose plays a copy was matched to: the one named, and its other editions."""

    __tablename__ = "collecting_matched_album"
    __table_args__ = (Index("collecting_matched_album_album", "album_id", "item_id"),)

    item_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_item.id", ondelete="CASCADE"), primary_key=True)
    )
    album_id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)


class MatchCount(SQLModel, table=True):
    """The cross-reference counted, one row per user, kept with the rows it counts.

    `matches` are those of any type, `albums` the exact and fuzzy ones, `albums_heard` those of them
    with a play, `heard` those of any type with a play.
    """

    __tablename__ = "collecting_match_count"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    items: int
    matches: int
    albums: int
    albums_heard: int
    heard: int


class Pin(SQLModel, table=True):
    """The owner's word on a copy: this album, or, with no album, none at all."""

    __tablename__ = "collecting_pin"
    __table_args__ = (Index("collecting_pin_user", "user_id", "item_id"),)

    item_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_item.id", ondelete="CASCADE"), primary_key=True)
    )
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    album_id: int | None = Field(sa_type=Id)
    created_at: datetime = Field(sa_type=Utc)
