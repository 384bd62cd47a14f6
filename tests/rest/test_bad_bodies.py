"""Every body, key and method of every route, wrong: refused in our form, never a 500.

What is sent is drawn from the routes themselves, so that a new one is held to the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from rewind_gql.rest.bodies import Body
from rewind_gql.rest.rewind import ROUTES
from rewind_gql.rest.shim import Access, Route
from tests.rest.test_bad_input import asked, impatient
from tests.serving import Api

pytestmark = pytest.mark.either

__all__ = ["impatient"]

PLAINLY = {"accept-encoding": "identity"}
JSON = {"content-type": "application/json"}
NOT_JSON = (
    b"{",
    b"{'type': 1}",
    b"\xff",
    b"[" * 10_000,
    b'{"x": "\\ud800"}',
    b"\x00",
)
NO_OBJECTS = (b"[]", b"null", b'"full"', b"1", b"true")
BODIED = [route for route in ROUTES if route.body]
PLAIN = [route for route in BODIED if type(route.body) is Body]
FILLED = {"source_url": "http://127.0.0.1:9/x", "expires_at": "2099-01-01T00:00:00Z"}


class Sent(NamedTuple):
    """A body with one field wrong."""

    route: Route
    body: Mapping[str, Any]
    name: str


def url(route: Route) -> str:
    """Where a route is."""
    return "/v1" + re.sub(r"{\w+}", "1", route.path)


def fields(route: Route) -> tuple[dict[str, Any], set[str]]:
    """The fields of a route's body as schemas without null, and the names of those it needs."""
    assert route.body is not None
    drawn = route.body.adapter.json_schema()
    named = drawn.get("$defs", {})
    found = {}
    for name, each in drawn["properties"].items():
        choices = [one for one in each.get("anyOf", [each]) if one != {"type": "null"}]
        reference = choices[0].get("$ref", "").rpartition("/")[2]
        found[name] = named[reference] if reference else choices[0]
    return found, set(drawn.get("required", ()))


def fitting(name: str, schema: Mapping[str, Any]) -> Any:
    """Something that a field may be."""
    if "enum" in schema:
        return schema["enum"][0]
    return {
        "string": FILLED.get(name, "x"),
        "integer": schema.get("minimum", 1),
        "boolean": False,
    }[schema["type"]]


def misfits(schema: Mapping[str, Any]) -> Iterator[Any]:
    """What a field may not be: other kinds, other words, and the nearest outside of its range."""
    yield from ([], {}, ["x"])
    kind = schema.get("type", "string")
    if kind != "string":
        yield from ("1", "", "true", 1.5)
    if kind != "boolean":
        yield True
    if kind != "integer":
        yield from (5, 0)
    if "enum" in schema:
        yield from ("", "x", schema["enum"][0].swapcase() + "X")
    if kind == "integer":
        yield from (10**40, -(2**63) - 1)
        yield from (schema[edge] + by for edge, by in EDGES if edge in schema)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield ""


EDGES = (("minimum", -1), ("maximum", 1))


def wrongs(route: Route) -> Iterator[Sent]:
    """Every body of a route with one field wrong, or missing."""
    known, needed = fields(route)
    fit = {name: fitting(name, known[name]) for name in needed}
    for name, schema in known.items():
        yield from (Sent(route, {**fit, name: wrong}, name) for wrong in misfits(schema))
    for name in needed:
        yield Sent(route, {each: fit[each] for each in needed - {name}}, name)
        yield Sent(route, {**fit, name: None}, name)


async def test_a_wrong_field_is_named(quick_api: Api) -> None:
    for route in PLAIN:
        for sent in wrongs(route):
            answered = await asked(quick_api, route, url(route), json=sent.body)
            told = [each["path"].partition(".")[0] for each in answered.json().get("details", ())]
            assert (answered.status_code, {*told}) == (400, {sent.name}), (sent, answered.text)


async def test_what_is_no_object_of_json_is_refused(quick_api: Api) -> None:
    for route in BODIED:
        for raw in (*NOT_JSON, *NO_OBJECTS):
            answered = await asked(quick_api, route, url(route), content=raw, headers=JSON)
            assert answered.status_code == 400, (route.name, raw[:20], answered.text)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "", "*/*"])
async def test_another_media_type_is_refused(quick_api: Api, media: str) -> None:
    for route in BODIED:
        rest = {"content": b'{"x": 1}', "headers": {"content-type": media}}
        answered = await asked(quick_api, route, url(route), **rest)
        assert answered.status_code == (415 if route in PLAIN else 400), (route.name, answered.text)


async def test_a_body_that_is_too_large_is_refused(quick_api: Api) -> None:
    raw = b'{"x": "%b"}' % (b"x" * 200_000)

    for route in PLAIN:
        answered = await asked(quick_api, route, url(route), content=raw, headers=JSON)
        assert answered.status_code == 413, route.name


async def test_unknown_fields_do_not_matter(quick_api: Api) -> None:
    for route in PLAIN:
        wrong = next(wrongs(route))
        answered = await asked(quick_api, route, url(route), json={**wrong.body, "colour": "red"})
        assert [each["path"] for each in answered.json()["details"]] == [wrong.name]


@pytest.mark.parametrize("key", ["", "x" * 300, "a\tb", "ключ".encode()])
async def test_an_idempotency_key_that_is_none_is_refused(quick_api: Api, key: str | bytes) -> None:
    headers = {"Idempotency-Key": key}

    for name, body in (
        ("vinyl", {"discogs_id": 1}),
        ("media", {"tmdb_id": 1, "media_type": "dvd"}),
    ):
        path = f"/v1/admin/collecting/{name}"
        answered = await quick_api.ask(path, method="POST", key="admin", json=body, headers=headers)
        assert answered.status_code == 400, answered.text


@pytest.mark.parametrize(
    ("name", "body"), [("vinyl", {}), ("vinyl", {"year": 1991}), ("media", {"media_type": "dvd"})]
)
async def test_what_names_nothing_is_refused_before_it_is_ordered(
    quick_api: Api, name: str, body: dict[str, Any]
) -> None:
    path = f"/v1/admin/collecting/{name}"

    answered = await quick_api.ask(path, method="POST", key="admin", json=body)

    assert (answered.status_code, answered.json()["error"][:4]) == (400, "Give")


async def test_a_key_of_the_wrong_scope_is_refused(quick_api: Api) -> None:
    for route in ROUTES:
        if route.access is Access.ADMIN:
            answered = await quick_api.ask(url(route), method=route.method, key="read")
            assert answered.status_code == 403, route.name


async def test_who_has_no_key_or_a_wrong_one_is_asked_for_one(quick_api: Api) -> None:
    for route in ROUTES:
        if route.access in (Access.READ, Access.ADMIN):
            for key in (None, "rw_live_nonsense"):
                answered = await quick_api.ask(url(route), method=route.method, key=key)
                # Who tries too often is told to wait.
                assert answered.status_code in (401, 429), route.name


async def test_another_method_is_refused_and_the_right_ones_are_told(quick_api: Api) -> None:
    paths = {
        url(route): {each.method for each in ROUTES if url(each) == url(route)} for route in ROUTES
    }
    for path, methods in paths.items():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "FROB"):
            if method in methods:
                continue
            answered = await quick_api.ask(path, method=method, key="admin")
            allowed = {each.strip() for each in answered.headers.get("allow", "").split(",")}
            assert answered.status_code == 405, (method, path, answered.text)
            assert methods <= allowed
            assert method not in allowed


async def test_heads_are_those_of_gets_and_no_accept_header_changes_them(quick_api: Api) -> None:
    for route in ROUTES:
        if route.method != "GET":
            continue
        whole = await asked(quick_api, route, url(route), headers=PLAINLY)
        head = await quick_api.ask(url(route), method="HEAD", key="admin", headers=PLAINLY)
        other = await asked(quick_api, route, url(route), headers={"Accept": "text/html, x/y;q=0"})
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]
        assert other.headers.get("content-type") == whole.headers.get("content-type")
