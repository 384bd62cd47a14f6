"""The HTTP client against a real socket that fails in every way providers do."""

import asyncio
import gzip
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied, SourceError
from rewind_gql.ports.http import IMPATIENT, Client, Clients, Patience, retry_after

SECRET = "k3y-that-nobody-may-see"
TRIES = IMPATIENT.attempts


async def _list(request: Request) -> Response:
    return JSONResponse({"items": list(range(50)), "asked": dict(request.query_params)})


async def _elsewhere(request: Request) -> Response:
    return RedirectResponse("http://127.0.0.2:9/stolen")


async def _moved(request: Request) -> Response:
    return RedirectResponse("/list?moved=1")


async def _circle(request: Request) -> Response:
    return RedirectResponse("/circle")


async def _zipped(request: Request) -> Response:
    body = gzip.compress(b'{"packed": true}')
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    return Response(body[: len(body) - int(request.query_params.get("cut", 0))], headers=headers)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def base_url(faults: Faults) -> Iterator[str]:
    routes = {
        "/list": _list,
        "/elsewhere": _elsewhere,
        "/moved": _moved,
        "/circle": _circle,
        "/zipped": _zipped,
    }
    app = Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()])
    with serve(Faulty(app, faults)) as url:
        yield url


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[Client]:
    made = Client("songs", base_url, patience=IMPATIENT)
    yield made
    await made.close()


async def _refused(client: Client, path: str = "/list", **given: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await client.get_json(path, **given)
    return caught.value


async def test_a_good_answer_is_its_document_and_none_parameters_stay_away(client: Client) -> None:
    body = await client.get_json("/list", params={"page": 2, "from": None, "q": "a&b"})

    assert body["asked"] == {"page": "2", "q": "a&b"}


async def test_an_empty_path_is_the_base_address(base_url: str) -> None:
    client = Client("songs", f"{base_url}/list", patience=IMPATIENT)

    body = await client.get_json(params={"method": "x"})

    assert body["asked"] == {"method": "x"}
    await client.close()


async def test_gzip_is_unpacked(client: Client) -> None:
    assert await client.get_json("/zipped") == {"packed": True}


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        (effects.too_many(), "rate_limit"),
        (effects.broken(500), "upstream"),
        (effects.broken(503), "upstream"),
        (effects.broken(200), "upstream"),
        (effects.answer(408), "upstream"),
        (effects.answer(200, {"content-type": "application/json"}, b'{"cut'), "upstream"),
        (effects.truncate(), "network"),
        (effects.reset(), "network"),
        (effects.reset(hard=True), "network"),
    ],
    ids=[
        "429", "500 html", "503 html", "200 html", "408", "bad json", "truncated", "closed",
        "reset",
    ],
)  # fmt: skip
async def test_what_passes_is_tried_again_and_then_given_up(
    client: Client, faults: Faults, effect: effects.Effect, kind: str
) -> None:
    faults.add(effect, times=TRIES - 1)
    await client.get_json("/list")
    faults.clear()
    faults.add(effect, times=None)

    refused = await _refused(client)

    assert isinstance(refused, SourceBusy)
    assert refused.kind == kind
    assert faults.count() == TRIES


@pytest.mark.parametrize("after", [None, 10], ids=["head", "body"])
async def test_silence_is_waited_out_tried_again_and_given_up(
    base_url: str, faults: Faults, after: int | None
) -> None:
    # Nothing good is to come within the time, so that a slow machine changes nothing.
    client = Client("songs", base_url, patience=replace(IMPATIENT, read_s=0.2))
    faults.add(effects.stall(5, after=after), times=None)

    refused = await _refused(client)

    assert isinstance(refused, SourceBusy)
    assert refused.kind == "network"
    assert faults.count() == TRIES
    await client.close()


async def test_a_dripping_answer_ends_by_the_total_time(base_url: str, faults: Faults) -> None:
    patience = Patience(attempts=2, wait_s=0, wait_max_s=0, jitter_s=0, read_s=5, total_s=0.4)
    client = Client("songs", base_url, patience=patience)
    faults.add(effects.drip(40), times=None)
    began = time.monotonic()

    refused = await _refused(client)

    assert (refused.kind, refused.code) == ("network", "timeout")
    assert time.monotonic() - began < 3
    await client.close()


async def test_a_provider_out_of_reach_is_a_network_fault() -> None:
    client = Client("songs", "http://127.0.0.1:9", patience=IMPATIENT)

    refused = await _refused(client)

    assert (refused.kind, refused.code) == ("network", "connection")
    await client.close()


async def test_a_cut_off_gzip_body_is_tried_again(client: Client, faults: Faults) -> None:
    refused = await _refused(client, "/zipped", params={"cut": 6})

    assert isinstance(refused, SourceBusy)
    assert faults.count() == TRIES


@pytest.mark.parametrize("effect", [effects.endless(), effects.bomb(64)], ids=["endless", "bomb"])
async def test_a_body_over_the_cap_is_dropped_at_once(
    base_url: str, faults: Faults, effect: effects.Effect
) -> None:
    patience = Patience(attempts=3, wait_s=0, wait_max_s=0, jitter_s=0, body_bytes=1 << 20)
    client = Client("songs", base_url, patience=patience)
    faults.add(effect, times=None)

    refused = await _refused(client)

    assert isinstance(refused, SourceChanged)
    assert refused.code == "too_large"
    assert faults.count() == 1
    await client.close()


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_not_tried_again(
    client: Client, faults: Faults, status: int
) -> None:
    faults.add(effects.answer(status, None, {"message": "no"}), times=None)

    refused = await _refused(client)

    assert isinstance(refused, SourceDenied)
    assert (refused.code, faults.count()) == (str(status), 1)


async def test_a_missing_page_says_its_status(client: Client) -> None:
    refused = await _refused(client, "/nowhere")

    assert isinstance(refused, SourceChanged)
    assert refused.code == "404"


async def test_a_short_retry_after_is_waited_for(base_url: str, faults: Faults) -> None:
    patience = Patience(attempts=2, wait_s=0, wait_max_s=0, jitter_s=0)
    client = Client("songs", base_url, patience=patience)
    faults.add(effects.too_many(1))
    began = time.monotonic()

    await client.get_json("/list")

    assert time.monotonic() - began >= 0.9
    await client.close()


async def test_a_pause_holds_for_everything_the_account_asks(base_url: str, faults: Faults) -> None:
    patience = Patience(attempts=2, wait_s=0, wait_max_s=0, jitter_s=0)
    client = Client("songs", base_url, patience=patience)
    faults.add(effects.too_many(1))
    first = asyncio.create_task(client.get_json("/list"))
    await asyncio.sleep(0.2)

    await asyncio.gather(first, client.get_json("/list"))

    times = [asked.at for asked in faults.requests]
    assert len(times) == 3
    assert (times[1] - times[0]).total_seconds() >= 0.9
    await client.close()


async def test_a_long_retry_after_is_left_to_the_ledger(client: Client, faults: Faults) -> None:
    faults.add(effects.too_many(120), times=None)

    refused = await _refused(client)

    assert isinstance(refused, SourceBusy)
    assert (refused.retry_after, refused.kind, faults.count()) == (120, "rate_limit", 1)


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


async def test_redirects_on_the_same_host_are_followed(client: Client) -> None:
    assert (await client.get_json("/moved"))["asked"] == {"moved": "1"}


@pytest.mark.parametrize("path", ["/elsewhere", "/circle"])
async def test_redirects_off_the_host_and_in_circles_are_not(client: Client, path: str) -> None:
    refused = await _refused(client, path)

    assert isinstance(refused, SourceChanged)
    assert refused.code == "redirect"


async def test_the_source_is_asked_about_good_answers_too(client: Client, faults: Faults) -> None:
    seen: list[tuple[int, Any]] = []

    def refusal(status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        seen.append((status, body["items"][0]))
        return SourceBusy("tired", code="29", kind="rate_limit")

    refused = await _refused(client, refusal=refusal)

    assert (refused.code, refused.kind) == ("29", "rate_limit")
    assert seen == [(200, 0)] * TRIES


async def test_the_source_may_read_a_401_in_its_own_way(client: Client, faults: Faults) -> None:
    faults.add(effects.answer(401, None, {"message": "come back"}))

    def refusal(status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        return SourceBusy("tired") if status == 401 else None

    body = await client.get_json("/list", refusal=refusal)

    assert len(body["items"]) == 50


async def test_secrets_are_in_no_error_and_no_log(
    client: Client, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    faults.add(effects.answer(400, None, {"message": f"{SECRET} is not valid"}))
    faults.add(effects.reset(), nth=2, times=None)
    given = {"params": {"api_key": SECRET}, "secrets": [SECRET]}

    refusals = [await _refused(client, **given), await _refused(client, **given)]

    assert [SECRET in f"{refused.message}{refused!r}" for refused in refusals] == [False, False]
    assert refusals[1].__cause__ is None
    assert SECRET not in caplog.text


async def test_requests_keep_the_pace_however_many_ask(base_url: str) -> None:
    clients = Clients()
    began = time.monotonic()
    same = {clients.get("songs", "me", base_url, pace=20) for _ in range(3)}

    await asyncio.gather(*(client.get_json("/list") for client in [*same] * 7))

    assert len(same) == 1
    assert time.monotonic() - began >= 6 / 20
    await clients.close()
