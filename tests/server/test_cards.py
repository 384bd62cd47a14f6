"""Cards over HTTP: who sees them, what is refused and how, and for how long they may be kept."""

from typing import Any

import httpx
import pytest

from rewind_gql.auth import links, views
from rewind_gql.auth.gate import FAILURES_PER_MINUTE
from rewind_gql.cards import links as cards
from rewind_gql.cards.asked import Look
from rewind_gql.cards.shown import CARDS
from tests.cards.drawn import harmless, parsed
from tests.databases import ME, OTHER
from tests.rest.life import copy, hear, own, play
from tests.serving import Api, new_key

IMG = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TOP = "/cards/top-albums.svg?year=2026"


async def stock(api: Api, *names: str) -> None:
    """Plays of these artists, and a record."""
    await hear(
        api.desk.store, *(play("Fly", name, album=f"On {name}") for name in names or ("Low",))
    )
    await own(api.desk.store, copy(21, "On Low", "Low"))


async def link(api: Api, card: str = "top-albums", *, user_id: int = ME, **given: str) -> str:
    """The path of a link to a card."""
    made = await made_link(api, card, user_id=user_id, **given)
    return cards.public("", made, Look(), api.desk.gate.pepper)


async def made_link(
    api: Api, card: str = "top-albums", *, user_id: int = ME, **given: str
) -> views.Link:
    """A link to a card."""
    async with api.desk.store.write() as conn:
        return await cards.create(conn, user_id, card=card, given=given or {"year": "2026"})


async def public(api: Api, path: str, **headers: str) -> httpx.Response:
    """A card as a page fetches it, without a key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask(path, key=None, headers={"Accept": IMG, **named})


def said(answered: httpx.Response) -> str:
    """The words on a card."""
    return " ".join(parsed(answered.content).words())


@pytest.mark.parametrize("name", CARDS)
async def test_every_card_is_a_picture_that_may_be_shown_anywhere(api: Api, name: str) -> None:
    await stock(api)

    answered = await api.ask(f"/cards/{name}.svg?theme=dark&width=400")

    root = parsed(answered.content)
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert answered.headers["content-security-policy"] == POLICY
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answered.headers["cache-control"] == "private, max-age=60, must-revalidate"
    assert answered.headers["vary"].startswith("Authorization, Origin")
    assert answered.headers["x-ratelimit-limit"]
    assert root.attributes["width"] == "400"
    assert harmless(root)


@pytest.mark.either
async def test_without_a_key_a_card_is_private(api: Api) -> None:
    answered = await public(api, TOP)

    assert answered.status_code == 401
    assert answered.headers["www-authenticate"] == "Bearer"
    assert answered.headers["cache-control"] == "no-store"
    assert "This card is private" in said(answered)


@pytest.mark.either
@pytest.mark.parametrize("query", ["key={}", "token={}", "access_token={}", "link={}"])
async def test_a_key_in_the_address_is_none(api: Api, query: str) -> None:
    answered = await public(api, f"{TOP}&{query.format(api.read)}")

    assert answered.status_code in (401, 404)


async def test_a_link_shows_its_card_to_anybody(api: Api) -> None:
    await stock(api)

    answered = await public(api, await link(api))

    assert answered.status_code == 200
    assert answered.headers["cache-control"] == "public, max-age=300, must-revalidate"
    assert "authorization" not in answered.headers["vary"].lower()
    assert "On Low" in said(answered)


async def test_a_revoked_link_leads_nowhere(api: Api) -> None:
    await stock(api)
    made = await made_link(api)
    path = cards.public("", made, Look(), api.desk.gate.pepper)
    before = await public(api, path)

    async with api.desk.store.write() as conn:
        await links.revoke(conn, ME, link_id=made.id)

    answered = await public(api, path, If_None_Match=before.headers["etag"])
    assert (before.status_code, answered.status_code) == (200, 404)
    assert "taken back" in said(answered)


@pytest.mark.either
async def test_a_link_shows_the_data_of_whoever_made_it_and_no_other(api: Api) -> None:
    await stock(api)

    answered = await public(api, await link(api, user_id=OTHER))

    assert answered.status_code == 200
    assert "Nothing was heard" in said(answered)


@pytest.mark.either
async def test_beside_a_key_another_persons_link_is_refused(api: Api) -> None:
    theirs = await link(api, user_id=OTHER)
    key = await new_key(api.desk, "read", user_id=OTHER)

    mine = await api.ask(theirs)
    own_ = await api.ask(theirs, key=key)

    assert (mine.status_code, own_.status_code) == (404, 200)


@pytest.mark.either
async def test_a_link_to_one_card_opens_no_other(api: Api) -> None:
    path = await link(api)

    answered = await public(api, path.replace("top-albums", "top-artists"))

    assert answered.status_code == 404


@pytest.mark.either
@pytest.mark.parametrize("more", ["period=7day", "year=2025", "from=2025", "to=2025", "limit=1"])
async def test_a_link_decides_what_is_told(api: Api, more: str) -> None:
    answered = await public(api, f"{await link(api)}&{more}")

    assert answered.status_code == 400
    assert "The link decides" in said(answered)


@pytest.mark.either
async def test_a_link_leaves_the_look_and_what_nobody_knows_to_whoever_has_it(api: Api) -> None:
    answered = await public(api, f"{await link(api)}&theme=dark&width=500&v=7")

    assert answered.status_code == 200
    assert b"#0d1117" in answered.content
    assert parsed(answered.content).attributes["width"] == "500"


@pytest.mark.either
async def test_guessing_links_comes_to_an_end(api: Api) -> None:
    for _ in range(FAILURES_PER_MINUTE):
        guessed = await public(api, f"/cards/top-albums.svg?link={'A' * links.LENGTH}")

    refused = await public(api, f"/cards/top-albums.svg?link={'A' * links.LENGTH}")

    assert guessed.status_code == 404
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await public(api, await link(api))).status_code == 200


async def test_a_card_that_is_the_same_is_not_sent_again(api: Api) -> None:
    await stock(api)
    path = await link(api)
    first = await public(api, path)

    same = await public(api, path, If_None_Match=first.headers["etag"])
    await hear(api.desk.store, play("Sea", "Low", album="On Low", minutes=5))
    other = await public(api, path, If_None_Match=first.headers["etag"])

    assert (same.status_code, same.content) == (304, b"")
    assert first.headers["etag"].endswith(same.headers["etag"])
    assert same.headers["content-security-policy"] == POLICY
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.either
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit must be a whole number from 1 to 20"),
        ("limit=2&limit=3", "limit must be given once"),
        ("limit=%FF", "query string is not valid"),
        ("period=ever", "period must be one of 7day, 1month"),
        ("year=2025.5", "year must be a whole number"),
        ("year=2025&period=7day", "not several"),
        ("from=2025-02-30", "from: '2025-02-30' is not a date"),
        ("from=2025-03&to=2025-01", "from must not lie after to"),
        ("from=0001-01-01", "lies outside the years"),
        ("theme=neon", "theme must be one of auto, light, dark"),
        ("theme=", "theme must be one of auto, light, dark"),
        ("width=100", "width must be a whole number from 320 to 1200"),
        ("width=1e9", "width must be a whole number"),
    ],
)
async def test_what_cannot_be_is_told_by_a_picture_and_by_json(
    quick_api: Api, query: str, words: str
) -> None:
    path = f"/cards/top-albums.svg?{query}"

    picture = await quick_api.ask(path, headers={"Accept": IMG})
    printed = await quick_api.ask(path, headers={"Accept": "application/json"})

    assert (picture.status_code, printed.status_code) == (400, 400)
    assert words in parsed(picture.content).all("desc")[0].text
    assert words in printed.json()["error"]
    assert printed.json()["status"] == 400
    assert picture.headers["cache-control"] == "no-store"
    assert harmless(parsed(picture.content))


@pytest.mark.either
@pytest.mark.parametrize("path", ["/cards/nope.svg", "/cards/top-albums", "/cards/.svg"])
async def test_what_is_not_there_is_told_with_what_is(quick_api: Api, path: str) -> None:
    answered = await quick_api.ask(path, headers={"Accept": IMG})

    assert answered.status_code == 404
    assert said(answered)


@pytest.mark.either
async def test_a_card_is_only_fetched(quick_api: Api) -> None:
    head = await quick_api.ask(TOP, method="HEAD")
    post = await quick_api.ask(TOP, method="POST")

    assert (head.status_code, head.headers["content-type"][:13]) == (200, "image/svg+xml")
    assert post.status_code == 405


@pytest.mark.either
async def test_hostile_names_stay_names(quick_api: Api) -> None:
    name = "</text></svg><script>alert('&amp;')</script>"
    await stock(quick_api, name, "فيروز", "\U0001f469\u200d\U0001f680")

    answered: Any = await quick_api.ask("/cards/top-artists.svg?year=2026")

    root = parsed(answered.content)
    assert harmless(root)
    assert name in " ".join(part.text for part in root.all("title"))
