"""Records and films over REST: the promised bodies, every parameter, few statements."""

from typing import Any

import orjson
import pytest
import time_machine

from rewind_gql.across import cross_reference, wantlist
from rewind_gql.domains.collecting import account, derive, films, intake, records
from rewind_gql.domains.watching import intake as screen
from rewind_gql.domains.watching import records as screened
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.collecting.made import DAY, HOUR, NOON, copy, credit, release, want
from tests.rest.contract_collecting import PROMISED
from tests.serving import Api, new_key

V1 = "/v1/collecting/"
HUNKY = release(
    11,
    "Hunky Dory",
    credits=(credit("David Bowie", 10),),
    year=1971,
    formats=("Vinyl", "CD"),
    format_descriptions=("LP", "Album"),
    labels=(records.Label(name="RCA", catno="SF 8244"),),
    genres=("Rock", "Pop"),
    styles=("Glam",),
)
POST = release(
    12, "Post", credits=(credit("Björk", 20),), year=None, formats=("CD",), genres=("Pop Rock",)
)
BARE = release(13, "Untitled", credits=(credit("Nobody (2)", 30),), formats=(), genres=())
PAGED = ("vinyl", "recent", "wantlist", "cross-reference", "media", "media/recent")


async def stock(api: Api, user: int = ME) -> None:
    """Store what the tests of this file read."""
    await shelve(api.desk.store, user)


async def shelve(store: Store, user: int = ME) -> None:
    """Three releases on four copies, a want, two films on three media, a price and a worth."""
    copies = [
        copy(1, HUNKY, NOON, rating=5, notes=(("Media Condition", "Mint (M)"),), folder="Glam"),
        copy(2, POST, NOON + HOUR, rating=3),
        copy(3, HUNKY, NOON + DAY),
        copy(4, BARE, NOON + 2 * DAY),
    ]
    priced = records.ReleaseDetail(
        discogs_id=11,
        country="UK",
        lowest_price=12.5,
        currency="EUR",
        tracklist=(records.TrackLine(position="A1", title="Changes", duration="3:37"),),
    )
    async with store.write() as conn:
        stored = await intake.copies(conn, user, copies, source="discogs")
        stored.touched.add((await intake.details(conn, user, [priced], source="d")).touched)
        await derive.derive(conn, user, stored.touched)
        lines = [want(release(21, "Low"), NOON), want(HUNKY, None)]
        await intake.wants(conn, user, lines, source="discogs")
        fields = [records.NoteField(field_id=1, name="Media Condition")]
        await account.names(conn, user, folders=[], fields=fields)
        await cross_reference.refresh(conn, user)
        await wantlist.refresh(conn, user)
        await _films(conn, user)


async def _films(conn: Any, user: int) -> None:
    movies = [
        screened.Movie(title="Alien", year=1979, tmdb_id=348, imdb_id="tt0078748"),
        screened.Movie(title="Playtime", year=None, tmdb_id=10227),
    ]
    ids = (await screen.file(conn, user, movies)).ids
    detail = screened.MovieDetail(
        movie_id=ids[0],
        tmdb_id=348,
        title="Alien",
        year=1979,
        vote_average=8.0,
        runtime_min=117,
        genres=("Horror", "Science Fiction"),
    )
    await screen.details(conn, user, [detail], source="tmdb")
    owned = [
        records.Media(
            movie_id=movie, trakt_id=movie, media_type=kind, resolution=size, collected_at=at
        )
        for movie, kind, size, at in (
            (ids[0], "bluray", "hd_1080p", NOON),
            (ids[0], "other", None, NOON + DAY),
            (ids[1], "dvd", "sd_480p", NOON + DAY),
        )
    ]
    await films.media(conn, user, owned, source="trakt")
    watches = [
        screened.Watch(movie=movies[0], source_id="1", watched_at=NOON, user_rating=4.0),
        screened.Watch(movie=movies[0], source_id="2", watched_at=NOON + HOUR),
    ]
    await screen.watches(conn, user, watches, source="trakt")


@pytest.fixture
async def stocked(api: Api) -> Api:
    """The application over that shelf."""
    await stock(api)
    return api


async def body(api: Api, path: str) -> Any:
    """What a path answers."""
    answered = await api.ask(V1 + path)
    assert answered.status_code == 200, answered.text
    return answered.json()


async def titles(api: Api, path: str) -> list[str]:
    """The titles of a list."""
    return [row["title"] for row in (await body(api, path))["data"]]


async def filled(api: Api, path: str) -> str:
    """A path with the numbers of things that are there."""
    item = (await body(api, "recent?limit=1"))["data"][0]["id"]
    media = (await body(api, "media?q=alien&limit=1"))["data"][0]["id"]
    return path.replace("{item}", str(item)).replace("{media}", str(media))


async def test_nobody_elses_things_are_told(api: Api) -> None:
    await stock(api, OTHER)

    for path in PROMISED:
        answered = await api.ask(V1 + path.replace("{item}", "1").replace("{media}", "1"))
        told = answered.json()
        if "{" in path:
            assert answered.status_code == 404
        else:
            assert not told.get("total"), path
            assert not told.get("data") or not told["data"]["total_items"], path


async def test_a_copy_is_listed_in_full(stocked: Api) -> None:
    row = (await body(stocked, "vinyl?order=asc&limit=1"))["data"][0]

    assert row | {"id": 0} == {
        "id": 0,
        "discogs_id": 11,
        "title": "Hunky Dory",
        "artists": ["David Bowie"],
        "year": 1971,
        "format": "Vinyl",
        "format_detail": '["LP","Album"]',
        "label": '[{"name":"RCA","catno":"SF 8244"}]',
        "genres": ["Rock", "Pop"],
        "styles": ["Glam"],
        "image": None,
        "date_added": "2025-03-01T04:00:00-08:00",
        "rating": 5,
        "discogs_url": "https://www.discogs.com/release/11",
    }


async def test_a_record_is_told_with_its_notes_and_its_market(stocked: Api) -> None:
    item = (await body(stocked, "vinyl?order=asc&limit=1"))["data"][0]["id"]

    row = await body(stocked, f"vinyl/{item}")

    assert row["notes"] == [{"field_id": 1, "name": "Media Condition", "value": "Mint (M)"}]
    assert row["tracklist"] == [{"position": "A1", "title": "Changes", "duration": "3:37"}]
    assert (row["lowest_price"], row["currency"], row["country"]) == (12.5, "EUR", "UK")
    assert row["folder"] == "Glam"


NEWEST = ["Untitled", "Hunky Dory", "Post", "Hunky Dory"]


COPIES = {
    "": NEWEST,
    "sort=nonsense&order=ASC": NEWEST,
    "order=asc": NEWEST[::-1],
    "sort=title&order=asc": ["Hunky Dory", "Hunky Dory", "Post", "Untitled"],
    "sort=artist&order=asc": ["Post", "Hunky Dory", "Hunky Dory", "Untitled"],
    "sort=year&order=asc": ["Post", "Hunky Dory", "Hunky Dory", "Untitled"],
    "sort=rating": ["Hunky Dory", "Post", "Untitled", "Hunky Dory"],
    "format=Vinyl": ["Hunky Dory", "Hunky Dory"],
    "format=vinyl": [],
    "format=Unknown": ["Untitled"],
    "genre=ROCK": ["Hunky Dory", "Hunky Dory"],
    "genre=roc": [],
    "artist=bjork": ["Post"],
    "artist=%20bowie": ["Hunky Dory", "Hunky Dory"],
    "q=hunky": ["Hunky Dory", "Hunky Dory"],
    "q=nobody": ["Untitled"],
    "q=%25": [],
    "q=&genre=&artist=&format=": NEWEST,
    "date=2025-03-01": ["Post", "Hunky Dory"],
    "from=2025-03-02&to=2025-03-02": ["Hunky Dory"],
    "limit=2&page=2": ["Post", "Hunky Dory"],
    "page=99": [],
    "sort=title&limit=3&page=2": ["Hunky Dory"],
    "genre=pop&q=o&order=asc&page=2&limit=1": ["Hunky Dory"],
}


async def test_copies_are_sorted_filtered_and_paged(stocked: Api) -> None:
    found = {query: await titles(stocked, f"vinyl?{query}") for query in COPIES}

    assert found == COPIES


async def test_the_total_follows_the_filters(stocked: Api) -> None:
    paged = (await body(stocked, "vinyl?genre=rock&limit=1"))["pagination"]

    assert paged == {"page": 1, "limit": 1, "total": 2, "total_pages": 2}


async def test_the_newest_come_first_without_pages(stocked: Api) -> None:
    told = await body(stocked, "recent?limit=2&page=2")

    assert [row["title"] for row in told["data"]] == NEWEST[2:]
    assert list(told) == ["data"]
    assert await titles(stocked, "recent?date=2025-03-02") == ["Hunky Dory"]


async def test_the_wantlist_is_sorted(stocked: Api) -> None:
    assert await titles(stocked, "wantlist") == ["Low", "Hunky Dory"]
    assert await titles(stocked, "wantlist?sort=title&order=asc") == ["Hunky Dory", "Low"]
    assert await titles(stocked, "wantlist?sort=year&order=asc&limit=1&page=2") == ["Low"]
    assert (await body(stocked, "wantlist"))["data"][1]["date_added"] is None


@time_machine.travel("2025-06-01T00:00:00Z")
async def test_the_shelf_is_counted(stocked: Api) -> None:
    told = await body(stocked, "stats")

    expected = {
        "total_items": 4,
        "by_format": {"vinyl": 2, "cd": 1, "cassette": 0, "other": 1},
        "wantlist_count": 2,
        "unique_artists": 3,
        "estimated_value": 25,
        "top_genre": "Pop",
        "oldest_release_year": 1971,
        "newest_release_year": 1998,
        "most_collected_artist": {"name": "David Bowie", "count": 2},
        "added_this_year": 4,
        "currency": "EUR",
    }
    assert told == {**expected, "data": expected}


async def test_a_window_of_the_shelf_is_counted_whole(stocked: Api) -> None:
    told = (await body(stocked, "stats?date=2025-03-01"))["data"]

    assert (told["total_items"], told["unique_artists"], told["wantlist_count"]) == (2, 2, 0)
    assert (told["estimated_value"], told["top_genre"]) == (12.5, "Pop")
    assert told["by_format"] == {"vinyl": 1, "cd": 1, "cassette": 0, "other": 0}


@time_machine.travel("2025-06-01T00:00:00Z")
async def test_the_providers_own_estimate_is_preferred_while_it_is_new(stocked: Api) -> None:
    worth = records.Worth(
        currency="GBP", minimum_cents=1_234, median_cents=2_000, maximum_cents=3_000
    )
    async with stocked.desk.store.write() as conn:
        await account.worth(conn, ME, [worth], source="discogs")

    told = await body(stocked, "stats")
    with time_machine.travel("2025-08-02T00:00:00Z"):
        later = await body(stocked, "stats")

    assert (told["estimated_value"], told["currency"]) == (12.34, "GBP")
    assert (later["estimated_value"], later["currency"]) == (25, "EUR")


async def test_names_are_counted_most_first(stocked: Api) -> None:
    assert (await body(stocked, "formats"))["data"] == [
        {"name": "Vinyl", "count": 2},
        {"name": "CD", "count": 1},
        {"name": "Unknown", "count": 1},
    ]
    assert [row["name"] for row in (await body(stocked, "genres"))["data"]] == [
        "Pop",
        "Rock",
        "Pop Rock",
    ]
    assert (await body(stocked, "artists?limit=2"))["data"] == [
        {"name": "David Bowie", "discogs_id": 10, "image_url": None, "release_count": 2},
        {"name": "Björk", "discogs_id": 20, "image_url": None, "release_count": 1},
    ]


async def test_the_calendar_has_records_by_their_clock_and_films_by_utc(stocked: Api) -> None:
    told = await body(stocked, "calendar?year=2025")

    assert told == {
        "year": 2025,
        "days": [
            {"date": "2025-03-01", "count": 3},
            {"date": "2025-03-02", "count": 3},
            {"date": "2025-03-03", "count": 1},
        ],
        "total": 7,
        "max_day": {"date": "2025-03-01", "count": 3},
    }
    assert (await body(stocked, "calendar?year=2001"))["max_day"] == {"date": "", "count": 0}


FILMS = {
    "": ["Playtime", "Alien", "Alien"],
    "sort=title&order=asc": ["Alien", "Alien", "Playtime"],
    "sort=year&order=asc": ["Playtime", "Alien", "Alien"],
    "format=bluray": ["Alien", "Alien"],
    "format=dvd": ["Playtime"],
    "format=other": ["Alien"],
    "genre=fiction": ["Alien", "Alien"],
    "q=LAY": ["Playtime"],
    "date=2025-03-01": ["Alien"],
    "limit=1&page=3": ["Alien"],
    "sort=title&limit=2&page=2": ["Alien"],
}


async def test_films_are_sorted_filtered_and_paged(stocked: Api) -> None:
    found = {query: await titles(stocked, f"media?{query}") for query in FILMS}

    assert found == FILMS


async def test_films_are_counted_with_other_discs_as_the_likeliest(stocked: Api) -> None:
    told = (await body(stocked, "media/stats"))["data"]

    assert (told["total_items"], told["total_movies"]) == (3, 2)
    assert told["by_format"] == {"bluray": 2, "dvd": 1}
    assert told["by_resolution"] == {"hd_1080p": 1, "sd_480p": 1}
    assert told["by_hdr"] == {}
    assert told["by_genre"] == {"Horror": 2, "Science Fiction": 2}
    assert told["by_decade"] == {"1970s": 2}
    assert (await body(stocked, "media/formats"))["data"] == [
        {"name": "bluray", "count": 2},
        {"name": "dvd", "count": 1},
    ]


async def test_a_film_is_told_with_its_watches(stocked: Api) -> None:
    told = await body(stocked, await filled(stocked, "media/{media}"))

    assert (told["imdb_id"], told["runtime"], told["tmdb_rating"]) == ("tt0078748", 117, 8)
    assert told["watch_history"] == [
        {"watched_at": "2025-03-01T13:00:00.000Z", "source": "trakt", "user_rating": None},
        {"watched_at": "2025-03-01T12:00:00.000Z", "source": "trakt", "user_rating": 4},
    ]


async def test_owned_films_stand_beside_their_watches(stocked: Api) -> None:
    told = await body(stocked, "media/cross-reference?limit=1&filter=watched")

    assert told["summary"] == {
        "total_owned": 3,
        "total_watched": 1,
        "total_unwatched": 1,
        "watch_rate": 0.5,
        "total_movies": 2,
    }
    assert told["pagination"] == {"page": 1, "limit": 1, "total": 2, "total_pages": 2}
    assert told["data"][0]["watching"] == {
        "watched": True,
        "watch_count": 2,
        "last_watched": "2025-03-01T13:00:00.000Z",
    }
    rest = await body(stocked, "media/cross-reference?filter=unwatched")
    assert [row["collection"]["title"] for row in rest["data"]] == ["Playtime"]
    assert (await body(stocked, "media/cross-reference?filter=x"))["pagination"]["total"] == 3


WRONG = {
    (*PAGED, "artists"): ["limit=0", "limit=101", "limit=x", "limit=5&limit=6", "limit="],
    PAGED: ["page=0", "page=-1", "page=1.5", "page=", "page=99999999999"],
    ("vinyl", "recent", "stats", "media", "media/recent"): [
        *("date=2025-02-31", "date=2025", "date=2025-01-01&date=2025-01-01"),
        *("from=tomorrow", "to=2025-13", "from=2025-03-02&to=2025-01"),
    ],
    ("calendar",): ["year=1999", "year=2028", "year=x", "year=20x5", "year=-1", "year="],
}


@pytest.mark.parametrize("paths", WRONG)
@time_machine.travel("2026-06-01T00:00:00Z")
async def test_a_wrong_parameter_is_400(quick_api: Api, paths: tuple[str, ...]) -> None:
    for path in paths:
        for query in WRONG[paths]:
            answered = await quick_api.ask(f"{V1}{path}?{query}")

            assert answered.status_code == 400, (path, query)
            assert set(answered.json()) >= {"error", "status"}
            assert answered.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["vinyl", "media"])
async def test_an_id_is_a_number_of_something_there(quick_api: Api, kind: str) -> None:
    for wrong in ("12abc", "-1", "1.0", "%20", "9" * 30):
        assert (await quick_api.ask(f"{V1}{kind}/{wrong}")).status_code == 400
    for unknown in ("0", "999999", str(2**63 - 1)):
        assert (await quick_api.ask(f"{V1}{kind}/{unknown}")).status_code == 404


ODD = ("%00", "%FF", "'", "\\", "%25_", "a" * 6000, "%F0%9F%8E%B8")


async def test_odd_texts_are_answered(stocked: Api) -> None:
    for path, names in (("vinyl", ("q", "genre", "artist", "format")), ("media", ("q", "genre"))):
        for name in names:
            for text in ODD:
                answered = await stocked.ask(f"{V1}{path}?{name}={text}")

                assert answered.status_code == (400 if text in ("%00", "%FF") else 200), text


async def test_a_page_costs_few_statements_whatever_its_length(stocked: Api) -> None:
    costs = {}
    for path in PROMISED:
        if "{" not in path:
            lengths = ("?limit=1", "?limit=50") if path in (*PAGED, "artists") else ("", "")
            costs[path] = [await cost(stocked, path + query) for query in lengths]

    assert {path: few for path, (few, many) in costs.items() if few != many} == {}
    # Totals are of several kinds and tables; none of them grows with what is owned.
    assert max(costs.pop("media/stats")) <= 6
    assert max(max(each) for each in costs.values()) <= 4


async def cost(api: Api, path: str) -> int:
    """How many statements about things a path takes, for somebody who has not asked before."""
    key = await new_key(api.desk, "read")
    seen: list[str] = []
    api.desk.store.watchers.append(seen.append)
    assert (await api.ask(V1 + path, key=key)).status_code == 200
    api.desk.store.watchers.pop()
    return len([sql for sql in seen if "collecting_" in sql or "images_" in sql])


async def test_labels_and_details_are_json_in_a_text(stocked: Api) -> None:
    rows = (await body(stocked, "vinyl?sort=title&order=asc"))["data"]

    assert orjson.loads(rows[-1]["format_detail"]) == orjson.loads(rows[-1]["label"]) == []
