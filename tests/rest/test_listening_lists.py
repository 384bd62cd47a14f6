"""Top lists, plays, artists, albums and genres over REST."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import insert, update
from sqlmodel import col

from rewind_gql.domains.listening.tables import Artist, Similar
from tests.databases import ME, OTHER
from tests.domains.listening.plays import everything, hide
from tests.oracle.lives import tag
from tests.rest.life import EVENING, hear, play
from tests.serving import Api

DAY = 24 * 60
NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)  # a Thursday
L = "/v1/listening"


@pytest.fixture
async def at_now() -> AsyncIterator[None]:
    """A fixed present."""
    with time_machine.travel(NOW, tick=False):
        yield


def ago(days: float, track: str = "one", artist: str = "Low", album: str | None = None) -> Any:
    """A play so many days before the present."""
    minutes = int((NOW - timedelta(days=days) - EVENING).total_seconds() // 60)
    return play(track, artist, minutes=minutes, album=album)


async def told(api: Api, path: str) -> Any:
    """What is answered."""
    answered = await api.ask(f"{L}{path}")
    assert answered.status_code == 200, answered.text
    return answered.json()


def ranked(body: Any) -> list[tuple[int, str, int]]:
    """The places of a top list."""
    return [(row["rank"], row["name"], row["playcount"]) for row in body["data"]]


@pytest.mark.usefixtures("at_now")
async def test_a_top_list_ranks_a_period_without_gaps(api: Api) -> None:
    await hear(
        api.desk.store,
        ago(1, artist="Can"), ago(2, artist="Can"), ago(0.5, artist="Low"), ago(6, artist="Neu"),
        ago(7.6, artist="Faust"),
    )  # fmt: skip

    body = await told(api, "/top/artists")
    second = await told(api, "/top/artists?limit=2&page=2")

    assert list(body) == ["period", "data", "pagination"]
    assert body["period"] == "7day"
    assert ranked(body) == [(1, "Can", 2), (2, "Low", 1), (3, "Neu", 1)]
    assert list(body["data"][0]) == [
        "rank", "id", "name", "detail", "playcount", "image", "url", "apple_music_url",
        "preview_url", "genre",
    ]  # fmt: skip
    assert (body["data"][0]["detail"], body["data"][0]["url"]) == ("", "")
    assert ranked(second) == [(3, "Neu", 1)]
    assert second["pagination"] == {"page": 2, "limit": 2, "total": 3, "total_pages": 2}
    assert ranked(await told(api, "/top/artists?page=99")) == []


@pytest.mark.usefixtures("at_now")
async def test_dates_take_the_place_of_a_period_which_is_still_told(api: Api) -> None:
    await hear(api.desk.store, ago(100, "a", album="x"), ago(200, "b", album="y"))

    body = await told(api, "/top/albums?period=1month&from=2026-05-01&to=2026-05-31")

    assert (body["period"], ranked(body)) == ("1month", [(1, "x", 1)])
    assert body["data"][0]["detail"] == "Low"


@pytest.mark.parametrize(
    ("period", "granularity", "first", "count"),
    [
        ("7day", "day", "2026-08-14", 7),
        ("1month", "day", "2026-07-24", 28),
        ("3month", "week", "2026-05-25", 13),
        ("6month", "week", "2026-02-23", 26),
        ("12month", "week", "2025-08-25", 52),
        ("overall", "year", "2024-01-01", 3),
    ],
)
@pytest.mark.usefixtures("at_now")
async def test_a_period_is_drawn_in_its_own_buckets(
    quick_api: Api, period: str, granularity: str, first: str, count: int
) -> None:
    begun = datetime.fromisoformat(first).replace(tzinfo=UTC) + timedelta(hours=1)
    oldest = datetime(2024, 1, 1, 1, tzinfo=UTC)
    await hear(
        quick_api.desk.store, *(ago((NOW - at) / timedelta(days=1)) for at in (begun, oldest, NOW))
    )

    body = await told(quick_api, f"/top/tracks?period={period}&include_sparklines=true")
    plain = await told(quick_api, f"/top/tracks?period={period}&include_sparklines=yes")

    spark = body["data"][0]["sparkline"]
    assert (spark["granularity"], len(spark["points"])) == (granularity, count)
    assert spark["points"][0] >= 1
    assert spark["points"][-1] == 1
    assert "sparkline" not in plain["data"][0]


@pytest.mark.parametrize(
    ("dates", "granularity", "count"),
    [
        ("from=2026-06-20&to=2026-08-20", "day", 62),
        ("from=2026-06-19&to=2026-08-20", "week", 10),
        ("from=2025-08-20&to=2026-08-20", "week", 53),
        ("from=2025-08-19&to=2026-08-20", "month", 13),
        ("from=2020-08-20&to=2026-08-20", "year", 3),
        ("date=2026-08-20", "day", 1),
    ],
)
@pytest.mark.usefixtures("at_now")
async def test_a_window_is_drawn_the_coarser_the_longer_it_is(
    quick_api: Api, dates: str, granularity: str, count: int
) -> None:
    await hear(quick_api.desk.store, ago(0), ago(900))

    body = await told(quick_api, f"/top/artists?include_sparklines=1&{dates}")

    spark = body["data"][0]["sparkline"]
    assert (spark["granularity"], len(spark["points"])) == (granularity, count)
    assert spark["points"][-1] == 1


@pytest.mark.usefixtures("at_now")
async def test_tracks_of_one_artist_are_found_by_id_or_by_a_part_of_the_name(api: Api) -> None:
    await hear(
        api.desk.store,
        ago(1, "a", "Low 100%", "x"), ago(2, "b", "Low 100%"), ago(3, "b", "Low 100%"),
        ago(1, "c", "Slow"), ago(1, "d", "Slow"), ago(2, "d", "Slow"), ago(3, "d", "Slow"),
    )  # fmt: skip
    slow, low = [(each["id"], each["name"]) for each in (await told(api, "/artists"))["data"]]

    by_name = await told(api, "/top/tracks?artist_name=LOW")
    by_sign = await told(api, "/top/tracks?artist_name=%25")
    by_id = await told(api, f"/top/tracks?artist_id={low[0]}&period=overall")
    nobody = await told(api, "/top/tracks?artist_id=999999")
    unknown = await api.ask(f"{L}/top/tracks?artist_name=_")

    assert (by_name["artist_id"], ranked(by_name)) == (slow[0], [(1, "d", 3), (2, "c", 1)])
    assert by_sign["artist_id"] == by_id["artist_id"] == low[0]
    assert ranked(by_id) == [(1, "b", 2), (2, "a", 1)]
    assert by_id["data"][1]["album_name"] == "x"
    assert (nobody["artist_id"], nobody["data"]) == (999999, [])
    assert unknown.status_code == 404
    assert (await told(api, "/top/tracks"))["artist_id"] is None


async def test_the_albums_heard_last_are_told_once_each(api: Api) -> None:
    await hear(
        api.desk.store,
        play("t", "Low", minutes=1, album="x"),
        play("t", "Can", minutes=2, album="y"),
        play("t", "Low", minutes=3, album="x"),
        play("t", "Low", minutes=4),
    )

    body = await told(api, "/recent/albums")

    assert [
        (row["album"]["name"], row["artist"]["name"], row["last_scrobbled_at"])
        for row in body["data"]
    ] == [("x", "Low", "2026-03-18T22:08:00.000Z"), ("y", "Can", "2026-03-18T22:07:00.000Z")]
    assert list(body["data"][0]["album"]) == ["id", "name", "url", "apple_music_url", "image"]


async def test_history_is_searched_by_parts_of_names(api: Api) -> None:
    await hear(
        api.desk.store,
        play("a", "Low", minutes=1, album="Hey What"),
        play("b", "Slowdive", minutes=2, album="Souvlaki"),
        play("c", "Can", minutes=3, album="Souvlaki"),
    )

    async def found(query: str) -> tuple[list[str], int]:
        body = await told(api, f"/history?{query}")
        return [row["track"]["name"] for row in body["data"]], body["pagination"]["total"]

    assert await found("artist=LOW") == (["b", "a"], 2)
    assert await found("album=souv") == (["c", "b"], 2)
    assert await found("artist=low&album=souv") == (["b"], 1)
    assert await found("artist=low&limit=1&page=2") == (["a"], 2)
    assert await found("artist=low&page=9") == ([], 2)
    assert await found("artist=%25") == ([], 0)
    assert await found("limit=200&from=2026&to=2026-03") == (["c", "b", "a"], 3)
    assert await found("date=nonsense") == (["c", "b", "a"], 3)  # no parameter of this path


async def test_artists_and_albums_are_sorted_and_searched(api: Api) -> None:
    await hear(
        api.desk.store,
        play("a", "Low", minutes=1, album="Zebra"),
        play("b", "Low", minutes=2, album="Zebra"),
        play("c", "Can", minutes=3, album="Apple"),
    )

    async def names(path: str) -> list[str]:
        return [row["name"] for row in (await told(api, path))["data"]]

    assert await names("/artists") == ["Low", "Can"]
    assert await names("/artists?order=asc") == ["Can", "Low"]
    assert await names("/artists?sort=name") == ["Low", "Can"]
    assert await names("/artists?search=LO") == ["Low"]
    assert await names("/albums?sort=name&order=asc") == ["Apple", "Zebra"]
    assert await names("/albums?sort=recent&limit=1&page=2") == ["Apple"]
    assert await names("/albums?artist=ca") == ["Apple"]
    assert await names("/albums?artist=ca&search=z") == []
    row = (await told(api, "/albums"))["data"][0]
    assert (row["playcount"], row["artist"]["name"], row["url"]) == (2, "Low", "")


async def test_what_is_hidden_is_in_no_list_but_has_its_page(api: Api) -> None:
    store = api.desk.store
    await hear(store, play("a", "Low", album="x"), play("b", "Can", minutes=1, album="y"))
    low = next(row.id for row in await everything(store, Artist) if row.name == "Low")
    await hide(store, Artist, low)

    lists = ["/top/artists?period=overall", "/top/albums?period=overall", "/artists"]
    shown = [len((await told(api, path))["data"]) for path in lists]
    page = await told(api, f"/artists/{low}")

    assert shown == [1, 1, 1]
    assert (page["name"], page["playcount"], page["all_time_rank"]) == ("Low", 0, None)
    assert page["sparkline"] is None
    assert (await told(api, "/stats"))["total_scrobbles"] == 1


async def test_an_artist_and_an_album_are_told_whole(api: Api) -> None:
    await hear(
        api.desk.store,
        play("a", "Low", album="x"), play("b", "Low", minutes=1, album="x"),
        play("c", "Low", minutes=2, album="single"),
    )  # fmt: skip
    [artist] = (await told(api, "/artists"))["data"]
    album = (await told(api, "/albums"))["data"][0]

    page = await told(api, f"/artists/{artist['id']}")
    record = await told(api, f"/albums/{album['id']}")

    assert [each["name"] for each in page["top_albums"]] == ["x"]
    assert [each["scrobble_count"] for each in page["top_tracks"]] == [1, 1, 1]
    assert (page["scrobble_count"], page["all_time_rank"]) == (3, 1)
    assert (page["distinct_tracks"], page["distinct_albums"]) == (3, 2)
    assert page["sparkline"]["points"][0] == {"at": "2026-01-01T00:00:00.000Z", "count": 3}
    assert (page["tags"], page["bio_summary"], page["similar_artists"]) == (None, None, [])
    assert record["artist"] == {"id": artist["id"], "name": "Low"}
    assert sorted(track["name"] for track in record["tracks"]) == ["a", "b"]
    assert record["first_scrobbled_at"] == "2026-03-18T22:05:00.000Z"


async def test_genres_beyond_the_limit_are_one(api: Api) -> None:
    store = api.desk.store
    heard = {
        "A": ("Rock", 5),
        "B": ("Hip-Hop", 3),
        "C": ("Jazz", 2),
        "D": ("Folk", 1),
        "E": (None, 4),
    }
    await hear(
        store,
        *(
            play(f"t{n}", name, minutes=n)
            for name, (_, count) in heard.items()
            for n in range(count)
        ),
    )
    await tag(store, {row.id: heard[row.name][0] for row in await everything(store, Artist)})

    body = await told(api, "/genres?limit=2")
    weeks = await told(api, "/genres?group_by=week&date=2026-03-18&compare_to=previous_year")

    assert body == {
        "data": [
            {"period": "2026-03", "genres": {"Rock": 5, "Hip-Hop": 3, "Other": 3}, "total": 11}
        ]
    }
    assert [each["period"] for each in weeks["data"]] == ["2026-W11"]
    assert weeks["compare"] == []
    assert "compare" not in await told(api, "/genres?compare_to=previous_year")


async def test_genres_of_a_year_before_keep_to_the_shifted_bounds(api: Api) -> None:
    store = api.desk.store
    leap_day = datetime(2024, 2, 29, 12, tzinfo=UTC)
    days = [leap_day - timedelta(days=n) for n in range(3)]
    await hear(
        store, *(play("t", "Low", minutes=int((at - EVENING).total_seconds() // 60)) for at in days)
    )
    await tag(store, {(await everything(store, Artist))[0].id: "Rock"})
    compared = "/genres?from=2025-02-27&to=2025-02-28&compare_to=previous_year"

    body = await told(api, compared)

    assert body["compare"] == [{"period": "2024-02", "genres": {"Rock": 2}, "total": 2}]


async def test_nothing_of_others_is_told(api: Api) -> None:
    await hear(api.desk.store, play("secret", "Low", album="x"), user_id=OTHER)
    [artist] = await everything(api.desk.store, Artist, OTHER)

    for path in (
        "/top/tracks?period=overall",
        "/history",
        "/artists",
        "/albums",
        "/genres",
        "/years",
    ):
        assert (await told(api, path))["data"] == []
    assert (await api.ask(f"{L}/artists/{artist.id}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/top/artists?period=overall&include_sparklines=1", "/top/tracks?period=overall",
     "/history?artist=a", "/recent/albums", "/artists", "/albums?search=a", "/genres"],
)  # fmt: skip
async def test_a_longer_page_costs_no_more_statements(quick_api: Api, path: str) -> None:
    store = quick_api.desk.store
    await hear(store, *(play(f"t{n}", f"Band {n}", minutes=n, album=f"a{n}") for n in range(12)))
    seen: list[str] = []
    store.watchers.append(seen.append)
    sign = "&" if "?" in path else "?"

    costs = []
    await told(quick_api, path)  # from here on, key and versions are known
    for limit in (2, 12):
        seen.clear()
        await told(quick_api, f"{path}{sign}limit={limit}")
        costs.append(len(seen))

    assert costs[0] == costs[1] <= 12


async def test_an_artist_is_told_with_words_tags_and_who_is_like_them(api: Api) -> None:
    store = api.desk.store
    await hear(
        store, *(play("t", name, minutes=n) for n, name in enumerate(["Low", "Can", "Nico"]))
    )
    rows = {row.name: row for row in await everything(store, Artist)}
    await hide(store, Artist, rows["Nico"].id)
    like = [(1, "nobody here", 0.9), (2, "can", 0.5), (3, "nico", 0.4)]
    async with store.write() as conn:
        for rank, key, score in like:
            named = {"match_key": key, "name": key, "mbid": None, "url": None, "score": score}
            of = {"user_id": ME, "artist_id": rows["Low"].id, "rank": rank}
            await conn.execute(insert(Similar).values(**of, **named))
        words = {"tags": [{"name": "Slowcore", "count": 100}], "bio_summary": "A band."}
        change = update(Artist).where(col(Artist.id) == rows["Low"].id)
        await conn.execute(change.values(**words, bio_at=EVENING))

    page = await told(api, f"/artists/{rows['Low'].id}")

    assert page["tags"] == [{"name": "Slowcore", "count": 100}]
    assert (page["bio_summary"], page["bio_content"]) == ("A band.", None)
    assert page["bio_synced_at"] == "2026-03-18T22:05:00.000Z"
    assert page["similar_artists"] == [
        {
            "id": rows["Can"].id,
            "name": "Can",
            "genre": None,
            "your_scrobble_count": 1,
            "similarity_score": 0.5,
            "image": None,
        }
    ]
