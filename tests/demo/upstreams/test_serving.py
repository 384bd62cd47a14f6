"""An app on a real socket: found at its URL, gone when told."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams import effects
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve


async def hello(request: Request) -> Response:
    return JSONResponse({"hello": request.query_params.get("name", "you")})


APP = Starlette(routes=[Route("/hello", hello)])


def test_serves_at_the_url_it_gives() -> None:
    with serve(APP) as url:
        reply = httpx.get(f"{url}/hello", params={"name": "Maren"})

    assert url.startswith("http://127.0.0.1:")
    assert reply.json() == {"hello": "Maren"}


def test_serves_two_apps_side_by_side() -> None:
    with serve(APP) as one, serve(APP) as other:
        replies = [httpx.get(f"{url}/hello").status_code for url in (one, other)]

    assert one != other
    assert replies == [200, 200]


def test_is_gone_after_the_block() -> None:
    with serve(APP) as url:
        pass

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/hello")


def test_refuses_a_port_that_is_taken() -> None:
    with (
        serve(APP) as url,
        pytest.raises(OSError, match="in use"),
        serve(APP, port=int(url.rsplit(":", 1)[1])),
    ):
        pass


def test_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    with serve(APP) as url:
        httpx.get(f"{url}/hello")

    assert threading.active_count() == before


def test_stops_at_once_while_requests_are_stalled() -> None:
    faults = Faults()
    faults.add(effects.stall(60), times=None)
    with ThreadPoolExecutor() as pool:
        with serve(Faulty(APP, faults)) as url:
            waiting = [pool.submit(httpx.get, f"{url}/hello", timeout=30) for _ in range(3)]
            while faults.count() < len(waiting):
                time.sleep(0.005)
            stopped_at = time.perf_counter()
        took = time.perf_counter() - stopped_at

    assert took < 0.8
    assert all(isinstance(call.exception(), httpx.TransportError) for call in waiting)
