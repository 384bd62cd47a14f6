"""Tables of collecting: records and films owned, what is wanted, heard, and asked of providers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlmodel import Column, Field, Index, SQLModel, UniqueConstraint

from rewind_gql.store.columns import Coded, Day, Flag, Id, Json, Utc


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
    title_key: str = Field(sa_type=Coded)
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


class Media(SQLModel, table=True):
    """A film owned on a medium: one row per film and kind of medium.

    `media_type` is bluray, uhd_bluray, hddvd, dvd, digital or other; `raw_type` the provider's own
    word, None where it had none. The columns after it are as the provider writes them.
    """

    __tablename__ = "collecting_media"
    __table_args__ = (
        UniqueConstraint("user_id", "movie_id", "media_type"),
        Index("collecting_media_collected", "user_id", "collected_at", "id"),
        Index("collecting_media_type", "user_id", "media_type", "collected_at", "id"),
        Index("collecting_media_movie", "movie_id"),
        Index("collecting_media_kind", "user_id", "media_type", "resolution", "hdr"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    movie_id: int = Field(foreign_key="watching_movie.id", sa_type=Id)
    trakt_id: int | None = Field(sa_type=Id)
    media_type: str
    raw_type: str | None
    resolution: str | None
    hdr: str | None
    audio: str | None
    audio_channels: str | None
    collected_at: datetime = Field(sa_type=Utc)


class Outbox(SQLModel, table=True):
    """Something to be done at a provider and noted here, whatever happens in between.

    `state` is `asked` (to be sent, or perhaps sent), `done` or `failed`. `request` is what was
    asked for; `before` what was there before it was first sent, by which a lost answer is found
    again, None as long as it was not; `answer` is what the asker was told, `status` with which
    status. Whoever works on it owns it until `leased_until`; the next try is due at `due_at`.
    """

    __tablename__ = "collecting_outbox"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index("collecting_outbox_due", "state", "due_at"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    idempotency_key: str
    request_hash: str
    provider: str
    kind: str
    state: str
    request: dict[str, Any] = Field(sa_type=Json)
    before: dict[str, Any] | None = Field(sa_type=Json)
    status: int | None
    answer: dict[str, Any] | None = Field(sa_type=Json)
    attempts: int
    last_error: str | None
    owner: str | None
    leased_until: datetime | None = Field(sa_type=Utc)
    due_at: datetime = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc)


class Shelved(SQLModel, table=True):
    """An owned copy as lists sort and filter it: what its own row and its release's say, in one.

    `added_on` is the day on the clock it was written by. `year` is 0 where it is not known, for
    unknown sorts lowest; `format` is the release's first, `Unknown` without one. `title_words` and
    `artist_words` are folded, to look for pieces in. `price_cents` is the lowest asked for it. The
    table is in the order of one user's copies, so that all of them are read from end to end.
    """

    __tablename__ = "collecting_shelved"
    __table_args__ = (
        Index("collecting_shelved_added", "user_id", "added_at", "item_id"),
        Index("collecting_shelved_title", "user_id", "title_key", "item_id"),
        Index("collecting_shelved_artist", "user_id", "artist_key", "title_key", "item_id"),
        Index("collecting_shelved_year", "user_id", "year", "item_id"),
        Index("collecting_shelved_rating", "user_id", "rating", "item_id"),
        Index("collecting_shelved_day", "user_id", "added_on"),
        Index("collecting_shelved_price", "user_id", "currency", "price_cents"),
        Index("collecting_shelved_item", "item_id"),
        {"sqlite_with_rowid": False},
    )

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    item_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_item.id", ondelete="CASCADE"), primary_key=True)
    )
    added_at: datetime = Field(sa_type=Utc)
    added_on: date = Field(sa_type=Day)
    title_key: str = Field(sa_type=Coded)
    artist_key: str = Field(sa_type=Coded)
    year: int
    rating: int
    format: str
    title_words: str
    artist_words: str
    price_cents: int | None = Field(sa_type=BigInteger)
    currency: str | None


class Facet(SQLModel, table=True):
    """One of the things an owned copy is filed under; it repeats the date of the copy.

    `kind` is format (the first), genre, style, artist, label, decade or folder; `key` is the name
    folded.
    """

    __tablename__ = "collecting_facet"
    __table_args__ = (
        Index("collecting_facet_name", "user_id", "kind", "name", "added_at"),
        Index("collecting_facet_key", "user_id", "kind", "key", "item_id"),
        {"sqlite_with_rowid": False},
    )

    item_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_item.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True, sa_type=Coded)
    key: str = Field(sa_type=Coded)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    added_at: datetime = Field(sa_type=Utc)


class Tally(SQLModel, table=True):
    """How many copies are filed under one thing. `sunk` is that number below zero.

    So the index gives the most of a kind first and ties by name. A row without copies is not kept.
    """

    __tablename__ = "collecting_tally"
    __table_args__ = (
        Index("collecting_tally_rank", "user_id", "kind", "sunk", "name"),
        {"sqlite_with_rowid": False},
    )

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True, sa_type=Coded)
    copies: int
    sunk: int


class Value(SQLModel, table=True):
    """What the collection was worth in a month, as it was last seen in it.

    The first three are the provider's own estimate; `asked_cents` is the sum of the lowest prices
    asked for the copies, in the same currency.
    """

    __tablename__ = "collecting_value"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    month: date = Field(primary_key=True, sa_type=Day)
    currency: str
    minimum_cents: int = Field(sa_type=BigInteger)
    median_cents: int = Field(sa_type=BigInteger)
    maximum_cents: int = Field(sa_type=BigInteger)
    asked_cents: int | None = Field(sa_type=BigInteger)
    items: int
    seen_at: datetime = Field(sa_type=Utc)


class Folder(SQLModel, table=True):
    """A folder of the owner's at the provider."""

    __tablename__ = "collecting_folder"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    folder_id: int = Field(primary_key=True, sa_type=Id)
    name: str


class NoteField(SQLModel, table=True):
    """A field in which the owner notes something with a copy, and the words it may hold."""

    __tablename__ = "collecting_note_field"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    field_id: int = Field(primary_key=True, sa_type=Id)
    name: str
    kind: str
    options: list[str] = Field(sa_type=Json)
    position: int


class WantMatch(SQLModel, table=True):
    """The album, heard already, that a wanted release is. Wants that are none have no row."""

    __tablename__ = "collecting_want_match"
    __table_args__ = (Index("collecting_want_match_plays", "user_id", "plays", "want_id"),)

    want_id: int = Field(
        sa_column=Column(Id, ForeignKey("collecting_want.id", ondelete="CASCADE"), primary_key=True)
    )
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    album_id: int = Field(sa_type=Id)
    plays: int
    last_played_at: datetime | None = Field(sa_type=Utc)
    match_type: str
    confidence: float
