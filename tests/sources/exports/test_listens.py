"""Listens and scrobbles out of what ListenBrainz, Maloja and Koito export."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.demo import histories
from rewind_gql.demo.records import Life
from rewind_gql.domains.listening.records import Play
from rewind_gql.text import match_key
from tests.sources.exports.conftest import contents

AT = datetime(2026, 3, 15, 2, 14, 2, tzinfo=UTC)
AT_S = 1_773_540_842
MBID = "63aa26c3-d59b-4da4-84ac-716b54f1ef4d"
OTHER = "0d2cb66c-3a32-4f81-b977-9231c461c34a"

Make = Callable[..., Path]


def listen(**more: Any) -> dict[str, Any]:
    """A listen of ListenBrainz."""
    told = {"track_name": "Endors Toi", "artist_name": "Tame Impala", "mbid_mapping": None}
    return {"inserted_at": AT_S + 0.5, "listened_at": AT_S, "track_metadata": told} | more


def named(**more: Any) -> dict[str, Any]:
    """A listen of which more is told."""
    return listen(track_metadata=listen()["track_metadata"] | more)


def scrobble(**more: Any) -> dict[str, Any]:
    """A scrobble of Maloja."""
    album = {"artists": ["Tame Impala"], "albumtitle": "Lonerism"}
    track = {"artists": ["Tame Impala"], "title": "Endors Toi", "album": album, "length": 186}
    return {"time": AT_S, "track": track | more, "duration": None, "origin": "client:default"}


def koito(**more: Any) -> dict[str, Any]:
    """A listen of Koito."""
    return {
        "listened_at": "2026-03-15T03:14:02.25+01:00",
        "client": "a player",
        "track": thing("Endors Toi", duration=186),
        "album": thing("Lonerism", MBID, various_artists=False),
        "artists": [thing("Guest"), thing("Tame Impala", MBID, is_primary=True)],
    } | more


def thing(name: str, mbid: str | None = None, **more: Any) -> dict[str, Any]:
    """Something with names, the first of which is not its own."""
    other = {"alias": "Another Name", "source": "MusicBrainz", "is_primary": False}
    own = {"alias": name, "source": "Canonical", "is_primary": True}
    return {"mbid": mbid, "aliases": [other, own], **more}


def lines(*objects: Any) -> str:
    """A file of lines."""
    return "".join(f"{json.dumps(each)}\n" for each in objects)


@pytest.mark.parametrize(
    "name", ["listenbrainz-jsonl", "listenbrainz-json", "maloja-json", "koito-json"]
)
def test_a_whole_life_is_read(tmp_path: Path, life: Life, name: str) -> None:
    path = tmp_path / "listens"
    histories.WRITERS[name](life, path)

    found = contents(path)

    assert (found.formats, found.rejects, found.notes) == ([name], [], [])
    assert [play.played_at for play in found.records] == [each.at for each in life.listens]
    assert [match_key(play.track) for play in found.records] == [
        match_key(each.track) for each in life.listens
    ]


def test_the_months_of_an_archive_are_read_and_its_other_files_named(
    tmp_path: Path, life: Life
) -> None:
    path = tmp_path / "listenbrainz.zip"
    histories.listenbrainz(life, path)

    found = contents(path)

    assert (found.formats, len(found.records)) == (["listenbrainz-jsonl"], len(life.listens))
    assert found.notes == ["left out, of no known format: user.json, feedback.jsonl"]


@pytest.mark.parametrize("around", ["[{0}]", '{{"payload": {{"count": 1, "listens": [{0}]}}}}'])
def test_listens_in_one_document_are_read(file: Make, around: str) -> None:
    found = contents(file(around.format(json.dumps(listen())), "listens.json"))

    assert found.formats == ["listenbrainz-json"]
    assert found.records == [Play(artist="Tame Impala", track="Endors Toi", played_at=AT)]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"release_name": "Lonerism"}, {"album": "Lonerism"}),
        ({"additional_info": {"duration": 186}}, {"duration_ms": 186_000}),
        ({"additional_info": {"duration": "186"}}, {"duration_ms": 186_000}),
        ({"additional_info": {"duration_ms": 186_333, "duration": 1}}, {"duration_ms": 186_333}),
        ({"additional_info": {"duration_ms": -1, "duration": 10**12}}, {}),
        ({"additional_info": {"artist_mbids": [MBID]}}, {"artist_mbid": MBID}),
        ({"additional_info": {"artist_mbids": [MBID, OTHER]}}, {}),
        ({"additional_info": {"recording_mbid": "no id"}}, {}),
        ({"mbid_mapping": {"recording_mbid": MBID}}, {"track_mbid": MBID}),
        (
            {
                "mbid_mapping": {"release_mbid": MBID},
                "additional_info": {"release_mbid": OTHER},
            },
            {"album_mbid": OTHER},
        ),
        ({"additional_info": {"release_artist_name": "Various"}}, {"album_artist": "Various"}),
        ({"additional_info": "nonsense", "mbid_mapping": []}, {}),
    ],
)
def test_what_a_listen_knows_besides_is_kept(
    file: Make, told: dict[str, Any], wanted: dict[str, Any]
) -> None:
    found = contents(file(lines(named(**told))))

    play = Play(artist="Tame Impala", track="Endors Toi", played_at=AT, **wanted)
    assert found.records == [play]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "not JSON"),
        ('["a list"]', "this is no listen"),
        (json.dumps(listen(listened_at=None)), "unix seconds"),
        (json.dumps(listen(listened_at=1.5)), "unix seconds"),
        (json.dumps(listen(listened_at=7)), "before any scrobbling"),
        (json.dumps(listen(track_metadata=None)), "no track_metadata"),
        (json.dumps(named(artist_name="")), "the artist has no name"),
        (json.dumps(named(track_name=3)), "the track has no name"),
        ("x" * 2_000_000, "longer than"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_is_read(file: Make, bad: str, why: str) -> None:
    found = contents(file(f"{lines(listen())}{bad}\n\n{lines(listen())}"))

    assert len(found.records) == 2
    [(place, reason)] = found.refused
    assert place == "line 2"
    assert why in reason


@pytest.mark.parametrize("around", ['{{"maloja": {{}}, "scrobbles": [{0}]}}', '{{"list": [{0}]}}'])
def test_a_scrobble_of_maloja_gives_all_it_knows(file: Make, around: str) -> None:
    found = contents(file(around.format(json.dumps(scrobble())), "maloja.json"))

    assert found.formats == ["maloja-json"]
    assert found.records == [
        Play(
            artist="Tame Impala",
            track="Endors Toi",
            album="Lonerism",
            album_artist="Tame Impala",
            duration_ms=186_000,
            played_at=AT,
        )
    ]


@pytest.mark.parametrize(
    ("artists", "artist"),
    [(["A", "B"], "A"), (["B", "A • B"], "A"), ([None, "A"], "A")],
)
def test_of_several_artists_of_maloja_the_main_one_counts(
    file: Make, artists: list[Any], artist: str
) -> None:
    found = contents(file(json.dumps({"scrobbles": [scrobble(artists=artists)]})))

    assert [play.artist for play in found.records] == [artist]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (scrobble(artists=[]), "the artist has no name"),
        (scrobble(artists="A"), "the artist has no name"),
        (scrobble(title=None), "the track has no name"),
        (scrobble() | {"time": "soon"}, "no time"),
        (scrobble() | {"time": 10**30}, "OverflowError|int too large"),
        ({"time": AT_S}, "'track' is missing"),
    ],
)
def test_a_bad_scrobble_is_told(file: Make, bad: dict[str, Any], why: str) -> None:
    found = contents(file(json.dumps({"scrobbles": [scrobble(album=None), bad]})))

    assert len(found.records) == 1
    [(place, reason)] = found.refused
    assert place == "item 2"
    assert any(each in reason for each in why.split("|"))


def test_a_listen_of_koito_gives_all_it_knows(file: Make) -> None:
    found = contents(file(json.dumps({"version": "1", "listens": [koito()]}), "koito.json"))

    assert found.formats == ["koito-json"]
    assert found.records == [
        Play(
            artist="Tame Impala",
            track="Endors Toi",
            album="Lonerism",
            artist_mbid=MBID,
            album_mbid=MBID,
            duration_ms=186_000,
            played_at=AT,
        )
    ]


def test_without_a_primary_artist_the_first_counts(file: Make) -> None:
    given = koito(
        artists=[thing("American Football"), thing("Guest")],
        album=thing("All of Them", various_artists=True),
    )

    [play] = contents(file(json.dumps({"listens": [given]}))).records

    assert (play.artist, play.album_artist) == ("American Football", "Various Artists")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (koito(artists=[]), "names no artist"),
        (koito(track={"aliases": None}), "the track has no name"),
        (koito(listened_at="yesterday"), "not a date of a known form"),
        (koito(listened_at=5), "AttributeError"),
        (koito(track=None), "TypeError|AttributeError"),
    ],
)
def test_a_bad_listen_of_koito_is_told(file: Make, bad: dict[str, Any], why: str) -> None:
    found = contents(file(json.dumps({"listens": [koito(album=None), bad]})))

    assert len(found.records) == 1
    [(_, reason)] = found.refused
    assert any(each in reason for each in why.split("|"))
