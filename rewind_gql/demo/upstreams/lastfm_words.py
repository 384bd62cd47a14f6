"""How Last.fm refuses, reads parameters and wraps answers: JSON when asked for, XML otherwise."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from starlette.responses import Response

from rewind_gql.demo.upstreams.lastfm_rows import dumps

LAST_PAGE = 1_000_000
CORS = {"access-control-allow-origin": "*"}


class Failure(Exception):
    """A refusal: Last.fm's own error number and words, and the HTTP status that goes with them."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def whole(params: Mapping[str, str], name: str, default: int | None = None) -> int | None:
    """A parameter as a number; `default` when it is missing. Raises `Failure` for other text."""
    text = params.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise Failure(6, f"Invalid parameters - {name} must be a number") from None


def paging(params: Mapping[str, str], *, default: int = 50, most: int = 200) -> tuple[int, int]:
    """Page number and page size asked for. Raises `Failure` when they make no sense."""
    number = whole(params, "page", 1) or 0
    if not 1 <= number <= LAST_PAGE:
        raise Failure(6, f"page param out of bounds (1-{LAST_PAGE})")
    limit = whole(params, "limit", default) or 0
    if limit < 1:
        raise Failure(6, "limit param out of bounds (1-1000)")
    return number, min(limit, most)


def page_attr(user: str, number: int, limit: int, total: int) -> dict[str, str]:
    """The `@attr` of a paged answer: all strings."""
    pages = -(-total // limit)
    counts = {"totalPages": pages, "page": number, "perPage": limit, "total": total}
    return {"user": user} | {name: str(count) for name, count in counts.items()}


def respond(body: bytes, *, json: bool) -> Response:
    """A good answer, given as JSON, in the form asked for."""
    if json:
        return Response(body, media_type="application/json", headers=CORS)
    root = Element("lfm", status="ok")
    for name, value in orjson.loads(body).items():
        _append(root, name, value)
    return _xml(root, 200)


def refuse(failure: Failure, *, json: bool) -> Response:
    """A refusal in the form asked for."""
    if json:
        body = dumps({"message": failure.message, "error": failure.code})
        return Response(body, failure.status, CORS, "application/json")
    root = Element("lfm", status="failed")
    SubElement(root, "error", code=str(failure.code)).text = failure.message
    return _xml(root, failure.status)


def _xml(root: Element, status: int) -> Response:
    body = tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(body, status, CORS, "text/xml; charset=UTF-8")


def _append(parent: Element, name: str, value: Any) -> None:
    """Write a JSON value as XML: lists repeat, what stands beside a text becomes attributes."""
    if isinstance(value, list):
        for item in value:
            _append(parent, name, item)
        return
    child = SubElement(parent, name)
    if not isinstance(value, dict):
        child.text = str(value)
        return
    child.attrib.update({key: str(attr) for key, attr in value.get("@attr", {}).items()})
    if "#text" in value:
        child.text = str(value["#text"])
    for key, inner in value.items():
        if key in ("@attr", "#text"):
            continue
        if "#text" in value:
            child.set(key, str(inner))
        else:
            _append(child, key, inner)
