"""The image origin on real sockets: tricks in paths, clients' rewrites, crowds, a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import psutil
import pytest
from playwright import async_api as web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images.records import Key
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.images.files import opened, picture
from tests.images.gallery import hang
from tests.rest.life import hear, play
from tests.schema.streaming import Site, site_on
from tests.server.test_explorer import open_browser

__all__ = ["open_browser"]

COVER = picture("JPEG", 400, 300)
COVERS = "{ listening { albums { nodes { name image(size: SMALL) { url alt } } } } }"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A served application with one album that has a cover, and a page on another origin."""

    site: Site
    key: Key
    elsewhere: str

    @property
    def base(self) -> str:
        """Where the application answers."""
        return f"http://{self.site.address}"

    @property
    def original(self) -> str:
        """The path of the cover."""
        return f"/{self.key}/original.jpg"


def blank(request: Request) -> Response:
    """A page of nothing."""
    return HTMLResponse("<!doctype html><title>elsewhere</title>")


@pytest.fixture
async def shown(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Shown]:
    """The application, served."""
    await hear(sqlite_store, play("Fly", "Low", album="Double Negative"))
    with serve(Starlette(routes=[Route("/", blank)])) as elsewhere:
        chosen = settings(allowed_origins=(elsewhere,))
        async with site_on(sqlite_store, chosen) as site:
            recent = await site.api.ask("/v1/listening/recent")
            [row] = recent.json()["data"]
            key = Key("listening", "albums", str(row["album"]["id"]))
            await hang(sqlite_store, site.api.desk.images.blobs, COVER, key=key)
            yield Shown(site=site, key=key, elsewhere=elsewhere)


async def status_of(address: str, target: str) -> int:
    """The status of an answer to a request line just as it is written."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


@pytest.mark.parametrize(
    "target",
    [
        "/listening/albums/../../../etc/passwd",
        "/listening/albums/%2e%2e/original.jpg",
        "/listening/albums/..%2f..%2fetc/original.jpg",
        "/listening/albums/%252e%252e%252f/original.jpg",
        "/listening/albums/1%00/original.jpg",
        "/listening/albums/1%5c..%5c/original.jpg",
        "/listening/albums//original.jpg",
        "/cdn-cgi/image/../../secret.key",
        "/cdn-cgi/image/width=5,height=5/../../../images/originals/ab/abcd",
        "/cdn-cgi/image/width=5%2c%2e%2e/listening/albums/1/original.jpg",
        "/cdn-cgi/image/width=5000/listening/albums/1/original.jpg",
    ],
)
async def test_tricks_in_a_path_are_400(shown: Shown, target: str) -> None:
    assert await status_of(shown.site.address, target) == 400


async def test_a_client_may_put_options_of_its_own_in_place_of_ours(shown: Shown) -> None:
    async with httpx.AsyncClient() as client:
        recent = await client.get(f"{shown.base}/v1/listening/recent", headers=shown.site.headers())
        [row] = recent.json()["data"]
        rewritten = re.sub(
            r"/cdn-cgi/image/[^/]+/",
            "/cdn-cgi/image/width=150,height=150,fit=cover,format=auto/",
            row["album"]["image"]["cdn_url"],
        )
        answered = await client.get(rewritten)

    assert answered.status_code == 200
    assert opened(answered.content).size == (150, 150)
    assert "immutable" in answered.headers["cache-control"]


async def test_a_client_may_turn_an_original_into_a_size(shown: Shown) -> None:
    async with httpx.AsyncClient() as client:
        answered = await client.get(
            f"{shown.base}/v1/images/{shown.key}/original", headers=shown.site.headers()
        )
        original = httpx.URL(answered.headers["location"])
        path = f"/cdn-cgi/image/width=80,height=120,fit=cover,format=webp{original.path}"
        answered = await client.get(original.copy_with(path=path))

    image = opened(answered.content)
    assert (image.format, image.size) == ("WEBP", (80, 120))


async def test_a_crowd_has_each_size_made_once(shown: Shown) -> None:
    cache = shown.site.api.desk.images.cache
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        paths = [f"/cdn-cgi/image/width={side}{shown.original}" for side in (100, 200)]

        answered = await asyncio.gather(
            *(client.get(f"{shown.base}{paths[n % 2]}?v=1") for n in range(200))
        )

    assert {each.status_code for each in answered} == {200}
    assert cache.misses == 2
    assert len({each.content for each in answered}) == 2


async def test_other_requests_do_not_wait_for_a_size_being_made(shown: Shown) -> None:
    size = f"{shown.base}/cdn-cgi/image/width={{}}{shown.original}"
    async with httpx.AsyncClient(timeout=60) as client:
        await client.get(size.format(100))
        [worker] = [
            child
            for child in psutil.Process().children(recursive=True)
            if "rewind_gql.images.process" in child.cmdline()
        ]
        worker.suspend()
        making = asyncio.create_task(client.get(size.format(200)))
        known = await client.get(size.format(100))
        health = await client.get(f"{shown.base}/v1/health")
        is_done = making.done()
        worker.resume()
        made = await making

    assert [known.status_code, health.status_code, made.status_code] == [200, 200, 200]
    assert not is_done


async def test_a_page_elsewhere_reads_the_headers_and_shows_the_picture(
    shown: Shown, browser: web.Browser
) -> None:
    page = await browser.new_page()
    await page.goto(shown.elsewhere)

    found = await page.evaluate(
        """async ([url, key]) => {
            const answered = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
            const shown = await createImageBitmap(await answered.blob());
            return [answered.status, answered.redirected, shown.width, shown.height];
        }""",
        [f"{shown.base}/v1/images/{shown.key}/poster-sm", shown.site.api.read],
    )

    assert found == [200, True, 240, 360]


async def test_a_page_shows_what_graphql_gives_it_without_a_key(
    shown: Shown, browser: web.Browser
) -> None:
    page = await browser.new_page()
    await page.goto(shown.elsewhere)
    async with httpx.AsyncClient() as client:
        answered = await client.post(
            shown.site.url, json={"query": COVERS}, headers=shown.site.headers()
        )
    [album] = answered.json()["data"]["listening"]["albums"]["nodes"]

    sides = await page.evaluate(
        """async ([url, alt]) => {
            const image = new Image();
            Object.assign(image, { src: url, alt });
            document.body.append(image);
            await image.decode();
            return [image.naturalWidth, image.naturalHeight];
        }""",
        [album["image"]["url"], album["image"]["alt"]],
    )

    assert album["image"]["alt"] == "Cover of Double Negative by Low"
    assert sides == [150, 150]
    await web.expect(page.get_by_alt_text("Cover of Double Negative by Low")).to_be_visible()
