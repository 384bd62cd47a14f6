"""Plays out of both of Spotify's exports."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.demo import histories
from rewind_gql.demo.records import Life
from rewind_gql.domains.listening.records import Play
from tests.sources.exports.conftest import contents

END = datetime(2025, 12, 24, 18, 3, 12, tzinfo=UTC)
START = END - timedelta(minutes=5)

Make = Callable[..., Path]


def stream(**more: Any) -> dict[str, Any]:
    """A row of the extended history: five minutes of one song."""
    return {
        "ts": f"{END:%Y-%m-%dT%H:%M:%SZ}",
        "ms_played": 300_000,
        "ip_addr": "203.0.113.20",
        "master_metadata_track_name": "Roads",
        "master_metadata_album_artist_name": "Portishead",
        "master_metadata_album_album_name": "Dummy",
        "spotify_track_uri": "spotify:track:2A7U",
        "episode_name": None,
        "skipped": None,
        "offline_timestamp": None,
    } | more


def row(**more: Any) -> dict[str, Any]:
    """A row of the account data."""
    return {
        "endTime": f"{END:%Y-%m-%d %H:%M}",
        "artistName": "Portishead",
        "trackName": "Roads",
        "msPlayed": 300_000,
    } | more


def listed(*rows: Any) -> str:
    """A file of these rows, as Spotify indents it."""
    return json.dumps(rows, indent=2, separators=(",", " : "))


@pytest.mark.parametrize("name", ["spotify-extended-json", "spotify-account-json"])
def test_a_whole_life_is_read(tmp_path: Path, life: Life, name: str) -> None:
    path = tmp_path / "history.json"
    histories.WRITERS[name](life, path)

    found = contents(path)

    assert (found.formats, found.rejects) == ([name], [])
    twice = len(life.listens) - len(found.records)
    assert 0 <= twice < 20


def test_a_stream_began_before_its_end_by_as_long_as_it_was_heard(file: Make) -> None:
    found = contents(file(listed(stream())))

    assert found.formats == ["spotify-extended-json"]
    assert found.records == [
        Play(artist="Portishead", track="Roads", album="Dummy", played_at=START)
    ]


def test_a_row_of_the_account_began_within_a_minute(file: Make) -> None:
    found = contents(file(listed(row())))

    [play] = found.records
    assert found.formats == ["spotify-account-json"]
    assert (play.exact, play.album) == (False, None)
    assert play.played_at <= START < play.played_at + timedelta(seconds=play.spread_s)


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (stream(ms_played=29_999), "plays of less than 30 seconds: 1"),
        (stream(ms_played=-5), "plays of less than 30 seconds: 1"),
        (stream(master_metadata_track_name=None, episode_name="Kart"), "podcast episodes"),
        (row(msPlayed=4_120), "plays of less than 30 seconds: 1"),
        (row(artistName="Unknown Artist", trackName="Unknown Track"), "does not know any more: 1"),
    ],
)
def test_what_is_no_listening_is_left_out_and_counted(
    file: Make, given: dict[str, Any], note: str
) -> None:
    found = contents(file(listed(given)))

    assert (found.records, found.rejects) == ([], [])
    assert note in found.notes[0]


@pytest.mark.parametrize(
    ("second", "records"),
    [
        (stream(ts="2025-12-24T18:03:14Z"), 1),
        (stream(ts="2025-12-24T18:03:41Z"), 1),
        (stream(ts="2025-12-24T18:03:42Z"), 2),
        (stream(ts="2025-12-24T18:03:14Z", ms_played=300_001), 2),
        (stream(ts="2025-12-24T18:03:14Z", spotify_track_uri="spotify:track:other"), 2),
        (stream(ts="2025-12-25T18:03:14Z", offline_timestamp=7), 2),
    ],
)
def test_a_stream_written_down_twice_is_one(
    file: Make, second: dict[str, Any], records: int
) -> None:
    found = contents(file(listed(stream(), second)))

    assert len(found.records) == records


@pytest.mark.parametrize("told", [1_766_598_887, 1_556_704_500_123])
def test_streams_that_went_offline_together_are_one(file: Make, told: int) -> None:
    twice = [stream(offline_timestamp=told), stream(offline_timestamp=told, ms_played=299_000)]

    assert len(contents(file(listed(*twice))).records) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (stream(ts="24.12.2025 18:03"), "not a date of a known form"),
        (stream(ts=None), "not a date of a known form"),
        (
            stream(ms_played=40_000, master_metadata_album_artist_name=None),
            "the artist has no name",
        ),
        (stream(ms_played=40_000, master_metadata_track_name=""), "the track has no name"),
        (stream(ts="1999-01-01T00:00:00Z"), "before any scrobbling"),
        ("a text", "no object"),
    ],
)
def test_a_bad_row_is_told_and_the_rest_is_read(file: Make, given: Any, why: str) -> None:
    found = contents(file(listed(stream(), given)))

    assert len(found.records) == 1
    [(place, reason)] = found.refused
    assert place == "item 2"
    assert why in reason


def test_of_an_archive_the_exact_history_is_read_first(tmp_path: Path, zipped: Make) -> None:
    path = zipped({"a/StreamingHistory0.json": listed(row()), "b/one.json": listed(stream())})

    found = contents(path)

    assert found.formats == ["spotify-extended-json", "spotify-account-json"]
