"""`rewind import`: files people exported, read once however often they are given."""

import json
import os
from pathlib import Path

import pytest

from rewind_gql.demo import files, histories
from rewind_gql.demo.life import Life
from tests.cli.world import World, rewind, small_life
from tests.crash.judging import judge

HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
GOOD = '"1700000000","14 Nov 2023, 22:13","Low","","Things We Lost in the Fire","","Sunflower",""\n'
BAD = '"soon","14 Nov 2023, 22:13","Low","","","","Dinosaur Act",""\n'


@pytest.fixture(scope="module")
def someone() -> Life:
    return small_life()


@pytest.fixture
def plays(someone: Life, tmp_path: Path) -> Path:
    path = tmp_path / "plays.csv"
    files.ghan_csv(someone, path)
    return path


async def test_a_file_given_twice_is_stored_once(plays: Path, someone: Life) -> None:
    first = rewind("import", plays.name, folder=plays.parent)

    again = rewind("import", plays.name, folder=plays.parent)

    database = f"sqlite:///{plays.parent / 'data' / 'rewind.db'}"
    verdict = await judge(database, someone, shelf=False)
    assert (first.code, again.code) == (0, 0)
    assert first.out == "lastfm-ghan-csv: 1,500 new, 0 changed, 0 known, 0 unreadable\n"
    assert again.out == "lastfm-ghan-csv: 0 new, 0 changed, 1,500 known, 0 unreadable\n"
    assert verdict.clean, f"{verdict} {verdict.faults}"


async def test_what_came_by_the_api_is_not_added_by_files(synced: Path, world: World) -> None:
    files.ghan_csv(world.life, synced / "plays.csv")
    files.collection_csv(world.life, synced / "copies.csv")
    files.wantlist_csv(world.life, synced / "wants.csv")

    done = [
        rewind("import", name, folder=synced) for name in ("plays.csv", "copies.csv", "wants.csv")
    ]

    verdict = await judge(f"sqlite:///{synced / 'data' / 'rewind.db'}", world.life, shelf=True)
    assert [each.code for each in done] == [0, 0, 0]
    assert all(": 0 new, " in each.out for each in done)
    assert verdict.clean, f"{verdict} {verdict.faults}"


def test_an_unreadable_line_is_told_with_its_place_and_the_rest_kept(tmp_path: Path) -> None:
    (tmp_path / "[red]odd name.csv").write_text(HEADER + GOOD + BAD)

    people = rewind("import", "[red]odd name.csv", folder=tmp_path)
    machines = rewind("import", "[red]odd name.csv", "--json", folder=tmp_path)

    report = json.loads(machines.out)
    assert people.code == machines.code == 0
    assert people.out.startswith("lastfm-ghan-csv: 1 new, 0 changed, 0 known, 1 unreadable\n")
    assert "line 3" in people.out
    assert (report["inserted"], report["skipped"], report["failed"]) == (0, 1, 1)
    assert "3" in report["rejects"][0]["place"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "in no known format"),
        (bytes(range(256)) * 50, "no text"),
    ],
)
def test_a_file_that_is_no_export_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(content)

    done = rewind("import", "export.csv", folder=tmp_path)

    assert (done.code, done.out) == (1, "")
    assert words in done.err
    assert "lastfm-ghan-csv" in done.err


def test_an_unknown_format_is_refused_with_those_there_are(plays: Path) -> None:
    done = rewind("import", plays.name, "--format", "nope", folder=plays.parent)

    assert done.code == 1
    assert "There is no format 'nope'" in done.err


def test_a_file_in_which_nothing_can_be_read_fails(tmp_path: Path) -> None:
    (tmp_path / "plays.csv").write_text(HEADER + BAD * 3)

    done = rewind("import", "plays.csv", folder=tmp_path)

    assert done.code == 1
    assert "None of 3 rows could be read" in done.err


def test_a_plan_is_told_and_nothing_is_stored(plays: Path) -> None:
    planned = rewind("import", plays.name, "--plan", folder=plays.parent)

    machines = rewind("import", plays.name, "--plan", "--json", folder=plays.parent)

    [part] = json.loads(machines.out)["parts"]
    assert (planned.code, machines.code) == (0, 0)
    assert planned.out.startswith("lastfm-ghan-csv: 1,500 would be new, 0 changed, 0 are known")
    assert planned.out.endswith("Nothing was stored.\n")
    assert (part["format"], part["inserted"], part["skipped"]) == ("lastfm-ghan-csv", 1_500, 0)


def test_the_plan_of_an_archive_is_told_part_by_part(tmp_path: Path) -> None:
    histories.apple_music(small_life(plays=60), tmp_path / "Apple.zip")

    planned = rewind("import", "Apple.zip", "--plan", folder=tmp_path)
    done = rewind("import", "Apple.zip", folder=tmp_path)

    assert (planned.code, done.code) == (0, 0)
    assert "apple_music-activity-csv: 60 would be new" in planned.out
    assert "apple_music-daily-csv: " in planned.out
    assert "counted in both" in planned.out
    assert ": 60 new, 0 changed, " in done.out
    assert "left out, songs of the library" in done.out


def test_skipped_songs_count_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "plays.csv"
    histories.apple_events(small_life(plays=20), path)
    path.write_text(path.read_text().replace("NATURAL_END_OF_TRACK", "TRACK_SKIPPED_FORWARDS"))

    without = rewind("import", "plays.csv", folder=tmp_path)
    with_them = rewind("import", "plays.csv", "--with-skips", folder=tmp_path)

    assert "0 new" in without.out
    assert "left out, songs skipped after more than 30 seconds: 20" in without.out
    assert "20 new" in with_them.out


def test_a_file_name_that_is_no_text_is_no_hindrance(tmp_path: Path) -> None:
    name = b"\xff\xfe.csv"
    (tmp_path / os.fsdecode(name)).write_text(HEADER + GOOD)

    done = rewind("import", name, "--json", folder=tmp_path)

    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["inserted"] == 1
