"""Links to cards: made for one card as it was asked for, and written as addresses."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from rewind_gql import clock
from rewind_gql.auth import links, queries, views
from rewind_gql.auth.keys import Pepper
from rewind_gql.cards.asked import WINDOW, Look, When, read
from rewind_gql.cards.shown import card_named
from rewind_gql.errors import NotFound
from rewind_gql.store.engine import Writing

PATH = "/cards"
LINK = "link"
"""The parameter of an address that lets its card be seen."""
FIXED: tuple[str, ...] = (*WINDOW, "limit")
"""What a link decides; whoever has it chooses only how the card looks."""


async def create(conn: Writing, user_id: int, *, card: str, given: Mapping[str, str]) -> views.Link:
    """A new link to a card with these parameters.

    Raises `NotFound` for a card there is not, and `BadInput` for what it cannot be asked for.
    """
    person = await queries.person(conn, user_id=user_id)
    if person is None:
        raise NotFound
    today = When(clock.zone(person.time_zone), clock.now()).today
    read(card_named(card).rules, given, today=today)
    asked = {name: given[name] for name in FIXED if name in given}
    return await links.create(conn, user_id, name=card, asked=asked)


def address(origin: str, card: str, given: Mapping[str, Any], look: Look) -> str:
    """Where a card lies for those who have a key."""
    query = urlencode({**given, **_shown(look)})
    return f"{origin}{PATH}/{card}.svg" + (f"?{query}" if query else "")


def public(origin: str, link: views.Link, look: Look, pepper: Pepper) -> str:
    """Where anybody may see the card of a link."""
    return address(origin, link.name, {LINK: links.sealed(link.code, pepper)}, look)


def markdown(url: str, words: str, *, both: bool) -> str:
    """What shows it in a README; with `both`, light or dark by the reader's own choice of page."""
    if not both:
        return f"![{words}]({url})"
    return (
        "<picture>\n"
        f'  <source media="(prefers-color-scheme: dark)" srcset="{url}&theme=dark">\n'
        f'  <img alt="{words}" src="{url}&theme=light">\n'
        "</picture>"
    )


def _shown(look: Look) -> dict[str, str]:
    shown = {} if look.theme == "auto" else {"theme": look.theme}
    return shown | ({} if look.width is None else {"width": str(look.width)})
