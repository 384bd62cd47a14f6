"""The OpenAPI document of an API, drawn from its routes."""

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from rewind_gql import __version__
from rewind_gql.rest.answers import Answer, Cache
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.params import REQUIRED, Param
from rewind_gql.rest.shim import Access, Call, Route

REF = "#/components/schemas/{model}"
ADMIN = "Admin"

_ERRORS = {
    400: "The query, a parameter or the body is not valid",
    401: "No key, or one that is unknown, revoked or expired",
    403: "The key may not do this",
    404: "There is no such thing",
    408: "The body took too long to come",
    409: "This contradicts what is stored",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "It could be one of several things; they are named",
    429: "More requests than the key may make in a minute",
    500: "The work failed; it says why",
    502: "The provider did not do it",
    503: "It cannot be done just now",
    504: "The provider did not answer in time",
}
_ERROR_SCHEMA = {
    "type": "object",
    "required": ["error", "status"],
    "properties": {
        "error": {"type": "string", "examples": ["Not found"]},
        "status": {"type": "integer", "examples": [404]},
        "details": {
            "type": "array",
            "description": "What is wrong, part by part; with 400 only.",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_AMBIGUOUS_SCHEMA = {
    "type": "object",
    "required": ["status", "message", "candidates"],
    "properties": {
        "status": {"type": "string", "const": "ambiguous"},
        "message": {"type": "string"},
        "candidates": {
            "type": "array",
            "description": "What it could be; each has the number to ask for it by.",
            "items": {"type": "object"},
        },
    },
}
_REFUSALS = {"ErrorResponse": _ERROR_SCHEMA, "AmbiguousResponse": _AMBIGUOUS_SCHEMA}
_OTHERWISE = {422: "AmbiguousResponse"}
"""What a refusal of this status is printed as in place of an error."""


def with_document(dialect: Dialect, routes: Sequence[Route]) -> tuple[Route, ...]:
    """The routes, and one more that serves the document of them all."""

    async def openapi(call: Call) -> dict[str, Any]:
        """This document

        OpenAPI 3.1, drawn from the routes themselves.
        """
        return made()

    @cache
    def made() -> dict[str, Any]:
        return document(dialect, every)

    serving = dialect.page(
        "/openapi.json",
        openapi,
        access=Access.PUBLIC,
        cache=Cache("public", 300),
        name="getOpenapi",
        tag="System",
    )
    every = (*routes, serving)
    return every


def document(dialect: Dialect, routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
    for route in routes:
        printed: Any = None if route.returns is Answer else route.returns
        wanted.append((route.name, "serialization", TypeAdapter(printed)))
        for status, other in route.others.items():
            wanted.append((f"{route.name} {status}", "serialization", TypeAdapter(other)))
        if route.body:
            wanted.append((route.name, "validation", route.body.adapter))
    drawn, shared = TypeAdapter.json_schemas(wanted, ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        answers = {route.status: drawn[route.name, "serialization"]} | {
            status: drawn[f"{route.name} {status}", "serialization"] for status in route.others
        }
        body = drawn.get((route.name, "validation"))
        entry = paths.setdefault(dialect.base + route.path, {})
        entry[route.method.lower()] = _operation(route, answers, body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rewind API",
            "version": __version__,
            "description": "A person's digital life, synced from many services. Every path but "
            "those marked otherwise needs an API key: `Authorization: Bearer rw_live_…`.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearerAuth": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(chain(*map(_tags, routes)))],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearerAuth": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Read keys (`rw_live_…`) read; admin keys (`rw_admin_…`) may do "
                    "everything.",
                }
            },
            "schemas": {**shared.get("$defs", {}), **_REFUSALS},
        },
    }


def _operation(route: Route, answers: Mapping[int, Any], body: Any) -> dict[str, Any]:
    summary, _, words = inspect.cleandoc(route.function.__doc__ or route.name).partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": _tags(route),
        "summary": summary,
        "description": " ".join(words.split()) or summary,
        "parameters": [_parameter(param) for param in route.params],
        "responses": _responses(route, answers),
    }
    if route.body:
        content = {"application/json": {"schema": body}}
        content |= {media: {"schema": schema} for media, schema in route.body.also.items()}
        operation["requestBody"] = {"required": route.body.required, "content": content}
    if route.access is Access.PUBLIC:
        operation["security"] = []
    if route.access is Access.OPENABLE:
        operation["security"] = [{"bearerAuth": []}, {}]
    return operation


def _tags(route: Route) -> list[str]:
    """What a route is about, and whether it is for the owner alone."""
    return [route.tag] if route.access is not Access.ADMIN else [*{route.tag: 0, ADMIN: 0}]


def _parameter(param: Param) -> dict[str, Any]:
    schema = dict(param.schema)
    if param.default is not REQUIRED and param.default is not None:
        schema["default"] = param.default
    return {
        "name": param.name,
        "in": param.place,
        "required": param.default is REQUIRED,
        "description": param.words or param.label,
        "schema": schema,
    }


def _responses(route: Route, answers: Mapping[int, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in answers.items():
        words = "Answered" if status == route.status else "Under way"
        content = {} if route.returns is Answer else {"application/json": {"schema": answer}}
        responses[str(status)] = {"description": words, **({"content": content} if content else {})}
    if route.method == "GET" and route.status == 200:
        responses["304"] = {"description": "The client has this already"}
    for status in _refusals(route):
        refused = {"$ref": REF.format(model=_OTHERWISE.get(status, "ErrorResponse"))}
        content = {"application/json": {"schema": refused}}
        responses[str(status)] = {"description": _ERRORS[status], "content": content}
    return responses


def _refusals(route: Route) -> list[int]:
    statuses = [400, *route.refuses]  # even what takes nothing may be asked with a broken query
    if route.access is not Access.PUBLIC:
        statuses += [401, 403, 429]
    if route.method != "GET":
        statuses += [404, 409]
    if route.body:
        statuses += [408, 413, 415]
    return sorted({*statuses})
