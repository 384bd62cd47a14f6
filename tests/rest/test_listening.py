"""Recent scrobbles over REST."""

import pytest

from tests.databases import OTHER
from tests.rest.life import hear, play
from tests.serving import Api

RECENT = "/v1/listening/recent"


async def names(api: Api, query: str = "") -> list[str]:
    """The tracks on a page."""
    answered = await api.ask(f"{RECENT}{query}")
    assert answered.status_code == 200, answered.text
    return [row["track"]["name"] for row in answered.json()["data"]]


async def test_a_row_has_the_documented_form_in_the_documented_order(api: Api) -> None:
    await hear(api.desk.store, play("Sabotage", "Beastie Boys", album="Ill Communication"))

    body = (await api.ask(RECENT)).json()

    [row] = body["data"]
    assert list(body) == ["data"]
    assert list(row) == ["track", "artist", "album", "scrobbled_at"]
    assert list(row["track"]) == ["id", "name", "url", "apple_music_url", "preview_url"]
    assert row["track"]["url"] == "https://www.last.fm/music/Beastie Boys/_/Sabotage"
    assert row["artist"] == {"id": row["artist"]["id"], "name": "Beastie Boys"}
    assert list(row["album"]) == ["id", "name", "image"]
    assert (row["album"]["name"], row["album"]["image"]) == ("Ill Communication", None)
    assert row["scrobbled_at"] == "2026-03-18T22:05:00.000Z"


async def test_a_play_without_an_album_still_has_the_object(api: Api) -> None:
    await hear(api.desk.store, play("Untitled", "Nobody"))

    [row] = (await api.ask(RECENT)).json()["data"]

    assert row["album"] == {"id": None, "name": None, "image": None}


async def test_the_newest_come_first_page_by_page(api: Api) -> None:
    await hear(api.desk.store, *(play(f"t{n:02}", "Can", minutes=n) for n in range(25)))

    assert await names(api) == [f"t{n:02}" for n in range(24, 14, -1)]
    assert await names(api, "?limit=10&page=3") == [f"t{n:02}" for n in range(4, -1, -1)]
    assert await names(api, "?page=4") == []
    assert await names(api, "?page=1000000000&limit=50") == []
    assert len(await names(api, "?limit=50")) == 25


async def test_dates_choose_the_plays(api: Api) -> None:
    day = 24 * 60
    await hear(
        api.desk.store,
        play("before", "Low", minutes=-day),
        play("on", "Low"),
        play("midnight", "Low", minutes=115),
        play("after", "Low", minutes=day),
    )

    assert await names(api, "?date=2026-03-18") == ["on"]
    assert await names(api, "?from=2026-03-18&to=2026-03-18") == ["on"]
    assert await names(api, "?from=2026-03-19T00:00:00Z") == ["after", "midnight"]
    assert await names(api, "?to=2026-03-19T00:00:00Z") == ["midnight", "on", "before"]
    assert await names(api, "?date=2026-03-18&from=2026-03-19&to=garbage") == ["on"]
    assert await names(api, "?from=2026-03") == ["after", "midnight", "on", "before"]


async def test_other_peoples_plays_are_not_told(api: Api) -> None:
    await hear(api.desk.store, play("secret", "Low"), user_id=OTHER)

    assert await names(api) == []


async def test_a_page_costs_one_statement_and_the_key_another(api: Api) -> None:
    await hear(api.desk.store, *(play(f"t{n:02}", "Can", minutes=n) for n in range(25)))
    seen: list[str] = []
    api.desk.store.watchers.append(seen.append)

    await names(api, "?limit=20")

    assert len([sql for sql in seen if "data_version" not in sql]) == 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=51", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=0", "page"),
        (f"page={10**30}", "page"),
        ("page=1000000001", "page"),
        ("date=2025-02-30", "date"),
        ("from=soon", "from"),
        ("from=2026-03-19&to=2026-03-18", "from"),
        ("to=%00", "to"),
    ],
)
async def test_a_wrong_parameter_is_400_and_named(quick_api: Api, query: str, path: str) -> None:
    answered = await quick_api.ask(f"{RECENT}?{query}")

    body = answered.json()
    assert (answered.status_code, body["status"]) == (400, 400)
    assert list(body) == ["error", "status", "details"]
    assert [detail["path"] for detail in body["details"]] == [path]
    assert answered.headers["cache-control"] == "no-store"
    assert "etag" not in answered.headers


async def test_new_plays_change_the_validator(quick_api: Api) -> None:
    tag = (await quick_api.ask(RECENT)).headers["etag"]
    await hear(quick_api.desk.store, play("new", "Low"))

    answered = await quick_api.ask(RECENT, headers={"If-None-Match": tag})

    assert answered.status_code == 200
    assert answered.headers["etag"] != tag
