"""Files of documents: GraphQL itself, and the lists that Relay, codegen and Apollo write."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.auth.documents import Trusted, fingerprint
from rewind_gql.auth.manifests import MAX_FILE_BYTES, MAX_TEXT_BYTES, files, parse, read
from rewind_gql.errors import BadInput

pytestmark = pytest.mark.either
SCOPE = "query Scope { viewer { scope } }"
ZONE = "query Zone { viewer { timeZone } }"
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}


def apollo(*operations: Any, **given: Any) -> dict[str, Any]:
    """A manifest as Apollo's generator writes it."""
    return {**APOLLO, "operations": list(operations), **given}


def operation(document_id: Any, body: Any) -> dict[str, Any]:
    """One of its operations."""
    return {"id": document_id, "name": "N", "type": "query", "body": body}


@pytest.mark.parametrize("name", ["scope.graphql", "scope.gql"])
def test_a_file_of_graphql_is_one_document_by_its_hash(name: str) -> None:
    text = f"# ø\n{SCOPE}\n"

    assert parse(name, text.encode()) == [Trusted(f"sha256:{fingerprint(text)}", text)]


@pytest.mark.parametrize(
    "given",
    [
        {"0" * 32: SCOPE, "1" * 32: ZONE},  # Relay, by MD5
        {f"sha256:{fingerprint(SCOPE)}": SCOPE},  # graphql-codegen, by SHA-256 with its prefix
        {"0" * 40: SCOPE},  # and by SHA-1
    ],
)
def test_relay_and_codegen_write_texts_by_their_ids(given: dict[str, str]) -> None:
    found = parse("persisted.json", json.dumps(given).encode())

    assert found == [Trusted(*each) for each in given.items()]


def test_apollos_manifest_is_read() -> None:
    operations = [operation(fingerprint(each), each) for each in (SCOPE, ZONE)]

    found = parse("manifest.json", json.dumps(apollo(*operations)).encode())

    assert found == [Trusted(fingerprint(each), each) for each in (SCOPE, ZONE)]


def test_a_manifest_whose_operations_go_by_their_ids_is_read_too() -> None:
    given = {**APOLLO, "operations": {"home": {"name": "N", "type": "query", "body": SCOPE}}}

    assert parse("manifest.json", json.dumps(given).encode()) == [Trusted("home", SCOPE)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no list"),
        ({}, "no list"),
        ("x", "no list"),
        ([{"id": "a", "body": SCOPE}], "no list"),
        ({"a": 5}, "no text"),
        ({"a": None}, "no text"),
        ({"a": {"query": SCOPE}}, "no text"),
        ({"a b": SCOPE}, "no document id"),
        ({"x" * 200: SCOPE}, "no document id"),
        ({f"sha256:{fingerprint(ZONE)}": SCOPE}, "another hash"),
        ({"a": "#" * (MAX_TEXT_BYTES + 1)}, "longer than"),
        (apollo(version=2), "version 1"),
        (apollo(operations=5), "no operations"),
        (apollo("x"), "no object"),
        (apollo(operation(5, SCOPE)), "is none"),
        (apollo(operation("a", SCOPE), operation("a", ZONE)), "two texts"),
        (apollo(operation("a", None)), "no text"),
    ],
)
def test_what_is_no_list_of_documents_is_refused(given: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse("manifest.json", json.dumps(given).encode())


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.json", b"{", "no JSON"),
        ("a.json", b"", "no JSON"),
        ("a.json", b"\xff", "no JSON"),
        ("a.json", b"[" * 100_000, "no JSON"),
        ("a.graphql", b"\xff", "UTF-8"),
        ("a.graphql", b"#" * (MAX_TEXT_BYTES + 1), "longer than"),
    ],
)
def test_a_broken_file_is_refused(name: str, raw: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse(name, raw)


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        os.truncate(file.fileno(), MAX_FILE_BYTES + 1)

    with pytest.raises(BadInput, match=r"manifest\.json has 16,777,217 bytes"):
        read(path)


def test_what_is_wrong_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{")

    with pytest.raises(BadInput, match=r"a\.json: It is no JSON"):
        read(path)


def test_a_folder_is_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.graphql", "deep/a.gql", "c.json", "readme.md"):
        (tmp_path / name).write_text(SCOPE)

    found = files([tmp_path, tmp_path / "c.json"])

    assert [str(each.relative_to(tmp_path)) for each in found] == [
        "b.graphql",
        "c.json",
        "deep/a.gql",
    ]


def test_a_path_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        files([tmp_path / "nobody"])
    with pytest.raises(BadInput, match="holds no"):
        files([tmp_path])
