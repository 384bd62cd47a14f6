"""Pictures in a real browser: by a redirect, as a blur, by what clients make of an address."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright import async_api as web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images.records import Key
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.images.gallery import hang
from tests.rest.life import hear, play
from tests.schema.streaming import Site, site_on
from tests.server.test_explorer import open_browser

__all__ = ["open_browser"]

COVERS = "{ listening { albums { nodes { image(size: LARGE) { url thumbhashDataUrl } } } } }"

SHOW = """async ([url, credentials]) => {
    const image = new Image();
    if (credentials) image.crossOrigin = credentials;
    image.src = url;
    document.body.append(image);
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
}"""
# What clients do to a link: options of their own in place of ours, or before an original's path.
REWRITE = """([url, options]) => {
    const marker = "/cdn-cgi/image/";
    const parts = new URL(url);
    const path = parts.pathname.startsWith(marker)
        ? parts.pathname.slice(marker.length).replace(/^[^/]+/, "")
        : parts.pathname;
    parts.pathname = marker + options + path;
    return parts.href;
}"""


@dataclass(frozen=True, kw_only=True)
class Wall:
    """A page on another origin than the application whose one album has a cover."""

    site: Site
    key: Key
    page: web.Page

    @property
    def base(self) -> str:
        """Where the application answers."""
        return f"http://{self.site.address}"

    async def album(self) -> dict[str, Any]:
        """The album as a list of plays shows it."""
        async with httpx.AsyncClient() as client:
            recent = await client.get(
                f"{self.base}/v1/listening/recent", headers=self.site.headers()
            )
        found: dict[str, Any] = recent.json()["data"][0]["album"]
        return found

    async def cover(self) -> dict[str, Any]:
        """The cover as GraphQL gives it."""
        async with httpx.AsyncClient() as client:
            answered = await client.post(
                self.site.url, json={"query": COVERS}, headers=self.site.headers()
            )
        found: dict[str, Any] = answered.json()["data"]["listening"]["albums"]["nodes"][0]["image"]
        return found

    async def show(self, url: str, credentials: str = "") -> tuple[list[int], str]:
        """The sides of a picture hung on the page, and the type of file it came as."""
        kinds: list[str] = []

        def note(response: web.Response) -> None:
            if response.request.resource_type == "image" and response.ok:
                kinds.append(response.headers["content-type"])

        self.page.on("response", note)
        sides: list[int] = await self.page.evaluate(SHOW, [url, credentials])
        self.page.remove_listener("response", note)
        return sides, kinds[-1] if kinds else ""

    async def rewritten(self, url: str, options: str) -> str:
        """An address with other options, as a client's script makes it."""
        made: str = await self.page.evaluate(REWRITE, [url, options])
        return made


def blank(request: Request) -> Response:
    """A page of nothing."""
    return HTMLResponse("<!doctype html><title>elsewhere</title>")


@pytest.fixture
async def wall(
    sqlite_store: Store, settings: Callable[..., Settings], browser: web.Browser
) -> AsyncIterator[Wall]:
    """The application, served, and an empty page elsewhere."""
    await hear(sqlite_store, play("Fly", "Low", album="Double Negative"))
    with serve(Starlette(routes=[Route("/", blank)])) as elsewhere:
        async with site_on(sqlite_store, settings(allowed_origins=(elsewhere,))) as site:
            recent = await site.api.ask("/v1/listening/recent")
            key = Key("listening", "albums", str(recent.json()["data"][0]["album"]["id"]))
            cover = artwork.cover("Low", "Double Negative", 700)
            await hang(sqlite_store, site.api.desk.images.blobs, cover, key=key)
            page = await browser.new_page()
            await page.goto(elsewhere)
            yield Wall(site=site, key=key, page=page)
            await page.close()


async def test_an_img_follows_the_redirect(wall: Wall) -> None:
    await wall.page.context.set_extra_http_headers(wall.site.headers())

    sides, _ = await wall.show(f"{wall.base}/v1/images/{wall.key}/medium")

    assert sides == [300, 300]


async def test_the_blur_is_a_picture_by_itself(wall: Wall) -> None:
    blur = (await wall.cover())["thumbhashDataUrl"]

    [width, height], _ = await wall.show(blur)

    assert width == height
    assert 16 <= width <= 64
    await web.expect(wall.page.locator("img")).to_be_visible()


async def test_the_browser_gets_the_smallest_format_that_it_reads(wall: Wall) -> None:
    url = (await wall.cover())["url"]

    sides, kind = await wall.show(url)

    assert (sides, kind) == ([600, 600], "image/avif")


async def test_a_large_picture_comes_as_webp(wall: Wall) -> None:
    url = await wall.rewritten((await wall.cover())["url"], "width=690,height=690")

    sides, kind = await wall.show(url)

    assert (sides, kind) == ([690, 690], "image/webp")


async def test_options_in_place_of_ours_work_without_credentials(wall: Wall) -> None:
    sized = (await wall.album())["image"]["cdn_url"]

    url = await wall.rewritten(sized, "width=150,height=150,fit=cover,format=auto,quality=80")

    assert "/cdn-cgi/image/" in sized
    assert (await wall.show(url, "anonymous"))[0] == [150, 150]


async def test_an_original_becomes_any_size_without_credentials(wall: Wall) -> None:
    async with httpx.AsyncClient() as client:
        answered = await client.get(
            f"{wall.base}/v1/images/{wall.key}/original", headers=wall.site.headers()
        )
    original = answered.headers["location"]

    url = await wall.rewritten(original, "width=240,height=360,fit=cover,format=webp")

    assert "/cdn-cgi/image/" not in original
    assert await wall.show(original, "anonymous") == ([700, 700], "image/jpeg")
    assert await wall.show(url, "anonymous") == ([240, 360], "image/webp")


async def test_a_script_reads_the_bytes_without_credentials(wall: Wall) -> None:
    url = (await wall.album())["image"]["url"]

    found = await wall.page.evaluate(
        """async (url) => {
            const answered = await fetch(url, { credentials: "omit" });
            const shown = await createImageBitmap(await answered.blob());
            return [answered.headers.get("cache-control"), shown.width, shown.height];
        }""",
        url,
    )

    assert found == ["public, max-age=31536000, immutable", 300, 300]
