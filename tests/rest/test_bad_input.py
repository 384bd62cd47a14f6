"""Every parameter and body of every route, asked for wrongly: named in our form, never a 500.

What is asked is drawn from the routes themselves, so that a new one is held to the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
import time_machine

from rewind_gql.rest.params import LARGEST, Param
from rewind_gql.rest.rewind import ROUTES, backfill, sync
from rewind_gql.rest.rewind.listening import admin
from rewind_gql.rest.shim import Route
from rewind_gql.sync import outbox
from tests.serving import Api

LONG = "1" * 10_000
ODD = ("%", "_", "'", '"', "\\", "';--", "{{7*7}}", "ʼ", "ﬀ", "🎷" * 9, "a" * 10_000, "", " ")
# A path part that is empty, or goes up, is another path.
IN_PATHS = ("abc", "12abc", "1.0", "+1", "0x1", "٣", "-1", "%00", "%FF", "1%20", str(2**64), LONG)
NO_NUMBERS = ("", " ", "x", "1.5", "1e3", "+1", "0x10", "٣", "1,2", "null", "%00", "'", str(10**40))
NO_DATES = ("", " ", "x", "2025-02-30", "2025-13", "2025-13-01", "0000-01-01", "10000-01-01", "%00")
NO_DAYS = ("2025", "2025-02", "2025-02-17T00:00:00Z", "17.02.2025", "2025-W07-1", LONG, *NO_DATES)
NO_BOUNDS = ("25", "2025-W07", "2025-02-01T25:00", "2025-02-01T00:00:00+99:00", LONG, *NO_DATES)


THERE = {"year": "2026", "domain": "listening", "entity_type": "albums", "size": "medium"}
"""What those parts of paths are that are not a number of our own."""


class Wrong(NamedTuple):
    """A request that is to be refused, and the part of it that is to be named."""

    route: Route
    name: str
    query: str = ""
    values: Mapping[str, str] = MappingProxyType({})

    @property
    def url(self) -> str:
        """Where to ask: the path filled with `values`, else with what may be there."""
        path = re.sub(
            r"{(\w+)}", lambda each: {**THERE, **self.values}.get(each[1], "1"), self.route.path
        )
        return f"/v1{path}?{self.query}"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works here, so nobody waits until work is done."""
    for room in (sync, backfill, admin, outbox):
        monkeypatch.setattr(room, "WAIT_S", 0.0)


def numbers(schema: Mapping[str, Any]) -> Iterator[str]:
    """Texts that are no number as declared: other things, and the nearest outside of the range."""
    yield from (*NO_NUMBERS, str(2**63), str(-(2**63)), str(2**64), LONG)
    if "minimum" in schema:
        yield str(schema["minimum"] - 1)
    if "maximum" in schema:
        yield str(schema["maximum"] + 1)


def wrong_texts(param: Param) -> Iterable[str]:
    """Texts that a parameter may not be, as it is declared; none where all may be."""
    schema = param.schema
    if param.name == "date":
        return NO_DAYS
    if param.name in ("from", "to"):
        return NO_BOUNDS
    if schema["type"] == "integer":
        return numbers(schema)
    if "enum" in schema:
        word = schema["enum"][0]
        return ("", "x", word.swapcase() + "X", f"{word} ", f"{word}%00", f"{word},{word}", LONG)
    # A choice that is lenient, and a switch, take whatever is written.
    return ("%00",) if schema["type"] == "string" and "examples" not in schema else ()


def wrongs(route: Route) -> Iterator[Wrong]:
    """Every wrong request for a route, one thing wrong in each."""
    for param in route.params:
        if param.place == "path":
            texts = IN_PATHS if param.schema["type"] == "integer" else ()
            yield from (Wrong(route, param.name, values={param.name: text}) for text in texts)
            continue
        for text in wrong_texts(param):
            value = text if text.startswith("%") or text.endswith("%00") else quote(text)
            yield Wrong(route, param.name, f"{param.name}={value}")
        yield Wrong(route, param.name, f"{param.name}=1&{param.name}=1")
    if {"from", "to"} <= {param.name for param in route.params}:
        yield Wrong(route, "from", "from=2025-03-01&to=2025-02-28")
        yield Wrong(route, "from", "from=2025-02-01T00:00:01Z&to=2025-02-01T00:00:00Z")


async def asked(api: Api, route: Route, url: str, **rest: Any) -> httpx.Response:
    """What a route answers to an admin; that it is as documented is seen to on the way."""
    return await api.ask(url, method=route.method, key="admin", **rest)


async def test_a_wrong_parameter_is_named(quick_api: Api) -> None:
    tried = [wrong for route in ROUTES for wrong in wrongs(route)]

    for wrong in tried:
        answered = await asked(quick_api, wrong.route, wrong.url)
        told = [each["path"] for each in answered.json().get("details", ())]
        assert (answered.status_code, told) == (400, [wrong.name]), wrong.url[:200]

    assert len({wrong.route.name for wrong in tried}) > 30


@pytest.mark.either
async def test_any_text_will_do_where_any_is_taken(api: Api) -> None:
    for route in ROUTES:
        for param in route.params:
            if param.place == "path" or param.name in ("date", "from", "to"):
                continue
            if param.schema["type"] == "integer" or "enum" in param.schema:
                continue
            for text in ODD:
                url = Wrong(route, param.name, f"{param.name}={quote(text)}").url
                answered = await asked(api, route, url)
                blank = answered.status_code == 400 and not text.strip()
                assert answered.status_code in (200, 404) or blank, (url[:200], answered.text)


@pytest.mark.either
async def test_numbers_of_nothing_are_not_found(api: Api) -> None:
    for route in ROUTES:
        numbered = [
            each.name for each in route.params if each.place == "path" and each.name == "id"
        ]
        if numbered and route.method != "POST":
            for number in (0, 10**9, LARGEST):
                url = Wrong(route, "id", values={"id": str(number)}).url
                answered = await asked(api, route, url)
                least = next(each for each in route.params if each.name == "id").schema["minimum"]
                assert answered.status_code == (404 if number >= least else 400), url


async def test_what_is_no_query_is_refused(quick_api: Api) -> None:
    for route in ROUTES:
        for query in ("%FF=1", "x=%FF", "&".join(f"x{n}=1" for n in range(101))):
            answered = await asked(quick_api, route, Wrong(route, "", query).url)
            assert answered.status_code == 400, (route.name, query, answered.text)


@time_machine.travel("2026-03-18T22:05:00Z", tick=False)
async def test_unknown_parameters_change_nothing(quick_api: Api) -> None:
    for route in ROUTES:
        if route.tag in ("Listening", "Collecting") and route.method == "GET":
            plain = await asked(quick_api, route, Wrong(route, "").url)
            more = await asked(quick_api, route, Wrong(route, "", "colour=red&colour=%00").url)
            assert (more.status_code, more.content) == (plain.status_code, plain.content)
