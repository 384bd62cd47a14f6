"""What browsers send by themselves for a page of another site is refused; all else is not."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from rewind_gql.auth.views import Caller
from schema.asgi import Endpoint
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import Asking, caller

pytestmark = pytest.mark.either
ASKED = {"query": "{ viewer { scope } }"}
FRIEND = "https://friend.example"
FOE = "https://foe.example"
LINK = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PICTURE = {"Accept": "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Mode": "no-cors"}


async def anybody(request: Request) -> Caller:
    """Lets everybody in, so that only the guard stands in the way."""
    return caller(ME, "read")


def page(request: Request) -> PlainTextResponse:
    """A page."""
    return PlainTextResponse("explore")


@pytest.fixture
async def client(quick_ask: Asking) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an endpoint that asks nobody for a key."""
    endpoint = Endpoint(
        schema,
        quick_ask.deps,
        authenticate=anybody,
        explorer=page,
        allow_origin=lambda origin: origin == FRIEND,
    )
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://rewind") as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {**LINK, "Sec-Fetch-Site": "cross-site"},
        {**PICTURE, "Sec-Fetch-Site": "cross-site"},
        {**PICTURE, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": FOE},
        {"Origin": FOE},
        {"Origin": "null"},
        {"Origin": "http://rewind.foe.example"},
        {"Origin": FOE, "Sec-Fetch-Site": "same-origin"},
        {"Origin": FOE, "Authorization": ""},
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_another_sites_page_cannot_ask(
    client: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    response = await client.request(method, "/", params=ASKED, headers=headers)

    assert response.status_code == 403
    assert "viewer" not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "curl/8.5.0", "Accept": "*/*"},
        {"Sec-Fetch-Mode": "cors", "User-Agent": "node"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "none", **LINK},
        {"Origin": "http://rewind"},
        {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Origin": FOE, "Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"},
        {"Sec-Fetch-Site": "cross-site", "Apollo-Require-Preflight": "true"},
        {"Sec-Fetch-Site": "cross-site", "GraphQL-Require-Preflight": "1"},
    ],
)
async def test_all_others_can(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.get("/", params=ASKED, headers=headers)

    assert response.json() == {"data": {"viewer": {"scope": "READ"}}}


async def test_a_link_from_elsewhere_leads_to_the_page(client: httpx.AsyncClient) -> None:
    response = await client.get("/", headers={**LINK, "Sec-Fetch-Site": "cross-site"})

    assert response.text == "explore"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
async def test_a_form_of_another_site_is_not_read(client: httpx.AsyncClient, kind: str) -> None:
    body = b'{"query": "{ viewer { scope } }", "x": "="}'

    response = await client.post("/", content=body, headers={"Content-Type": kind})

    assert response.status_code == 415


async def test_a_name_that_was_made_to_point_here_opens_nothing(client: httpx.AsyncClient) -> None:
    rebound = {"Host": "foe.example:8000", "Origin": FOE, "Sec-Fetch-Site": "same-origin"}

    response = await client.get("/", params=ASKED, headers=rebound)

    assert response.status_code == 403
