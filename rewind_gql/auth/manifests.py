"""Files that hold documents: GraphQL itself, and the lists that build tools write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from rewind_gql.auth.documents import SHA256, Trusted, fingerprint, is_id
from rewind_gql.errors import BadInput

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_TEXT_BYTES = 128 * 1024
APOLLO = "apollo-persisted-query-manifest"
GRAPHQL = (".graphql", ".gql")


def files(given: Sequence[Path]) -> list[Path]:
    """The files that are meant: those given, and in folders all that end like GraphQL or JSON.

    Raises `BadInput` for a path that is not there, and a folder with nothing in it.
    """
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = [each for each in path.rglob("*") if each.suffix in (*GRAPHQL, ".json")]
            if not inside:
                raise BadInput(f"{path} holds no .graphql, .gql or .json files")
            found += sorted(each for each in inside if each.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise BadInput(f"There is no file {path}")
    return list(dict.fromkeys(found))


def read(path: Path) -> list[Trusted]:
    """The documents of one file. Raises `BadInput`, which names the file, where it is none."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BadInput(f"{path} has {size:,} bytes; {MAX_FILE_BYTES:,} are allowed")
        raw = path.read_bytes()
    except OSError as failed:
        raise BadInput(f"{path} cannot be read: {failed.strerror}") from failed
    try:
        return parse(path.name, raw)
    except BadInput as wrong:
        raise BadInput(f"{path}: {wrong.message}") from wrong


def parse(name: str, raw: bytes) -> list[Trusted]:
    """The documents in a file of that name: one in GraphQL, any number in JSON.

    JSON is an object of texts by their ids, as Relay and graphql-codegen write it, or Apollo's
    manifest. Raises `BadInput` for anything else, and for an id that is none or belies its text.
    """
    if name.endswith(GRAPHQL):
        text = _decoded(raw)
        return [_checked(SHA256 + fingerprint(text), text)]
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise BadInput(f"It is no JSON ({wrong})") from wrong
    if not isinstance(given, dict) or not given:
        raise BadInput("It is no list of documents: expected an object of texts by their ids")
    texts = _apollo(given) if given.get("format") == APOLLO else given
    return [_checked(document_id, text) for document_id, text in texts.items()]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise BadInput("It is not UTF-8") from wrong


def _apollo(given: dict[str, Any]) -> dict[Any, Any]:
    """The texts in Apollo's manifest by their ids."""
    if given.get("version") != 1:
        raise BadInput("Of Apollo's manifest only version 1 is known")
    operations = given.get("operations")
    if isinstance(operations, dict):  # so graphql-codegen's plugin for it writes them
        operations = [{"id": key, **_object(each)} for key, each in operations.items()]
    if not isinstance(operations, list):
        raise BadInput("The manifest lists no operations")
    texts: dict[Any, Any] = {}
    for each in map(_object, operations):
        document_id = each.get("id")
        if not isinstance(document_id, str) or texts.setdefault(document_id, each.get("body")) != (
            each.get("body")
        ):
            raise BadInput(f"The id {document_id!r} is none, or stands there with two texts")
    return texts


def _object(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadInput("An operation in the manifest is no object")
    return given


def _checked(document_id: Any, text: Any) -> Trusted:
    shown = document_id if len(document_id) <= 80 else f"{document_id[:80]}…"
    if not isinstance(text, str):
        raise BadInput(f"The document {shown!r} has no text")
    if not is_id(document_id):
        raise BadInput(
            f"{shown!r} is no document id: sha256: and 64 hex digits, or letters, digits and -._~"
        )
    if document_id.startswith(SHA256) and document_id != SHA256 + fingerprint(text):
        raise BadInput(f"The document {shown!r} has another hash than its id says")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise BadInput(f"The document {shown!r} is longer than {MAX_TEXT_BYTES:,} bytes")
    return Trusted(document_id, text)
