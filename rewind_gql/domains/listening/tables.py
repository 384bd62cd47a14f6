"""Tables of listening: who and what was heard, when, and the counts kept beside it."""

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from rewind_gql.store.columns import Day, Flag, Id, Utc


class Artist(SQLModel, table=True):
    """An artist. Unique by the folded name; shown under the name the source wrote first."""

    __tablename__ = "listening_artist"
    __table_args__ = (
        UniqueConstraint("user_id", "match_key"),
        Index("listening_artist_cross", "user_id", "cross_key"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    match_key: str
    cross_key: str
    name: str
    mbid: str | None
    url: str | None
    genre: str | None
    hidden: bool = Field(sa_type=Flag)
    apple_music_url: str | None
    created_at: datetime = Field(sa_type=Utc)


class Album(SQLModel, table=True):
    """An album of one artist. Two albums of one name by two artists are two albums."""

    __tablename__ = "listening_album"
    __table_args__ = (
        UniqueConstraint("user_id", "artist_id", "match_key"),
        Index("listening_album_artist", "artist_id"),
        Index("listening_album_name", "user_id", "match_key", "id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    artist_id: int = Field(foreign_key="listening_artist.id", sa_type=Id)
    match_key: str
    name: str
    mbid: str | None
    url: str | None
    hidden: bool = Field(sa_type=Flag)
    apple_music_url: str | None
    created_at: datetime = Field(sa_type=Utc)


class Track(SQLModel, table=True):
    """A track of one artist. Its album is the one it was last heard on."""

    __tablename__ = "listening_track"
    __table_args__ = (
        UniqueConstraint("user_id", "artist_id", "match_key"),
        Index("listening_track_artist", "artist_id"),
        Index("listening_track_album", "album_id", "match_key", "id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    artist_id: int = Field(foreign_key="listening_artist.id", sa_type=Id)
    album_id: int | None = Field(foreign_key="listening_album.id", sa_type=Id)
    match_key: str
    name: str
    mbid: str | None
    url: str | None
    duration_ms: int | None
    hidden: bool = Field(sa_type=Flag)
    apple_music_url: str | None
    preview_url: str | None
    itunes_tried_at: datetime | None = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)


class Play(SQLModel, table=True):
    """One play. Unique per track, instant and ordinal within it, so a re-sync adds nothing.

    `exact` is False while only the minute is known. `artist_id` repeats the track's, and `hidden`
    what the track, its artist or its album say, beside the sort order, so that no list has to look
    them up.
    """

    __tablename__ = "listening_play"
    __table_args__ = (
        UniqueConstraint("user_id", "track_id", "played_at", "ordinal"),
        Index("listening_play_window", "user_id", "played_at", "id"),
        Index("listening_play_artist", "artist_id", "played_at", "id"),
        Index("listening_play_album", "album_id", "played_at", "id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    track_id: int = Field(foreign_key="listening_track.id", sa_type=Id)
    artist_id: int = Field(foreign_key="listening_artist.id", sa_type=Id)
    album_id: int | None = Field(foreign_key="listening_album.id", sa_type=Id)
    played_at: datetime = Field(sa_type=Utc)
    ordinal: int
    exact: bool = Field(sa_type=Flag)
    hidden: bool = Field(sa_type=Flag)
    source: str


class Rollup(SQLModel, table=True):
    """Plays that are not hidden, by calendar bucket, of everything or of one artist, album, track.

    `kind` is `total` (entity 0), `artist`, `album` or `track`; `grain` is `day`, `month`, `year`
    or `all` (bucket 1970-01-01). A row without plays is not kept. The table is in the order of one
    entity's history, the first index in that of a window's top list, the second ranks all time.
    """

    __tablename__ = "listening_rollup"
    __table_args__ = (
        Index(
            "listening_rollup_window",
            "user_id",
            "kind",
            "grain",
            "bucket",
            "entity_id",
            "plays",
            "first_at",
            "last_at",
        ),
        Index(
            "listening_rollup_rank",
            "user_id",
            "kind",
            "plays",
            "last_at",
            sqlite_where=text("grain = 'all'"),
            postgresql_where=text("grain = 'all'"),
        ),
        {"sqlite_with_rowid": False},
    )

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    kind: str = Field(primary_key=True)
    entity_id: int = Field(primary_key=True, sa_type=Id)
    grain: str = Field(primary_key=True)
    bucket: date = Field(primary_key=True, sa_type=Day)
    plays: int
    first_at: datetime = Field(sa_type=Utc)
    last_at: datetime = Field(sa_type=Utc)


class ChartEntry(SQLModel, table=True):
    """One line of the source's own top list; only shown while our own history is incomplete."""

    __tablename__ = "listening_chart_entry"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    kind: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    rank: int = Field(primary_key=True)
    entity_id: int = Field(sa_type=Id)
    plays: int
    computed_at: datetime = Field(sa_type=Utc)


class Profile(SQLModel, table=True):
    """The account plays come from, as it describes itself."""

    __tablename__ = "listening_profile"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    name: str
    url: str | None
    country: str | None
    plays: int | None
    registered_at: datetime | None = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc)


class Gaps(SQLModel, table=True):
    """How much enrichment and attribution leave open, counted after each sync."""

    __tablename__ = "listening_gaps"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    artists_without_link: int
    played_artists_without_link: int
    tracks_not_enriched: int
    album_artist_mismatches: int
    counted_at: datetime = Field(sa_type=Utc)
