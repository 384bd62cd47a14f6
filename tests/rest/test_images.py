"""Images over REST: redirected to, found when missing, told of in bodies."""

import asyncio
from collections.abc import Callable

import pytest

from rewind_gql.across import pictures
from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.domains import DOMAINS
from rewind_gql.images import queries
from rewind_gql.images.records import Key
from rewind_gql.rest.dialects import REWIND
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import CHOSEN
from tests.rest.gallery import Gallery, gallery, quick, there
from tests.rest.life import hear, play

__all__ = ["quick", "there"]

HERE = "http://rewind"


def sized(key: Key, size: str, version: int = 1) -> str:
    """The address of a picture in a size."""
    options = f"width={size},height={size},fit=cover,format=auto,quality=85"
    return f"{HERE}/cdn-cgi/image/{options}/{key}/original.jpg?v={version}"


async def test_a_picture_is_redirected_to_with_its_blur_and_colours(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await there.hang(key)

    answered = await there.api.ask(f"/v1/images/{key}/large")

    [image] = (await there.store.ask(queries.images_by_entity, ME, [key])).values()
    assert (answered.status_code, answered.content) == (302, b"")
    assert answered.headers["location"] == sized(key, "600")
    assert answered.headers["cache-control"] == "private, max-age=300"
    assert answered.headers["etag"] == f'"{key}/1/large"'
    assert answered.headers["vary"] == "Authorization, Origin"
    assert answered.headers["x-thumbhash"] == image.thumbhash
    assert answered.headers["x-dominant-color"] == image.dominant_color
    assert answered.headers["x-accent-color"] == image.accent_color


async def test_head_answers_like_get(quick: Gallery) -> None:
    key = await quick.album("Double Negative")
    await quick.hang(key)

    got = await quick.api.ask(f"/v1/images/{key}/original")
    headed = await quick.api.ask(f"/v1/images/{key}/original", method="HEAD")

    assert headed.status_code == 302
    assert headed.headers["location"] == got.headers["location"]
    assert headed.headers["location"] == f"{HERE}/{key}/original.jpg?v=1"


async def test_scripts_of_allowed_pages_may_read_the_headers(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    origin = "https://home.example"
    async with gallery(sqlite_store, settings, allowed_origins=(origin,)) as made:
        await made.stock()
        key = await made.album("Double Negative")
        await made.hang(key)

        answered = await made.api.ask(f"/v1/images/{key}/small", headers={"Origin": origin})

    exposed = set(answered.headers["access-control-expose-headers"].split(", "))
    assert {"X-ThumbHash", "X-Dominant-Color", "X-Accent-Color"} <= exposed


@pytest.mark.parametrize(
    ("path", "blamed"),
    [
        ("hearing/albums/1/medium", "domain"),
        ("listening/songs/1/medium", "entity_type"),
        ("listening/albums/1/huge", "size"),
        ("listening/albums/%00/medium", "entity_id"),
    ],
)
async def test_words_that_are_none_are_400_and_named(
    quick: Gallery, path: str, blamed: str
) -> None:
    answered = await quick.api.ask(f"/v1/images/{path}")

    assert answered.status_code == 400
    assert [each["path"] for each in answered.json()["details"]] == [blamed]


async def test_an_empty_id_is_400(quick: Gallery) -> None:
    answered = await quick.api.ask("/v1/images/listening/albums//medium")

    assert answered.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["listening/albums/999", "listening/albums/x", "watching/movies/1", "collecting/releases/9"],
)
async def test_a_thing_that_is_not_there_is_404_and_nobody_is_asked(
    there: Gallery, path: str
) -> None:
    answered = await there.api.ask(f"/v1/images/{path}/medium?artist_name=Low&album_name=Hey")

    assert answered.status_code == 404
    assert answered.headers["cache-control"] == "no-store"
    assert there.shop.asked == []


async def test_other_peoples_things_are_not_there(there: Gallery) -> None:
    await hear(there.store, play("Song", "Low", album="Mine"), user_id=OTHER)
    [album_id] = await there.store.ask(DOMAINS["listening"].pictures["albums"].ids, OTHER)
    key = Key("listening", "albums", album_id)
    await there.hang(key, user_id=OTHER)

    answered = await there.api.ask(f"/v1/images/{key}/medium")

    assert answered.status_code == 404


async def test_without_a_key_it_is_401(quick: Gallery) -> None:
    answered = await quick.api.ask("/v1/images/listening/albums/1/medium", key=None)

    assert answered.status_code == 401


async def test_a_missing_picture_is_looked_for_by_what_is_stored(there: Gallery) -> None:
    key = await there.album("Double Negative")

    answered = await there.api.ask(f"/v1/images/{key}/medium?album_name=Spiderland")

    [image] = (await there.store.ask(queries.images_by_entity, ME, [key])).values()
    standing = await there.store.ask(queries.standing, ME, key)
    assert answered.status_code == 302
    assert image.source == "itunes"
    assert standing is not None
    assert standing.facts == {"artist": "Low", "title": "Double Negative"}


async def test_an_admin_key_may_say_what_to_look_for(there: Gallery) -> None:
    key = await there.album("Tweez")

    read = await there.api.ask(f"/v1/images/{key}/medium?album_name=Spiderland")
    admin = await there.api.ask(f"/v1/images/{key}/medium?album_name=Spiderland", key="admin")

    assert (read.status_code, admin.status_code) == (404, 302)


async def test_a_search_in_vain_is_not_repeated(there: Gallery) -> None:
    key = await there.album("Tweez")

    first = await there.api.ask(f"/v1/images/{key}/medium")
    asked = len(there.shop.asked)
    second = await there.api.ask(f"/v1/images/{key}/medium")

    assert (first.status_code, second.status_code) == (404, 404)
    assert asked > 0
    assert "retry-after" not in second.headers
    assert len(there.shop.asked) == asked


async def test_many_who_ask_at_once_share_one_search(there: Gallery) -> None:
    key = await there.album("Double Negative")

    answered = await asyncio.gather(*(there.api.ask(f"/v1/images/{key}/small") for _ in range(50)))

    assert {each.status_code for each in answered} == {302}
    assert len([path for path in there.shop.asked if path.endswith(".jpg")]) == 1


async def test_a_search_that_takes_long_goes_on_after_a_404_that_says_when_to_return(
    quick: Gallery,
) -> None:
    key, pipeline = await quick.album("Double Negative"), quick.api.desk.images.pipeline
    quick.shop.gate.clear()

    with pytest.raises(pictures.NotYet) as refused:
        await pictures.look(pipeline, ME, key, within_s=0.1)
    quick.shop.gate.set()
    [thing] = await quick.store.ask(pictures.things, ME, key)
    await pipeline.find(ME, thing)
    later = await quick.api.ask(f"/v1/images/{key}/small")

    printed = REWIND.refusal(refused.value)
    assert (printed.status, dict(printed.headers)[b"retry-after"]) == (404, b"5")
    assert later.status_code == 302
    assert len([path for path in quick.shop.asked if path == "/search"]) == 1


async def test_a_full_store_is_503_and_says_when_to_return(quick: Gallery) -> None:
    key = await quick.album("Double Negative")
    folder = quick.api.desk.settings.data_dir / "images"
    folder.rmdir()

    answered = await quick.api.ask(f"/v1/images/{key}/medium")
    asked = len(quick.shop.asked)
    again = await quick.api.ask(f"/v1/images/{key}/medium")

    assert (answered.status_code, again.status_code) == (503, 503)
    assert all(int(each.headers["retry-after"]) > 0 for each in (answered, again))
    assert len(quick.shop.asked) == asked
    assert await quick.store.ask(queries.images_by_entity, ME, [key]) == {}


async def test_an_outage_is_404_and_says_when_it_is_tried_again(quick: Gallery) -> None:
    key = await quick.album("Double Negative")
    quick.faults.add(broken(), match="/search", times=None)

    answered = await quick.api.ask(f"/v1/images/{key}/medium")
    again = await quick.api.ask(f"/v1/images/{key}/medium")

    standing = await quick.store.ask(queries.standing, ME, key)
    assert (answered.status_code, again.status_code) == (404, 404)
    assert all(240 <= int(each.headers["retry-after"]) <= 360 for each in (answered, again))
    assert standing is not None
    assert (standing.outcome, standing.attempts) == ("failed", 0)


async def test_a_release_shows_the_cover_of_the_album_it_is(there: Gallery) -> None:
    album, release = await there.album("Double Negative"), Key("collecting", "releases", "21")

    found = await there.api.ask(f"/v1/images/{release}/medium")

    assert found.headers["location"] == sized(album, "300")
    assert await there.store.ask(queries.images_by_entity, ME, [release]) == {}


async def test_a_release_that_was_never_heard_has_a_cover_of_its_own(there: Gallery) -> None:
    release = Key("collecting", "releases", "22")

    found = await there.api.ask(f"/v1/images/{release}/medium")

    assert found.headers["location"] == sized(release, "300")


async def test_a_cover_chosen_for_a_release_is_its_own(there: Gallery) -> None:
    album, release = await there.album("Double Negative"), Key("collecting", "releases", "21")
    await there.hang(album)
    await there.hang(release, picture("JPEG", 300, 300), origin=CHOSEN)

    found = await there.api.ask(f"/v1/images/{release}/medium")

    assert found.headers["location"] == sized(release, "300")


async def test_recent_plays_carry_their_covers_for_one_statement_more(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await there.hang(key)
    seen: list[str] = []
    there.store.watchers.append(seen.append)

    rows = (await there.api.ask("/v1/listening/recent")).json()["data"]

    [image] = (await there.store.ask(queries.images_by_entity, ME, [key])).values()
    assert [row["album"]["image"] for row in rows] == [
        None,
        {
            "url": sized(key, "300"),
            "cdn_url": sized(key, "300"),
            "thumbhash": image.thumbhash,
            "dominant_color": image.dominant_color,
            "accent_color": image.accent_color,
        },
    ]
    seen = [sql for sql in seen if "data_version" not in sql]
    assert len(seen) - 1 == 3  # the key, the plays, the pictures; and the one just above


async def test_the_cross_reference_carries_covers(there: Gallery) -> None:
    album, release = await there.album("Double Negative"), Key("collecting", "releases", "22")
    await there.hang(album)
    await there.hang(release)

    rows = (await there.api.ask("/v1/collecting/cross-reference?sort=added")).json()["data"]

    assert [row["collection"]["image"]["cdn_url"] for row in rows] == [
        sized(release, "300"),
        sized(album, "300"),
    ]


async def test_links_lead_to_the_origin_that_is_set(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    given = {"image_origin": "https://images.example", "image_signed": True}
    async with gallery(sqlite_store, settings, **given) as made:
        await made.stock()
        key = await made.album("Double Negative")
        await made.hang(key)

        answered = await made.api.ask(f"/v1/images/{key}/original")

    link, _, seal = answered.headers["location"].partition("&s=")
    assert link == f"https://images.example/{key}/original.jpg?v=1"
    assert len(seal) == 32
