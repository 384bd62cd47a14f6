"""The HTTP client sending: what is said, what comes back, and what is never said twice."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.errors import SourceBusy, SourceChanged
from rewind_gql.ports.http import IMPATIENT, Client


async def _echo(request: Request) -> Response:
    said = {"method": request.method, "body": (await request.body()).decode()}
    kind = request.headers.get("content-type")
    return JSONResponse({**said, "type": kind}, 201, {"x-pagination-item-count": "7"})


async def _nothing(_: Request) -> Response:
    return Response(status_code=204)


async def _moved(_: Request) -> Response:
    return RedirectResponse("/echo", 307)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def client(faults: Faults) -> AsyncIterator[Client]:
    routes = [
        Route("/echo", _echo, methods=["GET", "POST", "DELETE"]),
        Route("/nothing", _nothing, methods=["POST"]),
        Route("/moved", _moved, methods=["POST"]),
    ]
    with serve(Faulty(Starlette(routes=routes), faults)) as url:
        made = Client("songs", url, patience=IMPATIENT)
        yield made
        await made.close()


@pytest.fixture
def ambiguous() -> list[Effect]:
    """What leaves open whether a request was carried out."""
    return [effects.broken(502), effects.reset(hard=True), effects.truncate()]


async def test_a_body_is_sent_as_json_and_the_reply_has_its_headers(client: Client) -> None:
    reply = await client.send("POST", "/echo", body={"a": [1, "ø"]})

    assert reply.status == 201
    assert reply.document == {
        "method": "POST",
        "body": '{"a":[1,"ø"]}',
        "type": "application/json",
    }
    assert reply.headers["x-pagination-item-count"] == "7"


async def test_without_a_body_nothing_is_said_of_one(client: Client) -> None:
    reply = await client.send("DELETE", "/echo")

    assert reply.document == {"method": "DELETE", "body": "", "type": None}


async def test_an_answer_without_content_is_none(client: Client) -> None:
    assert (await client.send("POST", "/nothing")).document is None


async def test_what_may_have_been_done_is_not_sent_again(
    client: Client, faults: Faults, ambiguous: list[Effect]
) -> None:
    for effect in ambiguous:
        faults.clear()
        faults.add(effect, times=None)

        with pytest.raises(SourceBusy):
            await client.send("POST", "/echo", repeat=False)

        assert faults.count() == 1


async def test_what_harms_nobody_is_sent_again(
    client: Client, faults: Faults, ambiguous: list[Effect]
) -> None:
    for effect in ambiguous:
        faults.clear()
        faults.add(effect)

        reply = await client.send("POST", "/echo", body={})

        assert reply.status == 201
        assert faults.count() == 2


async def test_a_request_too_many_was_not_done_and_is_sent_again(
    client: Client, faults: Faults
) -> None:
    faults.add(effects.too_many(retry_after=0))

    reply = await client.send("POST", "/echo", repeat=False)

    assert (reply.status, faults.count()) == (201, 2)


async def test_what_changes_something_follows_nobody(client: Client) -> None:
    with pytest.raises(SourceChanged):
        await client.send("POST", "/moved", body={})
