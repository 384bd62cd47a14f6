"""The files of the invented life: each in the form its exporter writes, none losing a row."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from rewind_gql.clock import seconds
from rewind_gql.demo import files
from rewind_gql.demo.life import Life, life

UNTIL = datetime(2026, 3, 18, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def maren() -> Life:
    return life(UNTIL, plays=3_000, years=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export"


def read(path: Path, encoding: str = "utf-8") -> str:
    return path.read_bytes().decode(encoding)


def plays(someone: Life) -> list[tuple[int, str, str, str]]:
    return [(seconds(one.at), one.artist, one.album, one.track) for one in someone.listens]


def test_ghan_csv_quotes_every_field_but_the_header(maren: Life, path: Path) -> None:
    files.ghan_csv(maren, path)

    header, *lines = read(path).splitlines()
    assert header == "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
    assert '""' in "".join(lines)


def test_ghan_csv_holds_every_play_newest_first(maren: Life, path: Path) -> None:
    files.ghan_csv(maren, path)

    rows = csv.DictReader(read(path).splitlines())
    assert [(int(row["uts"]), row["artist"], row["album"], row["track"]) for row in rows] == plays(
        maren
    )[::-1]


def test_ghan_csv_says_the_minute_in_english_utc(maren: Life, path: Path) -> None:
    files.ghan_csv(maren, path)

    rows = csv.DictReader(read(path).splitlines())
    for row in rows:
        minute = datetime.strptime(f"{row['utc_time']} +0000", "%d %b %Y, %H:%M %z")
        assert 0 <= int(row["uts"]) - seconds(minute) < 60


def test_ghan_json_is_a_list_of_pages_of_api_tracks(maren: Life, path: Path) -> None:
    files.ghan_json(maren, path)

    pages = json.loads(read(path))
    tracks = list(chain.from_iterable(pages))
    assert {len(page) for page in pages} == {200}
    assert [
        (int(one["date"]["uts"]), one["artist"]["#text"], one["album"]["#text"], one["name"])
        for one in tracks
    ] == plays(maren)[::-1]


def test_lastfm_to_csv_has_no_header_and_no_quotes(maren: Life, path: Path) -> None:
    files.lastfm_to_csv(maren, path)

    lines = read(path).splitlines()
    assert all(line.count(",") == 3 and '"' not in line for line in lines)
    assert len(lines) == 3_001


def test_lastfm_to_csv_begins_with_an_undated_row(maren: Life, path: Path) -> None:
    files.lastfm_to_csv(maren, path)

    on_now, newest, *_ = [line.split(",") for line in read(path).splitlines()]
    assert on_now[3] == ""
    assert datetime.strptime(f"{newest[3]} +0000", "%d %b %Y %H:%M %z") < UNTIL


def test_lastfmstats_csv_has_mark_semicolons_and_milliseconds(maren: Life, path: Path) -> None:
    files.lastfmstats_csv(maren, path)

    assert path.read_bytes().startswith(b"\xef\xbb\xbfArtist;")
    header, *rows = csv.reader(read(path, "utf-8-sig").split("\r\n")[:-1], delimiter=";")
    assert header == ["Artist", "Album", "AlbumId", "Track", "Date#marenok"]
    assert [(int(at) // 1000, artist, album, track) for artist, album, _, track, at in rows] == (
        plays(maren)
    )


def test_lastfmstats_json_names_the_person_and_every_play(maren: Life, path: Path) -> None:
    files.lastfmstats_json(maren, path)

    body = json.loads(read(path))
    rows = body["scrobbles"]
    assert body["username"] == "marenok"
    assert [(r["date"] // 1000, r["artist"], r["album"], r["track"]) for r in rows] == plays(maren)
    assert {"albumId" in row for row in rows} == {True, False}


def test_pylast_csv_holds_every_play(maren: Life, path: Path) -> None:
    files.pylast_csv(maren, path)

    header, *rows = csv.reader(read(path).split("\r\n")[:-1])
    assert header == ["artist", "album", "track", "uts"]
    assert [(int(uts), artist, album, track) for artist, album, track, uts in rows] == (
        plays(maren)[::-1]
    )


def discogs_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(read(path).split("\r\n")[:-1]))


def test_collection_csv_has_the_columns_of_discogs(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    assert read(path).splitlines()[0] == (
        "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added,"
        "Collection Media Condition,Collection Sleeve Condition,Collection Notes"
    )


def test_collection_csv_gives_each_copy_by_the_clock_of_california(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    rows = [(int(row["release_id"]), row["Date Added"]) for row in discogs_rows(path)]
    assert rows == [
        (copy.sleeve.release_id, str(copy.added_at.replace(tzinfo=None))) for copy in maren.copies
    ]


def test_collection_csv_leaves_an_unrated_copy_empty(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    ratings = [row["Rating"] for row in discogs_rows(path)]
    assert ratings == [str(copy.rating or "") for copy in maren.copies]
    assert "" in ratings


def test_collection_csv_joins_artists_and_keeps_their_numbers(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    artists = [row["Artist"] for row in discogs_rows(path)]
    assert any(artist.endswith(")") for artist in artists)
    assert any(", " in artist for artist in artists)


def test_collection_csv_shortens_formats(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    formats = {row["Format"] for row in discogs_rows(path)}
    assert {"LP, Album", "LP, Album, RE", "2xLP, Album", "CD, Album"} <= formats


def test_collection_csv_names_folders_and_fields(maren: Life, path: Path) -> None:
    files.collection_csv(maren, path)

    rows = discogs_rows(path)
    assert {row["CollectionFolder"] for row in rows} == {"Uncategorized", "Jazz", "Living room"}
    assert any(row["Collection Media Condition"] == "Near Mint (NM or M-)" for row in rows)
    assert any(row["Collection Notes"] for row in rows)


def test_wantlist_csv_holds_every_want(maren: Life, path: Path) -> None:
    files.wantlist_csv(maren, path)

    rows = [(int(row["release_id"]), row["Notes"]) for row in discogs_rows(path)]
    assert rows == [(want.sleeve.release_id, want.notes) for want in maren.wants]


@pytest.mark.parametrize(
    "write",
    [
        files.ghan_csv,
        files.ghan_json,
        files.lastfm_to_csv,
        files.lastfmstats_csv,
        files.lastfmstats_json,
        files.pylast_csv,
        files.collection_csv,
        files.wantlist_csv,
    ],
)
def test_an_empty_life_is_still_a_file(write: Callable[[Life, Path], None], path: Path) -> None:
    empty = Life(life(UNTIL, plays=0).person, (), (), (), None)

    write(empty, path)

    assert path.exists()
    assert len(read(path).splitlines()) <= 1
