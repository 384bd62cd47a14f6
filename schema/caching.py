"""Answers to queries by the versions of what they were made of: kept, named, and judged."""

from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from starlette.types import Scope
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from rewind_gql.caching import Caching, Kept, Numbers, if_none_match, matches, rights
from rewind_gql.trace import traced
from schema.context import Context
from schema.documents import Asked
from schema.errors import NO_OPERATION, ErrorCode, unexecuted
from schema.execution import Schema, payload, written

DATA_VERSION = "dataVersion"
"""Where a request's extensions ask for the versions, and where the answer's tell them."""
COST = "cost"
HEADER = b"x-data-version"
REVALIDATED = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization, Origin",
}
"""What goes with a validator: the client may keep the answer, and asks whether it still holds."""


class Reply(NamedTuple):
    """What is sent. `was_executed` is whether there is data; `tag` is there for GET alone.

    Without a body the client has the answer already. `kept` is what is kept of it, if anything, and
    `is_whole` false of what has errors.
    """

    body: bytes | None
    was_executed: bool
    tag: bytes | None = None
    kept: Kept | None = None
    is_whole: bool = True


class Question(NamedTuple):
    """What was asked, as far as it decides the answer, and by whom."""

    text: str
    name: str | None
    variables: bytes
    extensions: bytes
    origin: str
    is_local: bool
    rights: tuple[Any, ...]


class Replies:
    """Executes queries and mutations, and gives again what is known to be true."""

    def __init__(self, schema: Schema, caching: Caching) -> None:
        self._schema = schema
        self._caching = caching

    async def answer(
        self, scope: Scope, operation: Asked, context: Context, media_type: str | None = None
    ) -> Reply:
        """The answer; with `media_type`, to GET: with a validator, or none where it holds."""
        numbers = await self._caching.versions.of(context.caller.user_id)
        kind = self._schema.known(operation.query or "", operation.operation_name)
        if kind is not OperationType.QUERY:
            result = await self._executed(operation, context)
            if kind is OperationType.MUTATION:
                numbers = await self._caching.versions.of(context.caller.user_id)
            tell(scope, numbers)
            sent = _sent(result, operation, numbers)
            return Reply(written(sent), "data" in sent)
        tell(scope, numbers)
        if media_type is None:
            reply = await self._kept_or_made(operation, context, numbers)
        else:
            reply = await self._judged(scope, operation, context, numbers, media_type)
        if not operation.teaches:  # that is to be done each time
            scope.setdefault("state", {})["kept"] = reply.kept
        return reply

    async def _kept_or_made(self, operation: Asked, context: Context, numbers: Numbers) -> Reply:
        """The answer, as it is known or as it is now."""
        question = _question(operation, context)
        known = self._caching.answers.find(question, numbers)
        if known is not None:
            return Reply(known.body, True, kept=known)
        return await self._made(question, operation, context, numbers)

    async def _judged(
        self,
        scope: Scope,
        operation: Asked,
        context: Context,
        numbers: Numbers,
        media_type: str,
    ) -> Reply:
        """The answer with its validator, or nothing for a client that has it."""
        question = _question(operation, context)
        asked = (media_type, question)
        known = self._caching.answers.find(question, numbers)
        given = if_none_match(scope)
        if known is None and given is not None:
            tag = self._caching.tags.find(asked, given, numbers)
            if tag is not None:
                return Reply(None, True, tag)
        made = Reply(known.body, True, kept=known) if known else None
        if made is None:
            made = await self._made(question, operation, context, numbers)
            if not made.is_whole:
                return made
        tag = _hashed(made.body or b"")
        if made.kept is not None:
            tag = self._caching.tags.write(asked, made.kept.domains, made.kept.until, numbers)
        has_it = given is not None and matches(tag, given)
        return made._replace(body=None if has_it else made.body, tag=tag)

    async def _made(
        self, question: Question, operation: Asked, context: Context, numbers: Numbers
    ) -> Reply:
        """The answer as it is now."""
        with traced() as trace:
            result = await self._executed(operation, context)
        sent = _sent(result, operation, numbers)
        body = written(sent)
        if "errors" in sent or "data" not in sent:
            return Reply(body, "data" in sent, is_whole=False)
        if _asks(operation, COST):  # it tells what is left of the minute
            return Reply(body, True)
        kept = self._caching.kept(body, trace, numbers, of_all=_asks(operation, DATA_VERSION))
        if kept is not None:
            size = len(question.text) + len(question.variables) + len(question.extensions)
            self._caching.keep(question, kept, size + len(question.origin))
        return Reply(body, True, kept=kept)

    async def _executed(self, operation: Asked, context: Context) -> ExecutionResult:
        context.as_json = True
        try:
            return await self._schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                operation_extensions=operation.extensions,
            )
        except CannotGetOperationTypeError:
            unknown = unexecuted(NO_OPERATION, ErrorCode.BAD_REQUEST, context.request_id)
            return PreExecutionError(None, [unknown])


def _question(operation: Asked, context: Context) -> Question:
    return Question(
        operation.query or "",
        operation.operation_name,
        _canonical(operation.variables),
        _canonical(operation.extensions),
        context.links.origin,
        context.is_local,
        rights(context.caller),
    )


def _canonical(given: dict[str, Any] | None) -> bytes:
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS) if given else b""


def _asks(operation: Asked, name: str) -> bool:
    return bool(operation.extensions) and (operation.extensions or {}).get(name) is True


def _sent(result: ExecutionResult, operation: Asked, numbers: Numbers) -> dict[str, Any]:
    sent = payload(result)
    if _asks(operation, DATA_VERSION):
        sent["extensions"] = {**sent.get("extensions", {}), DATA_VERSION: numbers.of}
    return sent


def tell(scope: Scope, numbers: Numbers) -> None:
    """Name the versions in a header of the answer."""
    headers: list[tuple[bytes, bytes]] | None = scope.get("state", {}).get("headers")
    if headers is not None:
        headers.append((HEADER, numbers.header))


def _hashed(body: bytes) -> bytes:
    """The validator of an answer that holds for this once."""
    return b'"%b"' % blake2b(body, digest_size=16).hexdigest().encode()
