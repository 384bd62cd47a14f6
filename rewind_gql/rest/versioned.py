"""Answers to GET by the versions of what they were made of: kept, and judged by their validator."""

from typing import Any, NamedTuple

from starlette.types import Scope

from rewind_gql.auth.views import Caller
from rewind_gql.caching import Caching, Kept, Numbers, if_none_match, matches, rights
from rewind_gql.rest.answers import Answer, Header, answer, validated
from rewind_gql.rest.door import header
from rewind_gql.rest.shim import Access, Route
from rewind_gql.trace import Trace

DATA_VERSION = b"x-data-version"


class Question(NamedTuple):
    """What was asked, where, and by whom, as far as it decides the answer."""

    path: str
    query: bytes
    scheme: str
    host: bytes
    rights: tuple[Any, ...]


class Turn(NamedTuple):
    """A question, the versions there were before it was answered, and what the client has."""

    question: Question
    numbers: Numbers
    if_none_match: bytes | None
    state: dict[str, Any]
    """The request's, where outer layers are told what is kept of its answer."""


class Versioned:
    """Answers given again as long as they are true, and 304 to those who have them."""

    def __init__(self, caching: Caching) -> None:
        self._caching = caching

    async def tell(self, scope: Scope, caller: Caller | None) -> Numbers | None:
        """The versions of the caller's data, which the answer will name."""
        if caller is None:
            return None
        numbers = await self._caching.versions.of(caller.user_id)
        scope["state"]["headers"].append((DATA_VERSION, numbers.header))
        return numbers

    def turn(
        self, scope: Scope, route: Route, caller: Caller | None, numbers: Numbers | None
    ) -> Turn | None:
        """What is asked, where its answer is one for clients to keep."""
        host = header(scope, b"host")
        if route.cache is None or route.access is not Access.READ or route.method != "GET":
            return None
        if caller is None or numbers is None or host is None:
            return None
        place = (scope["path"], scope["query_string"], scope["scheme"], host)
        asked = Question(*place, rights(caller))
        return Turn(asked, numbers, if_none_match(scope), scope["state"])

    def find(self, turn: Turn, headers: tuple[Header, ...]) -> Answer | None:
        """The answer, if it is known, or known not to be another than the client has."""
        known = self._caching.answers.find(turn.question, turn.numbers)
        if known is not None:
            return _given(known, turn)
        if turn.if_none_match is not None:
            tag = self._caching.tags.find(turn.question, turn.if_none_match, turn.numbers)
            if tag is not None:
                return Answer(304, [*headers, (b"etag", tag)], b"")
        return None

    def answer(self, turn: Turn, body: bytes, headers: tuple[Header, ...], trace: Trace) -> Answer:
        """The answer that was made, kept if it holds for longer than this once."""
        made = self._caching.kept(body, trace, turn.numbers, tagged=turn.question)
        if made is None or made.tag is None:
            return validated(body, headers, turn.if_none_match)
        made.extra = answer(200, body, (*headers, (b"etag", made.tag))).headers
        asked = turn.question
        size = len(asked.path) + len(asked.query) + len(asked.host) + 1_024
        self._caching.keep(asked, made, size)
        return _given(made, turn)


def _given(known: Kept, turn: Turn) -> Answer:
    turn.state["kept"] = known
    if_none_match = turn.if_none_match
    headers: list[Header] = known.extra
    tag = known.tag or b""
    if if_none_match is not None and matches(tag, if_none_match):
        return Answer(304, headers[2:], b"")
    return Answer(200, [*headers], known.body)  # outer layers add to them
