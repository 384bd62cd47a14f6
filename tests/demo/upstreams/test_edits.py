"""Changes to the JSON a pretend provider answers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams import edits
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve


async def rows(request: Request) -> Response:
    return JSONResponse({"page": {"rows": ["a", "b", "c", "d"], "@attr": {"user": "maren"}}})


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def client(faults: Faults) -> Iterator[httpx.Client]:
    app = Faulty(Starlette(routes=[Route("/rows", rows)]), faults)
    with serve(app) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (edits.put("page", "rows", 1, value=None), ["a", None, "c", "d"]),
        (edits.put("page", "rows", value=[]), []),
        (edits.without("page", "rows", 0), ["b", "c", "d"]),
        (edits.without("page", "rows"), None),
        (edits.unlisted("page", "rows"), "a"),
        (edits.shifted("page", "rows"), ["b", "c", "d"]),
        (edits.shifted("page", "rows", by=-2), ["a", "a", "a", "b"]),
    ],
)
def test_edits_change_the_rows_only(
    faults: Faults, client: httpx.Client, effect: Effect, expected: object
) -> None:
    faults.add(effect)

    page = client.get("/rows").json()["page"]

    assert page.get("rows") == expected
    assert page["@attr"] == {"user": "maren"}


def test_put_changes_whose_page_it_is(faults: Faults, client: httpx.Client) -> None:
    faults.add(edits.put("page", "@attr", "user", value="somebody"))

    assert client.get("/rows").json()["page"]["@attr"] == {"user": "somebody"}


def test_transform_answers_whatever_the_change_makes(faults: Faults, client: httpx.Client) -> None:
    def reverse(body: Any) -> Any:
        return list(reversed(body["page"]["rows"]))

    faults.add(edits.transform(reverse))

    reply = client.get("/rows")

    assert reply.json() == ["d", "c", "b", "a"]
    assert reply.headers["content-length"] == str(len(reply.content))
