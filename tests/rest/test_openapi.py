"""The document: valid, complete, and true to what the routes do."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind import ROUTES
from tests.serving import Api


async def fetched(api: Api) -> Any:
    """The document as it is served."""
    answered = await api.ask("/v1/openapi.json", key=None)
    assert answered.headers["cache-control"] == "public, max-age=300"
    return answered.json()


async def test_every_route_is_in_it(quick_api: Api) -> None:
    document = await fetched(quick_api)

    listed = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert document["openapi"] == "3.1.0"
    assert listed == {(route.method, REWIND.base + route.path) for route in ROUTES}


async def test_its_names_are_unique_and_its_references_lead_somewhere(quick_api: Api) -> None:
    document = await fetched(quick_api)

    operations = [op for item in document["paths"].values() for op in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    known = document["components"]["schemas"]
    assert not [name for name in known if "__" in name]  # two of one name, told apart by modules
    assert {ref.removeprefix("#/components/schemas/") for ref in references(document)} <= set(known)


async def test_its_schemas_are_json_schema(quick_api: Api) -> None:
    document = await fetched(quick_api)

    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                Draft202012Validator.check_schema(parameter["schema"])


async def test_parameters_say_their_range_and_default(quick_api: Api) -> None:
    document = await fetched(quick_api)

    given = document["paths"]["/v1/listening/recent"]["get"]["parameters"]
    limit = next(each for each in given if each["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}
    assert [each["name"] for each in given] == ["limit", "page", "date", "from", "to"]
    assert not any(each["required"] for each in given)


async def test_public_paths_say_so(quick_api: Api) -> None:
    document = await fetched(quick_api)

    assert document["security"] == [{"bearerAuth": []}]
    assert document["paths"]["/v1/health"]["get"]["security"] == []
    assert "security" not in document["paths"]["/v1/listening/recent"]["get"]


@pytest.mark.parametrize("path", ["/v1/health", "/v1/health/sync", "/v1/listening/recent"])
async def test_what_is_served_fits_the_document(quick_api: Api, path: str) -> None:
    document = await fetched(quick_api)
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    schema = {**content["application/json"]["schema"], "components": document["components"]}

    answered = await quick_api.ask(path)

    Draft202012Validator(schema).validate(answered.json())


def references(part: Any) -> set[str]:
    """Every reference in a document."""
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, part.values()))
