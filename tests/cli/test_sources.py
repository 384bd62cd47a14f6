"""`rewind sources`: what is synced, and what is still needed."""

import json
from pathlib import Path

from tests.cli.world import World, rewind


def test_what_is_not_configured_says_what_it_needs(tmp_path: Path) -> None:
    done = rewind("sources", folder=tmp_path)

    assert done.code == 0
    assert "needs LASTFM_API_KEY, LASTFM_USER" in done.out
    assert "lastfm-ghan-csv" in done.out


def test_every_sync_type_has_a_row_with_its_next_run(synced: Path, world: World) -> None:
    done = rewind("sources", "--json", folder=synced, **world.settings)

    rows = json.loads(done.out)
    rows = [row for row in rows if row["sync_type"]]
    kinds = [(row["source"], row["sync_type"], row["state"]) for row in rows]
    assert (done.code, done.err) == (0, "")
    assert sorted(kinds) == [
        ("discogs", "details", "success"),
        ("discogs", "full", "success"),
        ("lastfm", "artist_bios", "success"),
        ("lastfm", "artist_similar", "success"),
        ("lastfm", "artist_tags", "success"),
        ("lastfm", "scrobbles", "success"),
        ("lastfm", "top_lists", "success"),
        ("lastfm", "user_stats", "success"),
    ]
    assert all(row["next_due_at"] > row["last_success_at"] for row in rows)
