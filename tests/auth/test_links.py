"""Links: what they lead to, who makes them, and what is left of one that was taken back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql.auth import keys, links, users, views
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER

PEPPER, ANOTHER = keys.pepper(b"s" * 64), keys.pepper(b"t" * 64)


async def make(store: Store, user_id: int = ME, **asked: str) -> views.Link:
    """A link of the user."""
    async with store.write() as conn:
        return await links.create(conn, user_id, name="top-albums", asked=asked)


async def take_back(store: Store, link: views.Link, user_id: int = ME) -> views.Link:
    """The link after it was revoked."""
    async with store.write() as conn:
        return await links.revoke(conn, user_id, link_id=link.id)


async def led_to(store: Store, link: views.Link) -> Any:
    """What the link leads to."""
    return await store.system(links.opened, code=link.code)


async def test_a_link_leads_to_what_it_was_made_for(store: Store) -> None:
    link = await make(store, year="2025")

    assert await led_to(store, link) == views.Opened(
        user_id=ME, time_zone="Europe/Oslo", name="top-albums", asked={"year": "2025"}
    )


async def test_a_link_that_was_taken_back_leads_nowhere_and_stays_listed(store: Store) -> None:
    link, kept = await make(store), await make(store)

    gone = await take_back(store, link)

    again = await take_back(store, link)
    assert gone.revoked_at is not None
    assert again == gone
    assert await led_to(store, link) is None
    assert await store.ask(links.links, ME) == [gone, kept]
    assert await store.ask(links.valid_by_name, ME, ["top-albums", "x"]) == {
        "top-albums": [kept],
        "x": [],
    }


async def test_nobody_takes_back_or_sees_anothers(store: Store) -> None:
    link = await make(store, OTHER)

    with pytest.raises(NotFound):
        await take_back(store, link)

    assert await store.ask(links.links, ME) == []
    assert await store.ask(links.links_by_id, ME, [link.id]) == {}
    assert await led_to(store, link) is not None


async def test_links_of_somebody_shut_out_lead_nowhere(store: Store) -> None:
    link = await make(store, OTHER)

    async with store.write() as conn:
        await users.disable(conn, OTHER)

    assert await led_to(store, link) is None


@pytest.mark.either
async def test_there_is_an_end_to_links(store: Store) -> None:
    async with store.write() as conn:
        for _ in range(links.MOST):
            await links.create(conn, ME, name="top-albums", asked={})

    with pytest.raises(BadInput, match="take back some"):
        await make(store)

    assert await make(store, OTHER)


async def test_the_database_alone_gives_no_link_away(store: Store) -> None:
    link = await make(store)
    text = links.sealed(link.code, PEPPER)

    assert len(text) == links.LENGTH
    assert links.code_of(text, PEPPER) == link.code
    assert links.code_of(text, ANOTHER) is None
    assert links.code_of(link.code + "A" * (links.LENGTH - len(link.code)), PEPPER) is None


@given(st.text(max_size=60))
def test_no_other_text_is_a_link(text: str) -> None:
    assert links.code_of(text, PEPPER) is None


@given(st.integers(0, links.LENGTH - 1), st.sampled_from("AZaz09-_"))
def test_any_one_sign_changed_makes_it_none(at: int, sign: str) -> None:
    text = links.sealed("abcdefghijklmnop", PEPPER)
    changed = text[:at] + sign + text[at + 1 :]

    assert (links.code_of(changed, PEPPER) is not None) is (changed == text)
