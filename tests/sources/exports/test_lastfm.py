"""Last.fm plays out of every exporter's files."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rewind_gql.demo import files
from rewind_gql.demo.records import Life
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.fields import parse_instant
from rewind_gql.text import match_key
from tests.sources.exports.conftest import contents

GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
MBID = "63aa26c3-d59b-4da4-84ac-716b54f1ef4d"
AT = datetime(2026, 3, 15, 2, 14, 2, tzinfo=UTC)
MINUTE = AT.replace(second=0)

Make = Callable[..., Path]

WRITERS = {
    "lastfm-ghan-csv": files.ghan_csv,
    "lastfm-json": files.ghan_json,
    "lastfm-bare-csv": files.lastfm_to_csv,
    "lastfm-stats-csv": files.lastfmstats_csv,
    "lastfm-stats-json": files.lastfmstats_json,
    "lastfm-csv": files.pylast_csv,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_whole_life_is_read_from_every_format(tmp_path: Path, life: Life, name: str) -> None:
    path = tmp_path / "whatever.txt"
    WRITERS[name](life, path)

    found = contents(path)

    assert (found.formats, found.rejects, found.notes) == ([name], [], [])
    assert len(found.records) == len(life.listens)
    exact = name != "lastfm-bare-csv"
    assert {play.exact for play in found.records} == {exact}
    by_time = sorted(found.records, key=lambda play: play.played_at)
    wanted = [x.at if exact else x.at.replace(second=0) for x in life.listens]
    assert [play.played_at for play in by_time] == wanted
    assert sorted(match_key(play.track) for play in by_time) == sorted(
        match_key(listen.track) for listen in life.listens
    )


def test_a_row_of_ghan_gives_all_it_knows(file: Make) -> None:
    row = f'"1773540842","15 Mar 2026, 02:14","Low","{MBID}","Hey What","","Days Like These",""\n'

    found = contents(file(GHAN + row))

    assert found.records == [
        Play(
            artist="Low",
            track="Days Like These",
            album="Hey What",
            artist_mbid=MBID,
            played_at=AT,
        )
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Artist,Track,UTS",
        " artist ; TITLE ; Played_At ",
        '"Name"\t"Artist"\t"Timestamp"',
        "album,date,artist,track",
        "uts,artist,track,album,anything else",
    ],
)
def test_columns_are_known_by_their_names_wherever_they_stand(file: Make, header: str) -> None:
    delimiter = next(sign for sign in ",;\t" if sign in header)
    cells = {"uts": "1773540842", "played_at": "1773540842", "timestamp": "1773540842"}
    cells |= {"date": "1773540842", "artist": "Low", "track": "Congregation"}
    cells |= {"title": "Congregation", "name": "Congregation", "album": ""}
    words = [word.strip(' "').casefold() for word in header.split(delimiter)]
    row = delimiter.join(cells.get(word, "x") for word in words)

    found = contents(file(f"{header}\r\n{row}\r\n"))

    assert found.records == [Play(artist="Low", track="Congregation", played_at=AT)]


def test_without_unix_seconds_the_worded_date_counts_to_the_minute(file: Make) -> None:
    rows = ',"15 Mar 2026, 02:14",Low,,,,One,\n,2026-03-15 02:14:00,Low,,,,Two,\n'

    found = contents(file(GHAN + rows))

    assert [(play.played_at, play.exact) for play in found.records] == [(MINUTE, False)] * 2


def test_a_row_without_any_date_is_refused_with_its_line(file: Make) -> None:
    rows = '"","","Low","","","","One",""\n"1773540842","","Low","","","","Two",""\n'

    found = contents(file(GHAN + rows))

    assert [play.track for play in found.records] == ["Two"]
    assert found.refused == [("line 2", "the play has no date")]


def test_missing_trailing_columns_are_unknown(file: Make) -> None:
    found = contents(file(GHAN + "1773540842,,Low,,,,One\n"))

    assert found.records == [Play(artist="Low", track="One", played_at=AT)]


def test_without_a_header_the_one_playing_now_is_passed_over(file: Make) -> None:
    rows = "Low,,Now,\nLow,Hey What,One,15 Mar 2026 02:14\nLow,,Two,15 Mar 2026, 02:14\n"

    found = contents(file(rows))

    assert found.formats == ["lastfm-bare-csv"]
    assert [(play.track, play.album, play.played_at) for play in found.records] == [
        ("One", "Hey What", MINUTE),
        ("Two", None, MINUTE),
    ]
    assert not any(play.exact for play in found.records)


def test_json_may_be_one_list_or_a_list_of_pages(file: Make) -> None:
    track = {"artist": {"#text": "Low"}, "name": "One", "date": {"uts": "1773540842"}}
    playing = {"artist": {"#text": "Low"}, "name": "Now", "@attr": {"nowplaying": "true"}}
    flat = file(json.dumps([playing, track]), "flat.json")
    paged = file(json.dumps([[playing], [track, {"artist": 3, "name": "Two"}]]), "paged.json")

    one, other = contents(flat), contents(paged)

    assert one.records == other.records == [Play(artist="Low", track="One", played_at=AT)]
    assert other.refused == [("item 3", "the play has no date")]


def test_json_that_breaks_off_keeps_what_came_before(file: Make) -> None:
    whole = json.dumps(
        [{"artist": "Low", "name": f"{n}", "date": 1_773_540_842_000} for n in (1, 2)]
    )

    found = contents(file(whole[:-20], "cut.json"))

    assert [play.track for play in found.records] == ["1"]
    assert [place for place, _ in found.refused] == ["after item 1"]


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"artist": "' + "x" * 17_000_000, "one item has more than"),
        ('{"artist": "Low", "date": 1e999},{"name": 5}]', "no date"),
        ("nonsense", "not JSON from here on"),
    ],
)
def test_json_that_turns_odd_keeps_what_came_before(file: Make, rest: str, reason: str) -> None:
    good = '[{"artist": "Low", "name": "One", "date": 1773540842000},'

    found = contents(file(good + rest, "odd.json"))

    assert [play.track for play in found.records] == ["One"]
    assert reason in found.refused[-1][1]


def test_a_file_written_together_from_two_is_read_through(file: Make) -> None:
    row = "1773540842,,Low,,,,One,\n"

    found = contents(file(GHAN + row + GHAN + row))

    assert (len(found.records), found.rejects) == (2, [])


@pytest.mark.parametrize(
    ("text", "at", "exact"),
    [
        ("1773540842", AT, True),
        ("1773540842000", AT, True),
        ("15 Mar 2026, 02:14", MINUTE, False),
        ("15 mar 2026 2:14", MINUTE, False),
        ("2026-03-15 02:14:02", AT, True),
        ("2026-03-15T02:14:02Z", AT, True),
        ("2026-03-15T03:14:02.500+01:00", AT, True),
        ("2026-03-14 18:14", datetime(2026, 3, 14, 18, 14, tzinfo=UTC), False),
    ],
)
def test_dates_in_the_known_forms(text: str, at: datetime, exact: bool) -> None:
    assert parse_instant(text) == (at, exact)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "15/03/2026 02:14",
        "31 Feb 2026, 02:14",
        "15 Mär 2026, 02:14",
        "2026-03-15",
        "1.77354E+09",
        "-5",
        "2026-03-15 25:00:00",
        "9999-12-31T23:59:59-14:00",
        "9" * 30,
    ],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="not a date of a known form"):
        parse_instant(text)


@pytest.mark.parametrize("uts", ["0", "12", "99999999999999999999"])
def test_dates_that_cannot_be_are_refused(file: Make, uts: str) -> None:
    found = contents(file(f"{GHAN}{uts},,Low,,,,One,\n"))

    assert (found.records, len(found.rejects)) == ([], 1)


def test_plays_of_one_second_are_never_parted(file: Make) -> None:
    rows = [f"{1_773_540_842 + number // 7},,Low,,,,{number},\n" for number in range(9_000)]

    found = contents(file(GHAN + "".join(rows)))

    assert len(found.records) == 9_000
    assert found.groups > 3


def test_a_million_plays_of_one_second_do_not_fill_the_memory(file: Make) -> None:
    found = contents(file(GHAN + "1773540842,,Low,,,,One,\n" * 45_000))

    assert (len(found.records), found.groups) == (45_000, 3)
