"""The rest of listening and collecting, and the films of a collection."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns
from rewind_gql.store.migrations import shelf

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Each part adds its own tables in a function of its own."""
    _visibility()
    _enrichment()
    _listening_counts()
    _listening_orders()
    _films()
    _shelf()
    _exactness()
    _links()
    _removed()
    _grouping()


def _grouping() -> None:
    """Albums that are shown as parts of others."""
    op.add_column("listening_album", sa.Column("group_id", columns.Id, nullable=True))
    op.add_column("listening_album", sa.Column("compilation", columns.Flag(), nullable=True))
    op.add_column("listening_play", sa.Column("told_album_id", columns.Id, nullable=True))
    op.create_index("listening_album_mbid", "listening_album", ["user_id", "mbid"])
    op.create_index("listening_album_group", "listening_album", ["group_id"])
    op.create_table(
        "listening_grouping",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=False),
        sa.Column("group_id", columns.Id, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("grouped_at", columns.Utc(), nullable=False),
        sa.Column("undone_at", columns.Utc(), nullable=True),
        sa.ForeignKeyConstraint(["album_id"], ["listening_album.id"]),
        sa.ForeignKeyConstraint(["group_id"], ["listening_album.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("listening_grouping_album", "listening_grouping", ["album_id"])


def _removed() -> None:
    """Plays that were gone where they came from."""
    op.create_table(
        "listening_removed",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("track_id", columns.Id, nullable=False),
        sa.Column("played_at", columns.Utc(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("album_id", columns.Id, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("removed_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["listening_album.id"]),
        sa.ForeignKeyConstraint(["track_id"], ["listening_track.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "track_id", "played_at", "ordinal"),
    )


def _links() -> None:
    """Addresses that show one thing to whoever has them."""
    op.create_table(
        "auth_link",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("asked", columns.Json(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("revoked_at", columns.Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("auth_link_user", "auth_link", ["user_id"])


def _exactness() -> None:
    """How long after the instant given a play may have begun that is not known to the second."""
    op.add_column("listening_play", sa.Column("spread_s", sa.Integer(), nullable=True))


def _films() -> None:
    """Films, when they were watched, those owned, and what providers are still to be told."""
    _movies()
    _movie_words()
    _owned()
    _outbox()


def _movies() -> None:
    op.create_table(
        "watching_movie",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("tmdb_id", columns.Id, nullable=True),
        sa.Column("trakt_id", columns.Id, nullable=True),
        sa.Column("imdb_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", columns.Coded, nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("tagline", sa.String(), nullable=True),
        sa.Column("overview", sa.String(), nullable=True),
        sa.Column("runtime_min", sa.Integer(), nullable=True),
        sa.Column("vote_average", sa.Float(), nullable=True),
        sa.Column("certification", sa.String(), nullable=True),
        sa.Column("poster_path", sa.String(), nullable=True),
        sa.Column("backdrop_path", sa.String(), nullable=True),
        sa.Column("genres", columns.Json(), nullable=False),
        sa.Column("directors", columns.Json(), nullable=False),
        sa.Column("detail_at", columns.Utc(), nullable=True),
        sa.Column("detail_due_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "tmdb_id"),
        sa.UniqueConstraint("user_id", "trakt_id"),
    )
    op.create_index("watching_movie_imdb", "watching_movie", ["user_id", "imdb_id"])
    op.create_index("watching_movie_title", "watching_movie", ["user_id", "title_key", "id"])
    op.create_index("watching_movie_year", "watching_movie", ["user_id", "year", "id"])
    op.create_index("watching_movie_due", "watching_movie", ["user_id", "detail_due_at", "id"])


def _movie_words() -> None:
    for kind in ("genre", "director"):
        table = f"watching_movie_{kind}"
        op.create_table(
            table,
            sa.Column("movie_id", columns.Id, nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("user_id", columns.Id, nullable=False),
            sa.ForeignKeyConstraint(["movie_id"], ["watching_movie.id"], ondelete="CASCADE"),
            sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
            sa.PrimaryKeyConstraint("movie_id", "name"),
        )
        op.create_index(f"{table}_name", table, ["user_id", "name", "movie_id"])


def _owned() -> None:
    op.create_table(
        "watching_watch",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("movie_id", columns.Id, nullable=False),
        sa.Column("watched_at", columns.Utc(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("user_rating", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["movie_id"], ["watching_movie.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "source", "source_id"),
    )
    op.create_index("watching_watch_window", "watching_watch", ["user_id", "watched_at", "id"])
    op.create_index("watching_watch_movie", "watching_watch", ["movie_id", "watched_at"])
    op.create_table(
        "collecting_media",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("movie_id", columns.Id, nullable=False),
        sa.Column("trakt_id", columns.Id, nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("raw_type", sa.String(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("hdr", sa.String(), nullable=True),
        sa.Column("audio", sa.String(), nullable=True),
        sa.Column("audio_channels", sa.String(), nullable=True),
        sa.Column("collected_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["movie_id"], ["watching_movie.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "movie_id", "media_type"),
    )
    op.create_index(
        "collecting_media_collected", "collecting_media", ["user_id", "collected_at", "id"]
    )
    op.create_index(
        "collecting_media_type",
        "collecting_media",
        ["user_id", "media_type", "collected_at", "id"],
    )
    op.create_index("collecting_media_movie", "collecting_media", ["movie_id"])
    op.create_index(
        "collecting_media_kind", "collecting_media", ["user_id", "media_type", "resolution", "hdr"]
    )


def _outbox() -> None:
    op.create_table(
        "collecting_outbox",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request", columns.Json(), nullable=False),
        sa.Column("before", columns.Json(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", columns.Json(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("leased_until", columns.Utc(), nullable=True),
        sa.Column("due_at", columns.Utc(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "idempotency_key"),
    )
    op.create_index("collecting_outbox_due", "collecting_outbox", ["state", "due_at"])


def _listening_counts() -> None:
    """Genres to count by, how many different things were heard, and months packed."""
    op.create_table(
        "listening_genre",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "name"),
    )
    op.create_table(
        "listening_breadth",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("grain", sa.String(), nullable=False),
        sa.Column("bucket", columns.Day(), nullable=False),
        sa.Column("artists", sa.Integer(), nullable=False),
        sa.Column("albums", sa.Integer(), nullable=False),
        sa.Column("tracks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "grain", "bucket"),
    )
    op.create_table(
        "listening_pack",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("month", columns.Day(), nullable=False),
        sa.Column("entities", sa.LargeBinary(), nullable=False),
        sa.Column("plays", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "kind", "month"),
    )


def _listening_orders() -> None:
    """What lists of plays, albums and counts are found by."""
    op.drop_index("listening_play_album", "listening_play")
    op.create_index(
        "listening_play_album",
        "listening_play",
        ["album_id", "played_at", "id", "artist_id", "hidden", "user_id"],
    )
    op.create_index("listening_album_found", "listening_album", ["user_id", "created_at"])
    for name, grain, names in (
        ("since", "all", ["last_at"]),
        ("year", "year", ["bucket", "plays", "last_at"]),
    ):
        op.create_index(
            f"listening_rollup_{name}",
            "listening_rollup",
            ["user_id", "kind", *names],
            sqlite_where=sa.text(f"grain = '{grain}'"),
            postgresql_where=sa.text(f"grain = '{grain}'"),
        )


def _shelf() -> None:
    """How lists find what is owned, what it is worth, and which wants were heard."""
    op.add_column(
        "collecting_release",
        sa.Column("title_key", columns.Coded, nullable=False, server_default=""),
    )
    _shelved()
    _filed()
    _worth()
    _custom()
    _wanted()
    shelf.fill(op.get_bind())


def _shelved() -> None:
    op.create_table(
        "collecting_shelved",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("item_id", columns.Id, nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=False),
        sa.Column("added_on", columns.Day(), nullable=False),
        sa.Column("title_key", columns.Coded, nullable=False),
        sa.Column("artist_key", columns.Coded, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("title_words", sa.String(), nullable=False),
        sa.Column("artist_words", sa.String(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["collecting_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "item_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("collecting_shelved_item", "collecting_shelved", ["item_id"])
    for name, keys in {
        "added": ["added_at", "item_id"],
        "title": ["title_key", "item_id"],
        "artist": ["artist_key", "title_key", "item_id"],
        "year": ["year", "item_id"],
        "rating": ["rating", "item_id"],
        "day": ["added_on"],
        "price": ["currency", "price_cents"],
    }.items():
        op.create_index(f"collecting_shelved_{name}", "collecting_shelved", ["user_id", *keys])


def _filed() -> None:
    op.create_table(
        "collecting_facet",
        sa.Column("item_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", columns.Coded, nullable=False),
        sa.Column("key", columns.Coded, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["collecting_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("item_id", "kind", "name"),
        sqlite_with_rowid=False,
    )
    for name, keys in {"name": ["name", "added_at"], "key": ["key", "item_id"]}.items():
        op.create_index(f"collecting_facet_{name}", "collecting_facet", ["user_id", "kind", *keys])
    op.create_table(
        "collecting_tally",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", columns.Coded, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("sunk", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "kind", "name"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "collecting_tally_rank", "collecting_tally", ["user_id", "kind", "sunk", "name"]
    )


def _worth() -> None:
    op.create_table(
        "collecting_value",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("month", columns.Day(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minimum_cents", sa.BigInteger(), nullable=False),
        sa.Column("median_cents", sa.BigInteger(), nullable=False),
        sa.Column("maximum_cents", sa.BigInteger(), nullable=False),
        sa.Column("asked_cents", sa.BigInteger(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("seen_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "month"),
    )


def _custom() -> None:
    op.create_table(
        "collecting_folder",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("folder_id", columns.Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "folder_id"),
    )
    op.create_table(
        "collecting_note_field",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("field_id", columns.Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("options", columns.Json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "field_id"),
    )


def _wanted() -> None:
    op.create_table(
        "collecting_want_match",
        sa.Column("want_id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("last_played_at", columns.Utc(), nullable=True),
        sa.Column("match_type", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.ForeignKeyConstraint(["want_id"], ["collecting_want.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("want_id"),
    )
    op.create_index(
        "collecting_want_match_plays", "collecting_want_match", ["user_id", "plays", "want_id"]
    )


def _visibility() -> None:
    """What hides music, by which rule, and what a person said instead."""
    for table in ("listening_artist", "listening_album", "listening_track"):
        op.add_column(table, sa.Column("hidden_by", columns.Id, nullable=True))
        op.add_column(table, sa.Column("shown", columns.Flag(), nullable=True))
        op.add_column(table, sa.Column("apple_music_id", sa.String(), nullable=True))
    op.create_table(
        "listening_filter",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("filter_type", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("enabled", columns.Flag(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("removed_at", columns.Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "filter_type", "scope", "pattern"),
    )
    op.create_table(
        "listening_filtering",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id"),
    )


def _enrichment() -> None:
    """What providers say of artists, albums and tracks, and when they are asked again."""
    for column in (
        sa.Column("tags", columns.Json(), nullable=True),
        sa.Column("spoken", columns.Flag(), nullable=True),
        sa.Column("bio_summary", sa.String(), nullable=True),
        sa.Column("bio_content", sa.String(), nullable=True),
        sa.Column("bio_at", columns.Utc(), nullable=True),
    ):
        op.add_column("listening_artist", column)
    for name in ("released_year", "total_tracks"):
        op.add_column("listening_album", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "listening_enrichment",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("entity_id", columns.Id, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", columns.Utc(), nullable=False),
        sa.Column("due_at", columns.Utc(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "task", "entity_id"),
    )
    op.create_table(
        "listening_similar",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("artist_id", columns.Id, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mbid", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["listening_artist.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "artist_id", "rank"),
    )
    op.create_table(
        "listening_playing",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("artist", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("album", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("told_at", columns.Utc(), nullable=False),
        sa.Column("until_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id"),
    )
