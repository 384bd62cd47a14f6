"""The press: drawn once for everybody who wants it, and again when it is no longer true."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rewind_gql.auth import users
from rewind_gql.cards.asked import Look, When, read
from rewind_gql.cards.press import Press, Print
from rewind_gql.cards.shown import CARDS
from rewind_gql.images import deps
from rewind_gql.images.keeping import address
from rewind_gql.images.records import Key
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.cards.drawn import parsed
from tests.cards.life import NOW, UTC_ZONE, heard
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import hang, shown
from tests.rest.life import hear
from tests.serving import TLS

COVER = picture("JPEG", 400, 300)
ALBUM = Key("listening", "albums", "1")


@dataclass
class Shop:
    """A press over a store with one play in it."""

    press: Press
    store: Store
    images: deps.Images

    async def make(self, name: str = "top-albums", **look: Any) -> Print:
        """A card of all time."""
        card, when = CARDS[name], When(UTC_ZONE, NOW)
        asked = read(card.rules, {"period": "overall"}, today=when.today)
        return await self.press.make(ME, card, asked, Look(**look), when)


@pytest.fixture
async def shop(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Shop]:
    clients = Clients()
    images = deps.made(settings(), store, clients, tls=TLS)
    await hear(store, *heard("2026-03-18T12:00"))
    yield Shop(Press(store, images), store, images)
    await images.close()
    await clients.close()


async def test_a_thousand_wishes_are_drawn_once(shop: Shop) -> None:
    first = await shop.make()

    rest = await asyncio.gather(*(shop.make() for _ in range(999)))

    assert set(rest) == {first}
    assert (shop.press.tally.wishes, shop.press.tally.drawn) == (1_000, 1)


async def test_a_crowd_at_an_empty_press_is_served_by_one_drawing(shop: Shop) -> None:
    made = await asyncio.gather(*(shop.make() for _ in range(200)))

    assert len(set(made)) == 1
    assert (shop.press.tally.questions, shop.press.tally.drawn) == (1, 1)


async def test_while_nothing_is_stored_nothing_is_asked(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    images = deps.made(settings(), sqlite_store, Clients(), tls=TLS)
    shop = Shop(Press(sqlite_store, images), sqlite_store, images)
    await shop.make()
    seen: list[str] = []
    sqlite_store.watchers.append(seen.append)

    await shop.make()

    assert seen == []
    await images.close()


async def test_a_new_play_is_on_the_next_card(shop: Shop) -> None:
    before = await shop.make()

    await hear(shop.store, *heard("2026-03-18T13:00"))

    after = await shop.make()
    assert before.tag != after.tag
    assert "2 plays" in parsed(after.body).words()


async def test_what_is_stored_without_touching_a_card_leaves_its_tag(shop: Shop) -> None:
    before = await shop.make()

    async with shop.store.write() as conn:
        await users.disable(conn, OTHER)

    after = await shop.make()
    assert before == after
    assert shop.press.tally.drawn == 1


async def test_looks_are_drawn_apart(shop: Shop) -> None:
    made = [await shop.make(), await shop.make(theme="dark"), await shop.make(width=400)]

    assert len({each.tag for each in made}) == 3


@pytest.mark.either
async def test_no_more_is_kept_than_there_is_room_for(shop: Shop) -> None:
    one = await shop.make(width=320)
    press = Press(shop.store, shop.images, most_bytes=len(one.body) * 3)
    small = Shop(press, shop.store, shop.images)

    for width in (320, 340, 360, 380, 400, 320):
        await small.make(width=width)

    assert press.tally.drawn == 6


async def test_a_cover_is_in_the_card_and_its_loss_is_not_kept(shop: Shop) -> None:
    bare = await shop.make()
    await hang(shop.store, shop.images.blobs, COVER, key=ALBUM)

    covered = await shop.make()

    assert parsed(bare.body).all("image") == []
    [image] = parsed(covered.body).all("image")
    assert image.attributes["href"].startswith("data:image/webp;base64,")
    assert covered.lasts


@pytest.mark.either
async def test_where_the_bytes_are_away_stands_their_blur_for_now(shop: Shop) -> None:
    await hang(shop.store, shop.images.blobs, COVER, key=ALBUM)
    image = await shown(shop.store, ALBUM)
    await shop.images.blobs.delete(address(image.content_hash))

    blurred, again = await shop.make(), await shop.make()

    [found] = parsed(blurred.body).all("image")
    assert found.attributes["href"].startswith("data:image/png;base64,")
    assert not blurred.lasts
    assert not again.lasts
    assert shop.press.tally.drawn == 2
