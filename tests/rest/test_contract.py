"""The promises to clients of listening and collecting: kept by our document, and our answers."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.domains.listening.tables import Artist
from rewind_gql.store.engine import Store
from tests.conform import our_document
from tests.oracle.lives import tag
from tests.rest import contract_collecting, contract_listening
from tests.rest.contract import OPERATIONS, Operation, Term
from tests.rest.keeping import broken
from tests.rest.life import EVENING, hear, play
from tests.rest.test_collecting_reads import shelve
from tests.serving import Api

YEAR = 365 * 24 * 60
READS = {
    f"/v1/{room}/{path}": promised
    for room, made in (("listening", contract_listening), ("collecting", contract_collecting))
    for path, promised in made.PROMISED.items()
}
WRITTEN = {**contract_listening.WRITTEN, **contract_collecting.WRITTEN}
TEXTS: dict[str, Sequence[str]] = {
    "date": ("2026-03-18", "2024-02-29", "1970-01-01"),
    "from": ("2026", "2026-03", "2026-03-18", "2026-03-18T22:05:00Z", "2026-03-18T23:05+01:00"),
    "to": ("2026", "2026-03", "2026-03-18", "2026-03-18T22:05:00.999Z", "1970-01-01"),
    "year": ("2000", "2025", "2026"),
    "format": ("Vinyl", "bluray", "vinyl"),
    "sort": ("plays", "added", "title", "artist", "year", "rating", "collected_at", "other"),
    "order": ("asc", "desc", "ASC"),
    "filter": ("listened", "unlistened", "watched", "unwatched", "all"),
    "artist_name": ("low", "o"),
}
WINDOWS = ("from=2025&to=2026", "from=2026-03-18T22:05:00Z&to=2026-03-18", "date=2026-03-18&from=x")


def named(path: str) -> str:
    """A path without the names of its parts."""
    return re.sub(r"{\w+}", "{}", path)


def ours(operation: Operation) -> Any:
    """The operation in our document."""
    item = our_document()["paths"][operation.path]
    return item[operation.method.lower()]


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A schema, its reference followed."""
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = our_document()["components"]["schemas"][name] if name else part
    return found


def promise(operation: Operation) -> Any:
    """What an operation answers."""
    found = [made for path, made in READS.items() if named(path) == named(operation.path)]
    return WRITTEN.get(operation.name) or found[0]


def test_the_promised_operations_are_all_there_are_but_for_a_former_address() -> None:
    ours_too = {
        (method.upper(), path)
        for path, item in our_document()["paths"].items()
        for method, each in item.items()
        if {"Listening", "Collecting"} & {*each["tags"]}
    }

    promised = {(each.method, each.path) for each in OPERATIONS}
    syncs = {each for each in promised if each[1].startswith("/v1/admin/sync/")}
    former = {(method, "/v1/listening/admin/sync") for method in ("GET", "POST")}
    assert len(promised | former) == 52
    assert ours_too == (promised - syncs) | former


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_takes_what_was_promised(operation: Operation) -> None:
    found = ours(operation)

    asked = {each["name"]: each for each in found["parameters"] if each["in"] == "query"}
    placed = [each["name"] for each in found["parameters"] if each["in"] == "path"]
    assert found["operationId"] == operation.name
    assert ("Admin" in found["tags"]) == ("/admin/" in operation.path)
    assert placed == re.findall(r"{(\w+)}", operation.path)
    assert sorted(asked) == sorted(term.name for term in operation.params)
    for term in operation.params:
        param = asked[term.name]
        assert term.fits(param["schema"], required=param["required"]), (term, param)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.fields], ids=lambda each: each.name
)
def test_a_body_has_the_promised_fields(operation: Operation) -> None:
    sent = resolved(ours(operation)["requestBody"]["content"]["application/json"]["schema"])

    assert sorted(sent["properties"]) == sorted(term.name for term in operation.fields)
    for term in operation.fields:
        field, needed = sent["properties"][term.name], term.name in sent.get("required", ())
        assert term.fits(field, required=needed), (term, field)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_answers_what_was_promised(operation: Operation) -> None:
    [status] = [code for code in ours(operation)["responses"] if code in ("200", "201")]
    answer = ours(operation)["responses"][status]["content"]["application/json"]["schema"]

    known = our_document()["components"]["schemas"]
    assert list(broken(answer, promise(operation), known)) == []


def values(term: Term) -> Sequence[str]:
    """What a parameter may be, at its edges."""
    if "|" in term.kind or term.name == "compare_to":
        return term.kind.split("|")
    if term.name in TEXTS:
        return TEXTS[term.name]
    if term.kind == "bool":
        return ("true", "1", "false", "yes", "")
    if ".." in term.kind:
        low, high = term.kind.split("..")
        return (low, high or "1000000000", term.default or "2")
    return ("o", "%", "_", '"', "'", "ä")


def questions(operation: Operation) -> Iterator[str]:
    """Query strings with every parameter: alone, with dates, and with the one before it."""
    yield ""
    alone = [[f"{term.name}={quote(value)}" for value in values(term)] for term in operation.params]
    dated = any(term.name == "date" for term in operation.params)
    for at, each in enumerate(alone):
        name = operation.params[at].name
        yield from each
        if name in ("date", "from", "to"):
            continue
        if dated:
            yield from (f"{WINDOWS[0]}&{query}" for query in each)
        if at and {name, operation.params[at - 1].name} != {"artist_id", "artist_name"}:
            yield f"{alone[at - 1][-1]}&{each[0]}"
    yield from WINDOWS if dated else ()


async def live(store: Store) -> None:
    """Plays over some years, and a shelf that knows them."""
    heard = [
        play(f"song {n % 4}", ("Low", "Björk", "David Bowie")[n % 3], minutes=-n * YEAR // 3)
        for n in range(9)
    ]
    albums = [
        play(f"side {n}", "David Bowie", album="Hunky Dory", minutes=-n * 60) for n in range(5)
    ]
    await shelve(store)
    await hear(store, *heard, *albums)
    async with store.write() as conn:
        artists = (await conn.execute(select(col(Artist.id)))).scalars().all()
    await tag(store, dict.fromkeys(artists, "Rock"))


async def places(api: Api, path: str) -> list[str]:
    """A path with the number of each thing that is there."""
    if "{year}" in path:
        return [path.replace("{year}", year) for year in ("2000", "2025", "2026")]
    if "{id}" not in path:
        return [path]
    rows = (await api.ask(f"{path.removesuffix('/{id}')}?limit=100", key="admin")).json()["data"]
    assert rows
    return [path.replace("{id}", str(row["id"])) for row in rows]


GETS = [each for each in OPERATIONS if each.method == "GET"]


# That each answer is one of the document, and has no field beside it, is seen to by `ask`.
@pytest.mark.either
@time_machine.travel(EVENING + timedelta(hours=12), tick=False)
async def test_every_parameter_is_answered_as_documented(api: Api) -> None:
    await live(api.desk.store)

    for operation in GETS:
        for path in await places(api, operation.path):
            for query in questions(operation):
                answered = await api.ask(f"{path}?{query}", key="admin")
                unknown = answered.status_code == 404 and "artist_name" in query
                assert answered.status_code == 200 or unknown, (path, query, answered.text)
                assert query or answered.json().get("data", True), path


@pytest.mark.either
async def test_of_nothing_at_all_it_is_told_as_documented(api: Api) -> None:
    for operation in GETS:
        path = operation.path.replace("{year}", "2026")
        answered = await api.ask(path.replace("{id}", "1"), key="admin")

        assert answered.status_code == (404 if "{id}" in path else 200)
