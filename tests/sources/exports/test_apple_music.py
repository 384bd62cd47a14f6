"""Plays out of what privacy.apple.com gives of Apple Music."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.demo import histories
from rewind_gql.demo.records import Life
from rewind_gql.domains.listening.records import Play
from tests.sources.exports.conftest import contents

START = datetime(2026, 3, 15, 2, 10, 56, tzinfo=UTC)
END = "2026-03-15T02:14:02.5Z"
LIBRARY = [
    {"Track Identifier": 1, "Title": "Endors Toi", "Artist": "Tame Impala", "Album": "Lonerism"},
    {"Track Identifier": 2, "Title": "Home", "Artist": "Low", "Album": "Trust"},
    {"Track Identifier": 3, "Title": "Home", "Artist": "Can", "Album": "Delay"},
]

Make = Callable[..., Path]


def event(**more: str) -> dict[str, str]:
    """A row that ends a play."""
    return {
        "Artist Name": "Tame Impala",
        "Album Name": "Lonerism",
        "End Reason Type": "NATURAL_END_OF_TRACK",
        "Event End Timestamp": END,
        "Event Start Timestamp": "2026-03-15T02:10:56Z",
        "Event Type": "PLAY_END",
        "Media Duration In Milliseconds": "186333",
        "Media Type": "AUDIO",
        "Play Duration Milliseconds": "186333",
        "Song Name": "Endors Toi",
    } | {name.replace("_", " "): value for name, value in more.items()}


def day(**more: str) -> dict[str, str]:
    """A row of the plays by the hour."""
    return {
        "Country": "US",
        "Track Identifier": "1440857781",
        "Media type": "AUDIO",
        "Date Played": "20260315",
        "Hours": "2",
        "Play Duration Milliseconds": "186333",
        "End Reason Type": "NATURAL_END_OF_TRACK",
        "Track Description": "Tame Impala - Endors Toi",
    } | {name.replace("_", " "): value for name, value in more.items()}


def table(*rows: dict[str, str], without: str = "") -> str:
    """A file of these rows, as Apple quotes it."""
    out = io.StringIO()
    names = [name for name in rows[0] if name != without]
    writer = csv.DictWriter(out, names, quoting=csv.QUOTE_ALL, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_the_row_that_ends_a_play_is_the_play(file: Make) -> None:
    begun = event(Event_Type="PLAY_START", End_Reason_Type="NOT_APPLICABLE")

    found = contents(file(table(begun, event())))

    assert (found.formats, found.notes) == (["apple_music-activity-csv"], [])
    assert found.records == [
        Play(
            artist="Tame Impala",
            track="Endors Toi",
            album="Lonerism",
            duration_ms=186_333,
            played_at=START,
        )
    ]


def test_without_a_beginning_it_is_reckoned_from_the_end(file: Make) -> None:
    ended = event(Event_Start_Timestamp="", Play_Duration_Milliseconds="60500")

    [play] = contents(file(table(ended))).records

    assert play.played_at == datetime(2026, 3, 15, 2, 13, 1, tzinfo=UTC)


@pytest.mark.parametrize("played", ["-5", "", "29999", "999999999999", "soon"])
def test_absurd_lengths_are_no_listening(file: Make, played: str) -> None:
    found = contents(file(table(event(Play_Duration_Milliseconds=played))))

    assert (found.records, found.rejects) == ([], [])
    assert found.notes == ["left out, plays of less than 30 seconds: 1"]


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        ("TRACK_SKIPPED_FORWARDS", "songs skipped after more than 30 seconds: 1"),
        ("SCRUB_BEGIN", "songs skipped after more than 30 seconds: 1"),
        ("SOMETHING_NEW", "rows that ended in a way we do not know: 1"),
        ("", "rows that ended in a way we do not know: 1"),
    ],
)
def test_skips_and_unknown_ends_are_left_out_and_counted(
    file: Make, reason: str, note: str
) -> None:
    found = contents(file(table(event(End_Reason_Type=reason))))

    assert (found.records, found.notes) == ([], [f"left out, {note}"])


@pytest.mark.parametrize("row", [event, day])
def test_skips_count_where_they_are_asked_for(file: Make, row: Callable[..., Any]) -> None:
    skipped = table(row(End_Reason_Type="TRACK_SKIPPED_FORWARDS"))

    found = contents(file(skipped), with_skips=True)

    assert (len(found.records), found.notes) == (1, [])


def test_videos_are_left_out(file: Make) -> None:
    found = contents(file(table(event(Media_Type="VIDEO"))))

    assert (found.records, len(found.notes)) == ([], 1)


@pytest.mark.parametrize(
    ("hours", "since", "spread_h"),
    [
        ("2", 2, 1),
        ("19, 20", 19, 2),
        ("20,19", 19, 2),
        ("9, 20", 9, 12),
        ("", 12, 12),
        ("23", 23, 1),
    ],
)
def test_a_row_of_a_day_is_a_play_in_one_of_its_hours(
    file: Make, hours: str, since: int, spread_h: int
) -> None:
    [play] = contents(file(table(day(Hours=hours)))).records

    assert (play.artist, play.track, play.exact) == ("Tame Impala", "Endors Toi", False)
    assert play.played_at == datetime(2026, 3, 15, since, tzinfo=UTC)
    assert play.spread_s == spread_h * 3600


def test_the_description_is_parted_at_the_first_dash(file: Make) -> None:
    [play] = contents(file(table(day(Track_Description="Low - Two-Step - Live")))).records

    assert (play.artist, play.track) == ("Low", "Two-Step - Live")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (day(Track_Description="Endors Toi"), "does not part an artist"),
        (day(Date_Played="15/03/2026"), "is not a day"),
        (day(Date_Played="20260231"), "is not a day"),
        (day(Hours="24"), "no hours of a day"),
        (day(Hours="noon"), "invalid literal"),
        (event(Event_Start_Timestamp="15.03.2026 02:10"), "not a date of a known form"),
        (event(Event_Start_Timestamp="", Event_End_Timestamp=""), "has no date"),
        (event(Song_Name=""), "the track has no name"),
    ],
)
def test_a_bad_row_is_told_with_its_line(file: Make, row: dict[str, str], why: str) -> None:
    good = event() if "Event Type" in row else day()

    found = contents(file(table(good, row)))

    assert len(found.records) == 1
    [(place, reason)] = found.refused
    assert place == "line 3"
    assert why in reason


def test_rows_without_a_track_are_left_out(file: Make) -> None:
    found = contents(file(table(day(Track_Identifier=""), day(Track_Identifier="0"))))

    assert found.notes == ["left out, rows that name no track: 2"]


def test_older_and_newer_column_names_are_known(file: Make) -> None:
    older = table(event()).replace("Song Name", "Content Name").replace("Album Name", "Other")

    [play] = contents(file(older)).records

    assert (play.track, play.album) == ("Endors Toi", None)


def test_a_play_by_nobody_is_a_reject_where_nobody_knows(file: Make) -> None:
    found = contents(file(table(event(Artist_Name=""))))

    assert found.refused == [("line 2", "it is not said whose song this is")]
    assert "Endors Toi" in found.rejects[0].raw


@pytest.mark.parametrize(
    ("container", "artist"), [("Tame Impala", "Tame Impala"), ("Various Artists", None)]
)
def test_whose_album_it_was_is_a_guess(file: Make, container: str, artist: str | None) -> None:
    row = event(Artist_Name="", Container_Artist_Name=container)

    found = contents(file(table(row)))

    assert [play.artist for play in found.records] == ([artist] if artist else [])


def test_other_files_of_the_archive_tell_whose_songs_they_are(zipped: Make) -> None:
    library = io.BytesIO()
    with zipfile.ZipFile(library, "w") as inner:
        inner.writestr("Apple Music Library Tracks.json", json.dumps(LIBRARY))
    events = table(
        event(Artist_Name=""),
        event(Artist_Name="", Song_Name="Home", Album_Name="Delay"),
        event(Artist_Name="", Song_Name="Home", Album_Name=""),
        event(Artist_Name="", Song_Name="Sunflower", Album_Name=""),
    )
    days = table(day(Track_Description="Low - Sunflower"))
    folder = "Apple_Media_Services/Apple Music Activity"

    found = contents(
        zipped(
            {
                f"{folder}/Apple Music - Play History Daily Tracks.csv": days,
                f"{folder}/Apple Music Play Activity.csv": events,
                f"{folder}/Apple Music Library Tracks.json.zip": library.getvalue(),
            }
        )
    )

    exact = [play for play in found.records if play.exact]
    assert found.formats == [
        "apple_music-activity-csv",
        "apple_music-daily-csv",
        "apple_music-library-json",
    ]
    assert [(play.artist, play.track) for play in exact] == [
        ("Tame Impala", "Endors Toi"),
        ("Can", "Home"),
        ("Low", "Sunflower"),
    ]
    assert [place for place, _ in found.refused] == [
        f"{folder}/Apple Music Play Activity.csv, line 4"
    ]


def test_the_library_alone_tells_of_no_plays(file: Make) -> None:
    found = contents(file(json.dumps(LIBRARY), "library.json"))

    assert (found.formats, found.records) == (["apple_music-library-json"], [])
    assert found.notes[0].endswith("does not say when they were heard: 3")


def test_a_whole_life_is_read_from_the_archive(tmp_path: Path, life: Life) -> None:
    path = tmp_path / "Apple.zip"
    histories.apple_music(life, path)

    found = contents(path)

    exact = [play for play in found.records if play.exact]
    assert found.rejects == []
    assert [play.played_at for play in exact] == [listen.at for listen in life.listens]
    assert [play.artist for play in exact] == [listen.artist for listen in life.listens]


def test_dates_outside_of_all_time_are_refused(file: Make) -> None:
    found = contents(file(table(event(Event_Start_Timestamp="1970-01-01T00:00:00Z"))))

    assert (found.records, len(found.rejects)) == ([], 1)


def test_the_hour_holds_the_play_it_stands_for(tmp_path: Path, life: Life) -> None:
    path = tmp_path / "days.csv"
    histories.apple_days(life, path)

    plays = contents(path).records

    wanted = {(listen.track, listen.at) for listen in life.listens}
    for play in plays:
        until = play.played_at + timedelta(seconds=play.spread_s)
        assert any(
            track.strip() == play.track and play.played_at <= at < until for track, at in wanted
        )
