"""Documents that requests name instead of bringing their text: by id, or by the text's hash.

Automatic persisted queries: https://www.apollographql.com/docs/apollo-server/performance/apq
Persisted documents: https://github.com/graphql/graphql-over-http/pull/264
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.http import GraphQLRequestData

from rewind_gql.auth import documents
from rewind_gql.auth.views import Caller
from rewind_gql.errors import BadInput, Denied, NotFound, Refused
from rewind_gql.store.engine import Store
from schema.execution import Schema

PERSISTED = "persistedQuery"
KEPT = 1_000
KEPT_BYTES = 4 * 1024 * 1024
"""How many texts that were named by their hash are kept, and how long they may be together."""


@dataclass
class Asked(GraphQLRequestData):
    """What a request asks for. Its `query` may have to be found first, by `document_id`.

    `teaches` is whether the text came with its hash, under which it is known from now on.
    """

    document_id: str | None = None
    teaches: bool = False


class Malformed(Refused):
    """The request is not GraphQL over HTTP"""

    code = "BAD_REQUEST"


class UnknownDocument(NotFound):
    """There is no trusted document of this id"""

    code = "PERSISTED_QUERY_NOT_IN_LIST"


class UnknownHash(NotFound):
    """PersistedQueryNotFound"""

    code = "PERSISTED_QUERY_NOT_FOUND"


class UnknownVersion(BadInput):
    """PersistedQueryNotSupported"""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class WrongHash(BadInput):
    """provided sha does not match query"""

    code = "PERSISTED_QUERY_HASH_MISMATCH"


class TextRefused(Denied):
    """This key only runs trusted documents: send a documentId instead of a text"""

    code = "PERSISTED_QUERY_ID_REQUIRED"


class Texts:
    """Texts by their hash, for each person apart; those used last are kept."""

    def __init__(self, most: int = KEPT, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._texts: OrderedDict[tuple[int, str], str] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._texts)

    def find(self, user_id: int, hash: str) -> str | None:  # noqa: A002  # what it is
        """The text that this person sent with this hash."""
        found = self._texts.get((user_id, hash))
        if found is not None:
            self._texts.move_to_end((user_id, hash))
        return found

    def keep(self, user_id: int, hash: str, text: str) -> None:  # noqa: A002  # what it is
        """Keep a text; the oldest ones make room for it."""
        if (user_id, hash) in self._texts:
            return
        self._texts[user_id, hash] = text
        self._bytes += _size(text)
        while len(self._texts) > self._most or self._bytes > self._most_bytes:
            self._bytes -= _size(self._texts.popitem(last=False)[1])


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class Documents:
    """Finds the text of what is asked for, and lets nobody run what they may not."""

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema = schema
        self._store = store
        self._texts = Texts()

    async def settle(self, asked: Asked, caller: Caller) -> None:
        """Put the text of the document into `asked`, unless it is there and the caller's to send.

        Raises `UnknownDocument`, `UnknownHash`, `UnknownVersion`, `WrongHash`, `TextRefused`, and
        `Malformed` for what is no hash.
        """
        extensions = asked.extensions
        if asked.query and not caller.trusted_only and not (extensions and PERSISTED in extensions):
            return
        if asked.document_id is not None:
            asked.query = await self._trusted(caller, asked.document_id)
            if asked.query is None:
                raise UnknownDocument
            return
        hashed = _hash_in(extensions)
        if asked.query:
            self._named(asked, caller, hashed)
        elif hashed is not None:
            asked.query = await self._by_hash(caller, hashed)

    def _named(self, asked: Asked, caller: Caller, hashed: str | None) -> None:
        """Keep a text that came with its hash, if there is nothing wrong with it."""
        if caller.trusted_only:
            raise TextRefused
        text = asked.query or ""
        if hashed is None:
            return
        if documents.fingerprint(text) != hashed:
            raise WrongHash
        if self._schema.known(text, asked.operation_name) is not None:
            self._texts.keep(caller.user_id, hashed, text)
            asked.teaches = True

    async def _by_hash(self, caller: Caller, hashed: str) -> str:
        # Clients that were built with a list of documents name those in the same way.
        found = None if caller.trusted_only else self._texts.find(caller.user_id, hashed)
        found = found or await self._trusted(caller, hashed)
        if found is None:
            raise UnknownDocument if caller.trusted_only else UnknownHash
        return found

    async def _trusted(self, caller: Caller, document_id: str) -> str | None:
        return await self._store.ask(documents.text, caller.user_id, document_id=document_id)


def _hash_in(extensions: dict[str, Any] | None) -> str | None:
    """The hash in a request's extensions; None where nothing is said of one."""
    given = (extensions or {}).get(PERSISTED)
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Malformed(f"`extensions.{PERSISTED}` must be an object")
    version, hashed = given.get("version"), given.get("sha256Hash")
    if version != 1 or isinstance(version, bool):
        raise UnknownVersion
    if not isinstance(hashed, str) or not documents.is_id(hashed):
        raise Malformed(f"`extensions.{PERSISTED}.sha256Hash` must be a hash")
    return hashed


def operations_in(schema: Schema, text: str) -> list[str]:
    """The names of a document's operations, empty for one without.

    Raises `BadInput`, with all that is wrong, for one that could not be run.
    """
    try:
        document = schema.documents.find(text)
    except GraphQLError as wrong:
        raise BadInput(_told(wrong)) from wrong
    except RecursionError as wrong:
        raise BadInput("The document is nested too deeply") from wrong
    if document.errors:
        raise BadInput("; ".join(_told(each) for each in document.errors[:5]))
    found = [
        each.name.value if each.name else ""
        for each in document.node.definitions
        if isinstance(each, OperationDefinitionNode)
    ]
    if not found:
        raise BadInput("The document has fragments but no operation")
    return found


def _told(error: GraphQLError) -> str:
    place = error.locations[0] if error.locations else None
    return f"line {place.line}: {error.message}" if place else error.message
