"""Listening as GraphQL tells it."""

from datetime import UTC, datetime

import pytest
import time_machine

from rewind_gql.domains.listening import intake, records
from tests.databases import ME
from tests.schema.conftest import Asking
from tests.schema.life import HOUR, NOON, hear, play

SINCE = "2025-03-01T13:00:00Z"


async def test_a_play_is_told_with_all_around_it(ask: Asking) -> None:
    data = await ask.data(
        "{ listening { recent(first: 1) { nodes { playedAt source "
        "track { name album { name } artist { name } } artist { name } album { name } } } } }"
    )

    assert data["listening"]["recent"]["nodes"] == [
        {
            "playedAt": "2025-03-01T17:00:00Z",
            "source": "lastfm",
            "track": {
                "name": "Starfire",
                "album": {"name": "Secret Name"},
                "artist": {"name": "Low"},
            },
            "artist": {"name": "Low"},
            "album": {"name": "Secret Name"},
        }
    ]


async def test_top_lists_rank_what_was_heard_in_the_window(ask: Asking) -> None:
    query = f"""{{ listening {{
      topArtists {{ nodes {{ plays artist {{ name }} }} }}
      later: topArtists(since: "{SINCE}") {{ nodes {{ plays artist {{ name }} }} }}
      topAlbums(first: 1) {{ nodes {{ plays album {{ name }} artist {{ name }} }} }}
      topTracks(first: 1) {{ nodes {{ plays track {{ name }} lastPlayedAt }} }}
    }} }}"""

    data = (await ask.data(query))["listening"]

    def ranked(name: str) -> list[tuple[int, str]]:
        return [(place["plays"], place["artist"]["name"]) for place in data[name]["nodes"]]

    assert ranked("topArtists") == [(3, "Low"), (2, "Can"), (1, "Neu!")]
    assert ranked("later") == [(2, "Low"), (2, "Can"), (1, "Neu!")]
    assert data["topAlbums"]["nodes"] == [
        {"plays": 2, "album": {"name": "Secret Name"}, "artist": {"name": "Low"}}
    ]
    assert data["topTracks"]["nodes"] == [
        {"plays": 2, "track": {"name": "Starfire"}, "lastPlayedAt": "2025-03-01T17:00:00Z"}
    ]


async def test_a_window_is_told_in_numbers(ask: Asking) -> None:
    data = await ask.data(
        f"""{{ listening {{
          totals {{ plays artists albums tracks }}
          later: totals(since: "{SINCE}") {{ plays artists albums tracks }}
          none: totals(since: "2026-01-01T00:00:00Z") {{ plays }}
          backwards: totals(since: "{SINCE}", until: "2025-01-01T00:00:00Z") {{ plays }}
          days {{ day plays }} months {{ month plays }}
        }} }}"""
    )

    assert data["listening"] == {
        "totals": {"plays": 6, "artists": 3, "albums": 4, "tracks": 5},
        "later": {"plays": 5, "artists": 3, "albums": 4, "tracks": 5},
        "none": {"plays": 0},
        "backwards": {"plays": 0},
        "days": [{"day": "2025-03-01", "plays": 6}],
        "months": [{"month": "2025-03-01", "plays": 6}],
    }


@pytest.mark.parametrize(
    ("period", "zone", "plays"),
    [
        # At 20:00 UTC on 7 March the seven days began on the 1st at 00:00 in Greenwich; it is the
        # 8th in Kiritimati, 14 hours ahead, so there they begin with the 2nd, at 10:00 UTC on the
        # 1st; in Tokyo it is the 8th too, and its 2nd began at 15:00.
        ("LAST_7_DAYS", None, 6),
        ("LAST_7_DAYS", "Pacific/Kiritimati", 6),
        ("LAST_7_DAYS", "Asia/Tokyo", 3),
        ("LAST_30_DAYS", "Asia/Tokyo", 6),
        ("OVERALL", "Asia/Tokyo", 6),
    ],
)
async def test_a_period_begins_at_the_zones_midnight(
    ask: Asking, period: str, zone: str | None, plays: int
) -> None:
    query = """query ($period: Period!, $zone: String) { listening {
      totals(period: $period, timeZone: $zone) { plays }
    } }"""

    with time_machine.travel(datetime(2025, 3, 7, 20, tzinfo=UTC), tick=False):
        data = await ask.data(query, period=period, zone=zone)

    assert data["listening"]["totals"]["plays"] == plays


async def test_the_library_is_browsed_by_name_and_by_plays(ask: Asking) -> None:
    data = await ask.data(
        """{ listening {
          byName: artists { nodes { name heard { plays firstPlayedAt lastPlayedAt } } }
          byPlays: albums(sort: PLAYS, first: 1) { nodes { name heard { plays } } }
        } }"""
    )
    byname = data["listening"]["byName"]["nodes"]

    assert [artist["name"] for artist in byname] == ["Can", "Low", "Neu!"]
    assert byname[1]["heard"] == {
        "plays": 3,
        "firstPlayedAt": "2025-03-01T12:00:00Z",
        "lastPlayedAt": "2025-03-01T17:00:00Z",
    }
    assert data["listening"]["byPlays"]["nodes"] == [{"name": "Secret Name", "heard": {"plays": 2}}]


async def test_belongings_are_paged_and_counted_for_each(ask: Asking) -> None:
    data = await ask.data(
        """{ listening { artists { nodes {
          name
          albums(first: 1) { totalCount nodes { name } pageInfo { hasNextPage } }
          tracks(last: 1) { totalCount nodes { name } pageInfo { hasPreviousPage } }
          plays(first: 1) { totalCount nodes { playedAt } }
        } } } }"""
    )

    told = {
        artist["name"]: (
            [album["name"] for album in artist["albums"]["nodes"]],
            artist["albums"]["totalCount"],
            artist["albums"]["pageInfo"]["hasNextPage"],
            [track["name"] for track in artist["tracks"]["nodes"]],
            artist["tracks"]["totalCount"],
            artist["tracks"]["pageInfo"]["hasPreviousPage"],
            artist["plays"]["totalCount"],
        )
        for artist in data["listening"]["artists"]["nodes"]
    }
    assert told == {
        "Can": (["Ege Bamyasi"], 1, False, ["Vitamin C"], 2, True, 2),
        "Low": (["Secret Name"], 2, True, ["Sunflower"], 2, True, 3),
        "Neu!": (["Neu! 75"], 1, False, ["Isi"], 1, False, 1),
    }


async def test_an_albums_tracks_and_plays_are_counted(ask: Asking) -> None:
    data = await ask.data(
        "{ listening { albums { nodes { name tracks { totalCount } plays { totalCount } } } } }"
    )

    assert {
        album["name"]: (album["tracks"]["totalCount"], album["plays"]["totalCount"])
        for album in data["listening"]["albums"]["nodes"]
    } == {
        "Ege Bamyasi": (2, 2),
        "Neu! 75": (1, 1),
        "Secret Name": (1, 2),
        "Things We Lost in the Fire": (1, 1),
    }


async def test_the_sources_own_words_are_told(own_ask: Asking) -> None:
    entry = records.ChartEntry(
        kind="artist", period="7day", rank=1, plays=9, name="Low", artist="Low"
    )
    chart = records.Chart(kind="artist", period="7day", entries=(entry,))
    profile = records.Profile(name="me", url=None, country="NO", plays=7, registered_at=NOON)
    async with own_ask.deps.store.write() as conn:
        await intake.charts(conn, ME, [chart], source="lastfm")
        await intake.profile(conn, ME, [profile], source="lastfm")

    data = await own_ask.data(
        """{ listening {
          chart(kind: ARTIST, period: SEVEN_DAYS) { rank plays name artistName }
          empty: chart(kind: TRACK) { rank }
          profile { name country plays registeredAt }
        } }"""
    )

    assert data["listening"] == {
        "chart": [{"rank": 1, "plays": 9, "name": "Low", "artistName": "Low"}],
        "empty": [],
        "profile": {
            "name": "me",
            "country": "NO",
            "plays": 7,
            "registeredAt": "2025-03-01T12:00:00Z",
        },
    }


@pytest.mark.parametrize("name", ["artist", "album", "track"])
async def test_one_thing_is_found_by_its_id_and_no_other_kind(ask: Asking, name: str) -> None:
    plays = await ask.data(
        "{ listening { recent(first: 1) { nodes { artist { id } album { id } track { id } } } } }"
    )
    ids = {key: value["id"] for key, value in plays["listening"]["recent"]["nodes"][0].items()}
    query = f"query ($id: ID!) {{ listening {{ {name}(id: $id) {{ id }} }} }}"

    found = await ask.data(query, id=ids[name])
    others = [await ask.refused(query, id=ids[key]) for key in ids if key != name]

    assert found["listening"][name] == {"id": ids[name]}
    assert others == [("BAD_INPUT", "id")] * 2


async def test_a_play_that_comes_in_is_seen_at_once(own_ask: Asking) -> None:
    async with own_ask.deps.store.write() as conn:
        await hear(conn, play("Faust", "IV", "Jennifer", NOON + 20 * HOUR))

    artist = "artist { name heard { plays } }"
    data = await own_ask.data(
        f"{{ listening {{ recent(first: 1) {{ totalCount nodes {{ {artist} }} }} }} }}"
    )

    assert data["listening"]["recent"] == {
        "totalCount": 7,
        "nodes": [{"artist": {"name": "Faust", "heard": {"plays": 1}}}],
    }


async def test_no_more_is_read_of_plays_than_is_asked_for(ask: Asking) -> None:
    asked = """{ listening { recent(first: 2) { nodes { playedAt track { name }
        album { id image { url } } } } } }"""

    few = await ask.data(asked)
    [plays, *_] = [each for each in ask.statements if "listening_play" in each]
    all_of_it = await ask.data(
        "{ listening { recent(first: 2) { nodes { playedAt source track { name url mbid }"
        " artist { name genre } album { id name releasedYear tracks { nodes { name } }"
        " image { url source } } } } } }"
    )

    wanted = plays.partition("FROM")[0]
    assert "track__name" in wanted
    assert "album__id" in wanted
    assert "track__url" not in wanted
    assert "artist__" not in wanted
    told = all_of_it["listening"]["recent"]["nodes"]
    assert [each["track"]["name"] for each in few["listening"]["recent"]["nodes"]] == [
        each["track"]["name"] for each in told
    ]
