"""Effects that change the JSON a pretend provider answers, and nothing else about it."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import orjson

from rewind_gql.demo.upstreams.exchange import Effect, Exchange

Step = str | int


def transform(change: Callable[[Any], Any]) -> Effect:
    """Answer with what `change` makes of the JSON body; it may change it in place and return it."""

    async def transformed(exchange: Exchange) -> None:
        reply = await exchange.capture()
        await exchange.reply(reply.with_body(orjson.dumps(change(orjson.loads(reply.body)))))

    return transformed


def put(*path: Step, value: object) -> Effect:
    """Put `value` at a place of the body: `put("recenttracks", "@attr", "user", value="other")`.

    With a number as the last step it takes the place of that item of a list.
    """

    def change(body: Any) -> Any:
        _at(body, path[:-1])[path[-1]] = value
        return body

    return transform(change)


def without(*path: Step) -> Effect:
    """Leave out a key, or an item of a list."""

    def change(body: Any) -> Any:
        del _at(body, path[:-1])[path[-1]]
        return body

    return transform(change)


def unlisted(*path: Step) -> Effect:
    """Answer the first item itself where a list of items stood."""

    def change(body: Any) -> Any:
        parent = _at(body, path[:-1])
        parent[path[-1]] = parent[path[-1]][0]
        return body

    return transform(change)


def shifted(*path: Step, by: int = 1) -> Effect:
    """Move a page's list along, as when rows before it vanish (`by` > 0) or arrive (`by` < 0).

    The page lacks its first `by` rows, or starts with its first row so many times more and lacks
    as many at its end.
    """

    def change(body: Any) -> Any:
        parent = _at(body, path[:-1])
        rows = parent[path[-1]]
        parent[path[-1]] = rows[by:] if by >= 0 else rows[:1] * -by + rows[:by]
        return body

    return transform(change)


def _at(body: Any, path: tuple[Step, ...]) -> Any:
    return reduce(lambda node, step: node[step], path, body)
