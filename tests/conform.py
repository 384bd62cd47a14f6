"""Answers of the Rewind API held against its own document, field by field."""

import re
from functools import cache
from typing import Any

import httpx
import orjson
from jsonschema import Draft202012Validator

from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.openapi import document
from rewind_gql.rest.rewind import ROUTES

_ENVELOPE = {"error", "status", "details"}
_AMBIGUOUS = 422
_BODILESS = (204, 304, 308)


@cache
def our_document() -> dict[str, Any]:
    """The document, as it is read."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(document(REWIND, ROUTES)))
    return found


def check(answered: httpx.Response) -> None:
    """Fail unless an answer is one that the document tells of, with no field it does not tell of.

    Refusals of what is no operation at all have the form of every other refusal.
    """
    request, status = answered.request, answered.status_code
    if not request.url.path.startswith(f"{REWIND.base}/") or request.method == "OPTIONS":
        return
    operation = _operation("GET" if request.method == "HEAD" else request.method, request.url.path)
    told = operation["responses"] if operation else {}
    assert str(status) in told or not told, (
        f"{request.method} {request.url.path} answers {status}, which its document does not tell"
    )
    if request.method == "HEAD" or status in _BODILESS:
        return
    if status >= 400 and status != _AMBIGUOUS:
        _envelope(answered)
    if operation and "application/json" in told[str(status)].get("content", {}):
        wrong = _validator(operation["operationId"], status).iter_errors(answered.json())
        said = [f"{request.url}: {each.json_path}: {each.message}" for each in wrong]
        assert not said, said


def _envelope(answered: httpx.Response) -> None:
    body = answered.json()
    assert body["status"] == answered.status_code
    assert isinstance(body["error"], str)
    assert body.keys() <= _ENVELOPE


def _operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers a path; the more of it is fixed, the sooner."""
    for pattern, item in _paths():
        if pattern.fullmatch(path) and method.lower() in item:
            found: dict[str, Any] = item[method.lower()]
            return found
    return None


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = sorted(our_document()["paths"].items(), key=lambda each: each[0].count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), item) for path, item in paths]


@cache
def _validator(name: str, status: int) -> Draft202012Validator:
    made = our_document()
    operations = (each for item in made["paths"].values() for each in item.values())
    operation = next(each for each in operations if each["operationId"] == name)
    content = operation["responses"][str(status)]["content"]["application/json"]
    return Draft202012Validator(
        {**content["schema"], "components": {"schemas": _closed(made["components"]["schemas"])}}
    )


def _closed(part: Any) -> Any:
    """Schemas that allow no field but those they name."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(each) for name, each in part.items()}
    if "properties" in part and isinstance(part["properties"], dict):
        closed.setdefault("additionalProperties", False)
    return closed
