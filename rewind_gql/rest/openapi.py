"""The OpenAPI document of an API, drawn from its routes."""

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from rewind_gql import __version__
from rewind_gql.rest.answers import Answer, Cache
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.params import REQUIRED, Param
from rewind_gql.rest.shim import Access, Call, Route

REF = "#/components/schemas/{model}"
ERROR = REF.format(model="ErrorResponse")

_ERRORS = {
    400: "A parameter or the body is not valid",
    401: "No key, or one that is unknown, revoked or expired",
    403: "The key may only read",
    404: "There is no such thing",
    409: "This contradicts what is stored",
    413: "The body is too large",
    415: "The body is not JSON",
    429: "More requests than the key may make in a minute",
    503: "It cannot be done just now",
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
        if route.body:
            wanted.append((route.name, "validation", route.body.adapter))
    drawn, shared = TypeAdapter.json_schemas(wanted, ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        answer = drawn[route.name, "serialization"]
        body = drawn.get((route.name, "validation"))
        entry = paths.setdefault(dialect.base + route.path, {})
        entry[route.method.lower()] = _operation(route, answer, body)
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
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
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
            "schemas": {**shared.get("$defs", {}), "ErrorResponse": _ERROR_SCHEMA},
        },
    }


def _operation(route: Route, answer: Any, body: Any) -> dict[str, Any]:
    summary, _, words = inspect.cleandoc(route.function.__doc__ or route.name).partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": summary,
        "description": " ".join(words.split()) or summary,
        "parameters": [_parameter(param) for param in route.params],
        "responses": _responses(route, answer),
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


def _responses(route: Route, answer: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    answered: dict[str, Any] = {"description": "Answered"}
    if route.returns is not Answer:
        answered["content"] = content
    responses = {str(route.status): answered}
    for status in route.others:
        responses[str(status)] = {"description": "Under way", "content": content}
    if route.method == "GET" and route.status == 200:
        responses["304"] = {"description": "The client has this already"}
    refused = {"application/json": {"schema": {"$ref": ERROR}}}
    for status in _refusals(route):
        responses[str(status)] = {"description": _ERRORS[status], "content": refused}
    return responses


def _refusals(route: Route) -> list[int]:
    statuses = [*route.refuses]
    if route.params or route.body:
        statuses.append(400)
    if route.access is not Access.PUBLIC:
        statuses += [401, 429]
    if route.access is Access.ADMIN:
        statuses.append(403)
    if route.method != "GET":
        statuses += [404, 409]
    if route.body:
        statuses += [413, 415]
    return sorted({*statuses})
