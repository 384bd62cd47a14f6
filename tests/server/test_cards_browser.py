"""Cards in a real browser: in an <img> of another site, light and dark, and for everybody."""

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright import async_api as web
from starlette.applications import Starlette
from starlette.routing import Route

from rewind_gql.cards import links
from rewind_gql.cards.asked import Look
from rewind_gql.cards.shown import CARDS
from rewind_gql.demo import artwork
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images.records import Key
from rewind_gql.server.cards import MESSAGE_PX
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.gallery import hang
from tests.rest.life import copy, hear, own, play
from tests.schema.streaming import Site, site_on
from tests.server.test_explorer import open_browser
from tests.server.test_origin_browser import blank

__all__ = ["open_browser"]

AXE = Path(__file__).parents[1] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = (
    "Low",
    "</svg><script>alert(1)</script>",
    "فيروز",
    "宇多田ヒカル",
    "\U0001f469\u200d\U0001f680",
)
SHOW = """async (url) => {
    const image = new Image();
    image.alt = "a card";
    image.src = url;
    document.body.replaceChildren(image);
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
}"""
INLINE = """(text) => {
    document.documentElement.lang = "en";
    document.body.innerHTML = `<main><h1>Cards</h1>${text}</main>`;
}"""


@dataclass
class Readme:
    """A page on another site than the server of cards, and what it asked other sites for."""

    site: Site
    page: web.Page
    elsewhere: list[str] = field(default_factory=list)

    async def link(self, card: str) -> str:
        """Where anybody may see a card."""
        async with self.site.api.desk.store.write() as conn:
            made = await links.create(conn, ME, card=card, given={})
        origin = f"http://{self.site.address}"
        return links.public(origin, made, Look(), self.site.api.desk.gate.pepper)

    async def corner(self) -> tuple[int, ...]:
        """The colour of the card's paper, as it is seen."""
        shot = await self.page.locator("img").screenshot()
        seen = Image.open(io.BytesIO(shot)).convert("RGB").getpixel((20, 12))
        assert isinstance(seen, tuple)
        return tuple(map(int, seen))


@pytest.fixture
async def readme(
    sqlite_store: Store, settings: Callable[..., Settings], browser: web.Browser
) -> AsyncIterator[Readme]:
    await hear(sqlite_store, *(play("Fly", name, album=f"On {name}") for name in NAMES))
    await own(sqlite_store, copy(21, "On Low", "Low"))
    with serve(Starlette(routes=[Route("/", blank)])) as elsewhere:
        async with site_on(sqlite_store, settings()) as site:
            cover = artwork.cover("Low", "On Low", 400)
            key = Key("listening", "albums", "1")
            await hang(sqlite_store, site.api.desk.images.blobs, cover, key=key)
            context = await browser.new_context()
            made = Readme(site, await context.new_page())
            await made.page.goto(elsewhere)
            own_hosts = (urlsplit(elsewhere).netloc, site.address, "")

            def note(request: web.Request) -> None:
                if urlsplit(request.url).netloc not in own_hosts:
                    made.elsewhere.append(request.url)

            made.page.on("request", note)
            yield made
            await context.close()


async def test_every_card_is_seen_in_an_img_of_another_site(readme: Readme) -> None:
    sides = {name: await readme.page.evaluate(SHOW, await readme.link(name)) for name in CARDS}

    assert {name: side[0] for name, side in sides.items()} == {
        name: card.width for name, card in CARDS.items()
    }
    assert all(side[1] > 0 for side in sides.values())
    assert readme.elsewhere == []


async def test_a_card_is_as_light_as_the_readers_page_and_a_refusal_is_seen(readme: Readme) -> None:
    url = await readme.link("top-artists")
    seen = []
    for scheme in ("light", "dark"):
        await readme.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        await readme.page.evaluate(SHOW, url)
        seen.append(await readme.corner())

    await readme.page.evaluate(SHOW, f"{url}&theme=light")

    assert seen == [(255, 255, 255), (13, 17, 23)]
    assert await readme.corner() == (255, 255, 255)
    assert (await readme.page.evaluate(SHOW, f"{url}&limit=3"))[0] == MESSAGE_PX


async def test_axe_finds_nothing_wrong_with_cards_inside_a_page(readme: Readme) -> None:
    wrong = []
    for name in ("listening-calendar", "top-albums"):
        answered = await readme.page.request.get(await readme.link(name))
        await readme.page.evaluate(INLINE, await answered.text())
        await readme.page.evaluate(AXE.read_text())
        found = await readme.page.evaluate("axe.run()")
        wrong += [f"{name}: {each['id']}" for each in found["violations"]]

    assert wrong == []
