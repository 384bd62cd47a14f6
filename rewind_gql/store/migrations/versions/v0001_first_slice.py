"""The tables of the first slice: people, keys, the ledger, listening and collecting."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns

revision = "0001"
down_revision = None


def upgrade() -> None:

    op.create_table(
        "auth_user",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_table(
        "auth_key",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("rate_limit_rpm", sa.Integer(), nullable=False),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("last_used_at", columns.Utc(), nullable=True),
        sa.Column("expires_at", columns.Utc(), nullable=True),
        sa.Column("is_active", columns.Flag(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("auth_key_user", "auth_key", ["user_id"], unique=False)
    op.create_table(
        "collecting_artist",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("discogs_id", columns.Id, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cross_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "name"),
    )
    op.create_index(
        "collecting_artist_cross", "collecting_artist", ["user_id", "cross_key"], unique=False
    )
    op.create_table(
        "collecting_match_count",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        sa.Column("albums", sa.Integer(), nullable=False),
        sa.Column("albums_heard", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "collecting_release",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("discogs_id", columns.Id, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("master_id", columns.Id, nullable=True),
        sa.Column("cover_url", sa.String(), nullable=True),
        sa.Column("thumb_url", sa.String(), nullable=True),
        sa.Column("credits", columns.Json(), nullable=False),
        sa.Column("credit_key", sa.String(), nullable=False),
        sa.Column("formats", columns.Json(), nullable=False),
        sa.Column("format_descriptions", columns.Json(), nullable=False),
        sa.Column("labels", columns.Json(), nullable=False),
        sa.Column("genres", columns.Json(), nullable=False),
        sa.Column("styles", columns.Json(), nullable=False),
        sa.Column("detail_cover_url", sa.String(), nullable=True),
        sa.Column("tracklist", columns.Json(), nullable=False),
        sa.Column("identifiers", columns.Json(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("released", sa.String(), nullable=True),
        sa.Column("community_have", sa.Integer(), nullable=True),
        sa.Column("community_want", sa.Integer(), nullable=True),
        sa.Column("lowest_price", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("for_sale", sa.Integer(), nullable=True),
        sa.Column("detail_at", columns.Utc(), nullable=True),
        sa.Column("detail_due_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "discogs_id"),
    )
    op.create_index(
        "collecting_release_credit", "collecting_release", ["user_id", "credit_key"], unique=False
    )
    op.create_index(
        "collecting_release_due",
        "collecting_release",
        ["user_id", "detail_due_at", "discogs_id"],
        unique=False,
    )
    op.create_table(
        "listening_artist",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("cross_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mbid", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("genre", sa.String(), nullable=True),
        sa.Column("hidden", columns.Flag(), nullable=False),
        sa.Column("apple_music_url", sa.String(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "match_key"),
    )
    op.create_index(
        "listening_artist_cross", "listening_artist", ["user_id", "cross_key"], unique=False
    )
    op.create_table(
        "listening_chart_entry",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("entity_id", columns.Id, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("computed_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "period", "rank"),
    )
    op.create_table(
        "listening_gaps",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("artists_without_link", sa.Integer(), nullable=False),
        sa.Column("played_artists_without_link", sa.Integer(), nullable=False),
        sa.Column("tracks_not_enriched", sa.Integer(), nullable=False),
        sa.Column("album_artist_mismatches", sa.Integer(), nullable=False),
        sa.Column("counted_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "listening_profile",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("plays", sa.Integer(), nullable=True),
        sa.Column("registered_at", columns.Utc(), nullable=True),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "listening_rollup",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity_id", columns.Id, nullable=False),
        sa.Column("grain", sa.String(), nullable=False),
        sa.Column("bucket", columns.Day(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("first_at", columns.Utc(), nullable=False),
        sa.Column("last_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "entity_id", "grain", "bucket"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "listening_rollup_rank",
        "listening_rollup",
        ["user_id", "kind", "plays", "last_at"],
        unique=False,
        sqlite_where=sa.text("grain = 'all'"),
        postgresql_where=sa.text("grain = 'all'"),
    )
    op.create_index(
        "listening_rollup_window",
        "listening_rollup",
        ["user_id", "kind", "grain", "bucket", "entity_id", "plays", "first_at", "last_at"],
        unique=False,
    )
    op.create_table(
        "sync_counter",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("last_seq", columns.Id, nullable=False),
        sa.Column("pruned_seq", columns.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "sync_credential",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "provider", "account", "name"),
    )
    op.create_table(
        "sync_daily",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", columns.Utc(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("partial", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("p50_ms", sa.Integer(), nullable=False),
        sa.Column("p95_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "domain", "provider", "day"),
    )
    op.create_table(
        "sync_source",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("sync_type", sa.String(), nullable=False),
        sa.Column("cursor", columns.Json(), nullable=False),
        sa.Column("checkpoint", columns.Json(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("next_due_at", columns.Utc(), nullable=True),
        sa.Column("paused", columns.Flag(), nullable=False),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("backoff_until", columns.Utc(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("last_success_at", columns.Utc(), nullable=True),
        sa.Column("last_run_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "provider", "account", "domain", "sync_type"),
    )
    op.create_index("sync_source_due", "sync_source", ["next_due_at"], unique=False)
    op.create_table(
        "collecting_item",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("instance_id", columns.Id, nullable=True),
        sa.Column("release_id", columns.Id, nullable=False),
        sa.Column("folder", sa.String(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("notes", columns.Json(), nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=False),
        sa.Column("added_offset_min", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["collecting_release.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "instance_id"),
    )
    op.create_index(
        "collecting_item_added", "collecting_item", ["user_id", "added_at", "id"], unique=False
    )
    op.create_index("collecting_item_release", "collecting_item", ["release_id"], unique=False)
    op.create_table(
        "collecting_release_artist",
        sa.Column("release_id", columns.Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("artist_id", columns.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["artist_id"],
            ["collecting_artist.id"],
        ),
        sa.ForeignKeyConstraint(["release_id"], ["collecting_release.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("release_id", "position"),
    )
    op.create_index(
        "collecting_release_artist_artist", "collecting_release_artist", ["artist_id"], unique=False
    )
    op.create_table(
        "collecting_want",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("release_id", columns.Id, nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("listed", columns.Flag(), nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=True),
        sa.Column("added_offset_min", sa.Integer(), nullable=False),
        sa.Column("sort_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["collecting_release.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "release_id"),
    )
    op.create_index("collecting_want_release", "collecting_want", ["release_id"], unique=False)
    op.create_index(
        "collecting_want_sort", "collecting_want", ["user_id", "sort_at", "id"], unique=False
    )
    op.create_table(
        "listening_album",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("artist_id", columns.Id, nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mbid", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("hidden", columns.Flag(), nullable=False),
        sa.Column("apple_music_url", sa.String(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artist_id"],
            ["listening_artist.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "artist_id", "match_key"),
    )
    op.create_index("listening_album_artist", "listening_album", ["artist_id"], unique=False)
    op.create_index(
        "listening_album_name", "listening_album", ["user_id", "match_key", "id"], unique=False
    )
    op.create_table(
        "sync_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("source_id", columns.Id, nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("sync_type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("retry_of", sa.String(), nullable=True),
        sa.Column("root_run_id", sa.String(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("items_total", sa.Integer(), nullable=True),
        sa.Column("items_processed", sa.Integer(), nullable=False),
        sa.Column("items_inserted", sa.Integer(), nullable=False),
        sa.Column("items_updated", sa.Integer(), nullable=False),
        sa.Column("items_skipped", sa.Integer(), nullable=False),
        sa.Column("items_failed", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("requested_from", columns.Utc(), nullable=True),
        sa.Column("requested_to", columns.Utc(), nullable=True),
        sa.Column("covered_from", columns.Utc(), nullable=True),
        sa.Column("covered_to", columns.Utc(), nullable=True),
        sa.Column("cursor_before", columns.Json(), nullable=True),
        sa.Column("cursor_after", columns.Json(), nullable=True),
        sa.Column("queued_at", columns.Utc(), nullable=False),
        sa.Column("started_at", columns.Utc(), nullable=True),
        sa.Column("heartbeat_at", columns.Utc(), nullable=True),
        sa.Column("ended_at", columns.Utc(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", columns.Utc(), nullable=True),
        sa.Column("cancel_requested_at", columns.Utc(), nullable=True),
        sa.Column("cancel_requested_by", sa.String(), nullable=True),
        sa.Column("lock_key", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("primary_user_id", columns.Id, nullable=True),
        sa.Column("housekeeping", columns.Flag(), nullable=False),
        sa.Column("last_seq", columns.Id, nullable=False),
        sa.Column("meta", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sync_source.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "sync_run_active",
        "sync_run",
        ["user_id", "source_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "sync_run_idempotency",
        "sync_run",
        ["user_id", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "sync_run_lease",
        "sync_run",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "sync_run_lock",
        "sync_run",
        ["lock_key"],
        unique=True,
        sqlite_where=sa.text("lock_key IS NOT NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("lock_key IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "sync_run_newest", "sync_run", ["user_id", "domain", "started_at", "last_seq"], unique=False
    )
    op.create_index("sync_run_queued", "sync_run", ["user_id", "queued_at", "id"], unique=False)
    op.create_index(
        "sync_run_rate",
        "sync_run",
        ["user_id", "domain", "status", "started_at", "housekeeping"],
        unique=False,
    )
    op.create_index(
        "sync_run_source",
        "sync_run",
        ["user_id", "source_id", "status", "started_at", "housekeeping"],
        unique=False,
    )
    op.create_index("sync_run_updated", "sync_run", ["user_id", "last_seq"], unique=False)
    op.create_table(
        "collecting_cross_reference",
        sa.Column("item_id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=True),
        sa.Column("album_name", sa.String(), nullable=True),
        sa.Column("artist_name", sa.String(), nullable=True),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("last_played_at", columns.Utc(), nullable=True),
        sa.Column("match_type", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["collecting_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index(
        "collecting_cross_reference_added",
        "collecting_cross_reference",
        ["user_id", "added_at", "item_id", "plays"],
        unique=False,
    )
    op.create_index(
        "collecting_cross_reference_plays",
        "collecting_cross_reference",
        ["user_id", "plays", "added_at", "item_id"],
        unique=False,
    )
    op.create_table(
        "collecting_matched_album",
        sa.Column("item_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["collecting_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("item_id", "album_id"),
    )
    op.create_index(
        "collecting_matched_album_album",
        "collecting_matched_album",
        ["album_id", "item_id"],
        unique=False,
    )
    op.create_table(
        "collecting_pin",
        sa.Column("item_id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["collecting_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index("collecting_pin_user", "collecting_pin", ["user_id", "item_id"], unique=False)
    op.create_table(
        "listening_track",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("artist_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=True),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mbid", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("hidden", columns.Flag(), nullable=False),
        sa.Column("apple_music_url", sa.String(), nullable=True),
        sa.Column("preview_url", sa.String(), nullable=True),
        sa.Column("itunes_tried_at", columns.Utc(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["album_id"],
            ["listening_album.id"],
        ),
        sa.ForeignKeyConstraint(
            ["artist_id"],
            ["listening_artist.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "artist_id", "match_key"),
    )
    op.create_index(
        "listening_track_album", "listening_track", ["album_id", "match_key", "id"], unique=False
    )
    op.create_index("listening_track_artist", "listening_track", ["artist_id"], unique=False)
    op.create_table(
        "sync_event",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("seq", columns.Id, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("items_processed", sa.Integer(), nullable=True),
        sa.Column("items_total", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("meta", columns.Json(), nullable=False),
        sa.Column("started_at", columns.Utc(), nullable=True),
        sa.Column("ended_at", columns.Utc(), nullable=True),
        sa.Column("ts", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "seq"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("sync_event_at", "sync_event", ["user_id", "ts"], unique=False)
    op.create_index("sync_event_run", "sync_event", ["run_id", "seq"], unique=False)
    op.create_table(
        "sync_reject",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("seen_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "provider", "part", "fingerprint"),
    )
    op.create_index("sync_reject_run", "sync_reject", ["run_id"], unique=False)
    op.create_table(
        "sync_run_part",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=True),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("covered_from", columns.Utc(), nullable=True),
        sa.Column("covered_to", columns.Utc(), nullable=True),
        sa.Column("checkpoint", columns.Json(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "part"),
    )
    op.create_table(
        "listening_play",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("track_id", columns.Id, nullable=False),
        sa.Column("artist_id", columns.Id, nullable=False),
        sa.Column("album_id", columns.Id, nullable=True),
        sa.Column("played_at", columns.Utc(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("exact", columns.Flag(), nullable=False),
        sa.Column("hidden", columns.Flag(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["album_id"],
            ["listening_album.id"],
        ),
        sa.ForeignKeyConstraint(
            ["artist_id"],
            ["listening_artist.id"],
        ),
        sa.ForeignKeyConstraint(
            ["track_id"],
            ["listening_track.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "track_id", "played_at", "ordinal"),
    )
    op.create_index(
        "listening_play_album", "listening_play", ["album_id", "played_at", "id"], unique=False
    )
    op.create_index(
        "listening_play_artist", "listening_play", ["artist_id", "played_at", "id"], unique=False
    )
    op.create_index(
        "listening_play_window", "listening_play", ["user_id", "played_at", "id"], unique=False
    )
