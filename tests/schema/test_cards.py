"""Cards in GraphQL: the charts there are, and links that are made and taken back."""

import pytest

from rewind_gql.auth import links
from rewind_gql.cards.shown import CARDS
from tests.databases import OTHER
from tests.schema.conftest import Asking

ERRORS = "errors { code message path }"
LINK = "link { id card url markdown parameters { name value } revokedAt }"
MAKE = f"mutation ($input: LinkCardInput!) {{ linkCard(input: $input) {{ {LINK} {ERRORS} }} }}"
REVOKE = f"mutation ($id: ID!) {{ revokeCardLink(id: $id) {{ {LINK} {ERRORS} }} }}"
LISTED = "{ cards { name links { id url } } }"


async def test_every_card_is_listed_with_its_address(ask: Asking) -> None:
    found = await ask.data(
        "{ cards { name description parameters url dark: url(theme: DARK, width: 405) } }"
    )

    calendar = found["cards"][0]
    assert [card["name"] for card in found["cards"]] == list(CARDS)
    assert calendar["parameters"] == ["year"]
    assert calendar["url"] == "https://rewind.example/cards/listening-calendar.svg"
    assert calendar["dark"] == f"{calendar['url']}?theme=dark&width=400"


async def test_a_link_is_made_listed_and_taken_back(own_ask: Asking) -> None:
    asked = {"card": "top-albums", "since": "2025-02", "until": "2025-03", "limit": 4}

    made = (await own_ask.done(MAKE, input=asked))["link"]
    listed = await own_ask.data(LISTED, scope="admin")
    statements = len(own_ask.statements)
    gone = (await own_ask.done(REVOKE, id=made["id"]))["link"]

    after = await own_ask.data(LISTED, scope="admin")
    shown = {card["name"]: card["links"] for card in listed["cards"]}
    text = made["url"].partition("?link=")[2]
    assert made["url"].startswith("https://rewind.example/cards/top-albums.svg?link=")
    assert links.code_of(text, own_ask.deps.gate.pepper)
    assert made["parameters"] == [
        {"name": "from", "value": "2025-02"},
        {"name": "to", "value": "2025-03"},
        {"name": "limit", "value": "4"},
    ]
    assert f"{made['url']}&theme=dark" in made["markdown"]
    assert shown["top-albums"] == [{"id": made["id"], "url": made["url"]}]
    assert statements == 1
    assert gone["revokedAt"]
    assert not any(card["links"] for card in after["cards"])


@pytest.mark.either
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"card": "nope"}, "There is no such card"),
        ({"card": "top-albums", "limit": 21}, "limit must be a whole number from 1 to 20"),
        ({"card": "top-albums", "year": 99999}, "year must be a whole number"),
        ({"card": "top-albums", "year": 2025, "period": "7day"}, "not several"),
        ({"card": "listening-calendar", "limit": 2}, "does not take limit"),
        ({"card": "last-heard", "since": "x"}, "does not take from"),
    ],
)
async def test_a_link_to_what_cannot_be_is_refused(
    ask: Asking, asked: dict[str, object], words: str
) -> None:
    done = await ask.done(MAKE, input=asked)

    assert done["link"] is None
    assert words in done["errors"][0]["message"]


async def test_links_are_the_owners_alone(own_ask: Asking) -> None:
    made = (await own_ask.done(MAKE, input={"card": "last-heard"}))["link"]

    theirs = await own_ask.done(REVOKE, id=made["id"], user_id=OTHER)
    listed = await own_ask.data(LISTED, scope="admin", user_id=OTHER)
    found = await own_ask.data(
        "query ($id: ID!) { node(id: $id) { id } }", id=made["id"], scope="admin", user_id=OTHER
    )

    assert theirs["errors"][0]["code"] == "NOT_FOUND"
    assert not any(card["links"] for card in listed["cards"])
    assert found["node"] is None


@pytest.mark.either
@pytest.mark.parametrize(
    "query", [LISTED, 'mutation { linkCard(input: {card: "last-heard"}) { link { id } } }']
)
async def test_links_need_an_admin_key(ask: Asking, query: str) -> None:
    result = await ask.run(query, scope="read")

    assert result.errors
    assert result.errors[0].extensions == {"code": "FORBIDDEN", "requestId": "request-1"}
