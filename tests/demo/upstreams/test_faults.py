"""The fault script: which requests a rule hits, and what is logged."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rewind_gql import clock
from rewind_gql.demo.upstreams import edits, effects
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.serving import serve


async def page(request: Request) -> Response:
    return JSONResponse({"page": request.query_params.get("page", "1")})


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def client(faults: Faults) -> Iterator[httpx.Client]:
    app = Faulty(Starlette(routes=[Route("/{path:path}", page)]), faults)
    with serve(app) as url, httpx.Client(base_url=url, timeout=5) as client:
        yield client


def statuses(client: httpx.Client, *targets: str) -> list[int]:
    return [client.get(target).status_code for target in targets]


def test_without_rules_the_app_answers(client: httpx.Client) -> None:
    assert client.get("/list?page=3").json() == {"page": "3"}


def test_a_rule_hits_the_next_request_only(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.broken())

    assert statuses(client, "/a", "/a") == [500, 200]


def test_a_rule_hits_requests_whose_target_holds_its_words(
    faults: Faults, client: httpx.Client
) -> None:
    faults.add(effects.broken(503), match="list?page=2", times=None)

    assert statuses(client, "/list?page=1", "/list?page=2", "/list?page=2") == [200, 503, 503]


def test_a_rule_hits_requests_its_test_accepts(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.broken(), match=lambda asked: asked.params.get("page") == "7", times=None)

    assert statuses(client, "/?page=6", "/?page=7") == [200, 500]


def test_a_rule_starts_at_its_nth_request_and_ends_after_its_times(
    faults: Faults, client: httpx.Client
) -> None:
    faults.add(effects.broken(), match="/a", nth=2, times=2)

    assert statuses(client, "/a", "/b", "/a", "/a", "/a") == [200, 200, 500, 500, 200]


def test_a_rule_taken_back_hits_no_more(faults: Faults, client: httpx.Client) -> None:
    rule = faults.add(effects.broken(), times=None)
    client.get("/")

    faults.remove(rule)

    assert statuses(client, "/") == [200]


def test_rules_that_fire_together_all_take_part(faults: Faults, client: httpx.Client) -> None:
    faults.add(edits.put("seen", value=True))
    faults.add(effects.asking(page="9"))

    assert client.get("/?page=1").json() == {"page": "9", "seen": True}


def test_the_log_holds_every_request_in_order(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.broken())
    before = clock.now()

    client.get("/a?page=1&q=x%20y", headers={"User-Agent": "rewind"})
    client.post("/b")

    first, second = faults.requests
    assert (first.method, first.path, first.params) == ("GET", "/a", {"page": "1", "q": "x y"})
    assert first.headers["user-agent"] == "rewind"
    assert (second.method, second.target) == ("POST", "/b")
    assert before <= first.at <= second.at <= clock.now()


def test_counts_requests_that_match(faults: Faults, client: httpx.Client) -> None:
    statuses(client, "/a?page=1", "/a?page=2", "/b")

    assert [faults.count(), faults.count("/a"), faults.count("page=2")] == [3, 2, 1]


def test_clear_forgets_rules_and_log(faults: Faults, client: httpx.Client) -> None:
    faults.add(effects.broken(), times=None)
    client.get("/")

    faults.clear()

    assert faults.requests == []
    assert statuses(client, "/") == [200]
