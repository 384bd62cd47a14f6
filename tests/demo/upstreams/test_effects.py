"""What a client meets: each effect once, over a real socket."""

import gzip
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve

TRACKS = [f"track {number}" for number in range(40)]


async def tracks(request: Request) -> Response:
    return JSONResponse({"page": request.query_params.get("page", "1"), "tracks": TRACKS})


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def client(faults: Faults) -> Iterator[httpx.Client]:
    app = Faulty(Starlette(routes=[Route("/tracks", tracks)]), faults)
    with serve(app) as url, httpx.Client(base_url=url, timeout=5) as client:
        yield client


def test_answers_json_instead(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.answer(401, {"X-Why": "token"}, {"message": "Who are you?"}))

    reply = client.get("/tracks")

    assert (reply.status_code, reply.headers["x-why"]) == (401, "token")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"message": "Who are you?"}


def test_answers_an_html_page_instead(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.broken(502))

    reply = client.get("/tracks")

    assert reply.status_code == 502
    assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("seconds", "header"), [(7, "7"), (None, None)])
def test_too_many_may_say_when_to_come_back(
    faults: Faults, client: httpx.Client, seconds: int | None, header: str | None
) -> None:
    faults.add(effects.too_many(seconds))

    reply = client.get("/tracks")

    assert (reply.status_code, reply.headers.get("retry-after")) == (429, header)


def test_truncate_closes_before_the_promised_length(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.truncate())

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get("/tracks")


def test_reset_closes_without_an_answer(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.reset())

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.get("/tracks")


def test_a_hard_reset_breaks_the_connection(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.reset(hard=True))

    with pytest.raises(httpx.ReadError):
        client.get("/tracks")


def test_the_next_request_after_a_reset_is_answered(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.reset())
    with pytest.raises(httpx.TransportError):
        client.get("/tracks")

    assert client.get("/tracks").json()["tracks"] == TRACKS


@pytest.mark.parametrize("after", [None, 20])
def test_a_stall_longer_than_patience_times_out(
    faults: Faults, client: httpx.Client, after: int | None
) -> None:
    faults.add(effects.stall(30, after=after))

    with pytest.raises(httpx.ReadTimeout):
        client.get("/tracks", timeout=0.1)


@pytest.mark.parametrize("after", [None, 20])
def test_a_short_stall_only_delays(faults: Faults, client: httpx.Client, after: int | None) -> None:
    faults.add(effects.stall(0.1, after=after))
    started = time.perf_counter()

    reply = client.get("/tracks")

    assert reply.json()["tracks"] == TRACKS
    assert time.perf_counter() - started >= 0.1


def test_drip_sends_the_right_body_slowly(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.drip(2_500))
    started = time.perf_counter()

    reply = client.get("/tracks")

    assert reply.json()["tracks"] == TRACKS
    assert time.perf_counter() - started >= 0.15


def test_endless_goes_on_until_the_client_stops(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.endless())
    received = 0

    with client.stream("GET", "/tracks") as reply:
        for chunk in reply.iter_raw():
            received += len(chunk)
            if received > 2_000_000:
                break

    assert received > 2_000_000


def test_a_bomb_is_small_on_the_wire_and_large_unpacked(
    faults: Faults, client: httpx.Client
) -> None:
    faults.add(effects.bomb(8))

    with client.stream("GET", "/tracks") as reply:
        raw = b"".join(reply.iter_raw())

    assert reply.headers["content-encoding"] == "gzip"
    assert len(raw) < 20_000
    assert len(gzip.decompress(raw)) == 8 * 1024 * 1024


def test_asking_answers_another_page_than_the_one_asked_for(
    faults: Faults, client: httpx.Client
) -> None:
    faults.add(effects.asking(page="1"))

    assert client.get("/tracks?page=2").json()["page"] == "1"
