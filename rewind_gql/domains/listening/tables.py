"""Tables of listening: who and what was heard, when, and the counts kept beside it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from rewind_gql.store.columns import Day, Flag, Id, Json, Utc


class Artist(SQLModel, table=True):
    """An artist. Unique by the folded name; shown under the name the source wrote first.

    `hidden` is what counts; `hidden_by` is the rule that says so, `shown` what a person said
    instead. `tags` are those kept, heaviest first; None before they were asked for. `spoken` is
    whether the tags tell of the spoken word.
    """

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
    hidden_by: int | None = Field(sa_type=Id)
    shown: bool | None = Field(sa_type=Flag)
    apple_music_id: str | None
    apple_music_url: str | None
    tags: list[dict[str, Any]] | None = Field(sa_type=Json)
    spoken: bool | None = Field(sa_type=Flag)
    bio_summary: str | None
    bio_content: str | None
    bio_at: datetime | None = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)


class Album(SQLModel, table=True):
    """An album of one artist. Two albums of one name by two artists are two albums.

    `hidden` includes its artist's; `hidden_by` is a rule about the album itself. One with a
    `group_id` is shown as part of that album, and is hidden for that. `compilation` is whether a
    catalogue says that it is by various artists.
    """

    __tablename__ = "listening_album"
    __table_args__ = (
        UniqueConstraint("user_id", "artist_id", "match_key"),
        Index("listening_album_artist", "artist_id"),
        Index("listening_album_name", "user_id", "match_key", "id"),
        Index("listening_album_found", "user_id", "created_at"),
        Index("listening_album_mbid", "user_id", "mbid"),
        Index("listening_album_group", "group_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    artist_id: int = Field(foreign_key="listening_artist.id", sa_type=Id)
    match_key: str
    name: str
    mbid: str | None
    url: str | None
    hidden: bool = Field(sa_type=Flag)
    hidden_by: int | None = Field(sa_type=Id)
    shown: bool | None = Field(sa_type=Flag)
    apple_music_id: str | None
    apple_music_url: str | None
    released_year: int | None
    total_tracks: int | None
    group_id: int | None = Field(sa_type=Id)
    compilation: bool | None = Field(sa_type=Flag)
    created_at: datetime = Field(sa_type=Utc)


class Track(SQLModel, table=True):
    """A track of one artist. Its album is the one it was last heard on.

    `hidden` includes its artist's, not its album's, which it may leave; `hidden_by` is a rule about
    the track itself.
    """

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
    hidden_by: int | None = Field(sa_type=Id)
    shown: bool | None = Field(sa_type=Flag)
    apple_music_id: str | None
    apple_music_url: str | None
    preview_url: str | None
    itunes_tried_at: datetime | None = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)


class Play(SQLModel, table=True):
    """One play. Unique per track, instant and ordinal within it, so a re-sync adds nothing.

    `exact` is False while only the minute is known, or that it began in the `spread_s` seconds from
    `played_at`. `artist_id` repeats the track's, and `hidden` what the track, its artist or its
    album say, beside the sort order, so that no list has to look them up. `album_id` is the album
    it is shown on; `told_album_id` the one the source named, where that is part of another.
    """

    __tablename__ = "listening_play"
    __table_args__ = (
        UniqueConstraint("user_id", "track_id", "played_at", "ordinal"),
        Index("listening_play_window", "user_id", "played_at", "id"),
        Index("listening_play_artist", "artist_id", "played_at", "id"),
        # The last three are what else a count of an album's plays looks at.
        Index(
            "listening_play_album",
            *("album_id", "played_at", "id"),
            *("artist_id", "hidden", "user_id"),
        ),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    track_id: int = Field(foreign_key="listening_track.id", sa_type=Id)
    artist_id: int = Field(foreign_key="listening_artist.id", sa_type=Id)
    album_id: int | None = Field(foreign_key="listening_album.id", sa_type=Id)
    played_at: datetime = Field(sa_type=Utc)
    ordinal: int
    exact: bool = Field(sa_type=Flag)
    spread_s: int | None
    hidden: bool = Field(sa_type=Flag)
    source: str
    told_album_id: int | None = Field(sa_type=Id)


class Grouping(SQLModel, table=True):
    """That an album was made part of another, why, and whether somebody undid it.

    `reason` is `mbid`, `session` or `catalogue`. What was undone is never done again.
    """

    __tablename__ = "listening_grouping"
    __table_args__ = (Index("listening_grouping_album", "album_id"),)

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    album_id: int = Field(foreign_key="listening_album.id", sa_type=Id)
    group_id: int = Field(foreign_key="listening_album.id", sa_type=Id)
    reason: str
    grouped_at: datetime = Field(sa_type=Utc)
    undone_at: datetime | None = Field(sa_type=Utc)


class Removed(SQLModel, table=True):
    """A play that was taken away because it was gone where it came from.

    With one of these beside it, a play that is stored again is never taken away for that again.
    """

    __tablename__ = "listening_removed"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    track_id: int = Field(primary_key=True, foreign_key="listening_track.id", sa_type=Id)
    played_at: datetime = Field(primary_key=True, sa_type=Utc)
    ordinal: int = Field(primary_key=True)
    album_id: int | None = Field(foreign_key="listening_album.id", sa_type=Id)
    source: str
    removed_at: datetime = Field(sa_type=Utc)


class Genre(SQLModel, table=True):
    """A genre that artists are said to play, under a number that plays are counted by."""

    __tablename__ = "listening_genre"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    name: str


class Rollup(SQLModel, table=True):
    """Plays that are not hidden, by calendar bucket, of everything or of one thing.

    `kind` is `total` (entity 0), `artist`, `album`, `track` or `genre`, which is that of a play's
    artist; `grain` is `day`, `month`, `year` or `all` (bucket 1970-01-01). A row without plays is
    not kept. The table is in the order of one entity's history, the first index in that of a
    window's top list; the others rank all time, tell what was heard since, and rank a year.
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
        Index(
            "listening_rollup_since",
            "user_id",
            "kind",
            "last_at",
            sqlite_where=text("grain = 'all'"),
            postgresql_where=text("grain = 'all'"),
        ),
        Index(
            "listening_rollup_year",
            "user_id",
            "kind",
            "bucket",
            "plays",
            "last_at",
            sqlite_where=text("grain = 'year'"),
            postgresql_where=text("grain = 'year'"),
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


class Breadth(SQLModel, table=True):
    """How many different artists, albums and tracks were heard in a month, a year or ever.

    Such numbers of months do not add up to that of a year, so each is kept. Grains and buckets are
    those of `listening_rollup`; one without a play has no row.
    """

    __tablename__ = "listening_breadth"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    grain: str = Field(primary_key=True)
    bucket: date = Field(primary_key=True, sa_type=Day)
    artists: int
    albums: int
    tracks: int


class Pack(SQLModel, table=True):
    """One thing of every play of a month that is not hidden, oldest first, as an array.

    `kind` is `at`, microseconds of 64 bits, or `artist`, `album` (0 where there is none) or
    `track`, their ids of 32 bits; little-endian. `stamp` is one random number for all of a month,
    and another one whenever it is packed anew. It repeats `listening_play`: whoever changes plays
    of a month takes its packs away, and where they are missing the plays themselves are read.
    """

    __tablename__ = "listening_pack"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    kind: str = Field(primary_key=True)
    month: date = Field(primary_key=True, sa_type=Day)
    stamp: int = Field(sa_type=Id)
    numbers: bytes = Field(sa_type=LargeBinary)


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


class Filter(SQLModel, table=True):
    """A rule by which artists, albums or tracks are hidden.

    `scope` is what it looks at: `album`, `track`, `artist`, `artist_track` or `track_regex`; of the
    two built-in rules, which have no pattern to change, `chapters` and `tags`. A rule taken away
    stays as a row, for the things it hid name it until they were looked at again.
    """

    __tablename__ = "listening_filter"
    __table_args__ = (UniqueConstraint("user_id", "filter_type", "scope", "pattern"),)

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    filter_type: str
    scope: str
    pattern: str
    reason: str | None
    enabled: bool = Field(sa_type=Flag)
    created_at: datetime = Field(sa_type=Utc)
    removed_at: datetime | None = Field(sa_type=Utc)


class Filtering(SQLModel, table=True):
    """How often a user's rules have changed, and up to which change the library follows them."""

    __tablename__ = "listening_filtering"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    wanted: int
    applied: int


class Enrichment(SQLModel, table=True):
    """What came of asking a provider about an artist, album or track, and when to ask again.

    `due_at` is None where nothing more is to be asked. What has no row was never asked about.
    """

    __tablename__ = "listening_enrichment"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    task: str = Field(primary_key=True)
    entity_id: int = Field(primary_key=True, sa_type=Id)
    attempts: int
    tried_at: datetime = Field(sa_type=Utc)
    due_at: datetime | None = Field(sa_type=Utc)
    last_error: str | None


class Similar(SQLModel, table=True):
    """An artist that others say is like one in the library, the nearest first.

    `match_key` is what it has in the library, if it is there.
    """

    __tablename__ = "listening_similar"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    artist_id: int = Field(primary_key=True, foreign_key="listening_artist.id", sa_type=Id)
    rank: int = Field(primary_key=True)
    match_key: str
    name: str
    mbid: str | None
    url: str | None
    score: float


class Playing(SQLModel, table=True):
    """What a player says it is playing, until it says another thing or has had time to end."""

    __tablename__ = "listening_playing"
    __table_args__ = ({"info": {"domain": "playing"}},)

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    artist: str
    track: str
    album: str | None
    source: str
    told_at: datetime = Field(sa_type=Utc)
    until_at: datetime = Field(sa_type=Utc)
