"""Two results of one operation beside each other."""

import json
from collections import Counter
from typing import Any, NamedTuple

import pytest
from graphql import ExecutionResult, GraphQLError

_LEFT = "(GraphQLCoreConverter|Executor)"
LEFT_BEHIND = pytest.mark.filterwarnings(
    # graphql-core never awaits what it began where a sibling fails at once.
    f"ignore:coroutine '{_LEFT}.*was never awaited:RuntimeWarning",
    # Told so when collected inside the constructor of a namedtuple, which knows no __import__.
    f"ignore:Exception ignored in.*object {_LEFT}:pytest.PytestUnraisableExceptionWarning",
)


class Told(NamedTuple):
    """A result as far as any two executors have to agree on it."""

    data: str
    errors: Counter[str]
    """Those of places that are null by themselves."""
    holes: Counter[str]
    """Places that are null because of what is in them, which may be several things."""


def told(result: ExecutionResult) -> Told:
    """What a result tells.

    Where several things that must not be null fail at once below one place, the first to come is
    told, and that is a matter of time. So of such a place it counts only that it is null.
    """
    data = json.dumps(result.data, default=repr)
    errors: Counter[str] = Counter()
    holes: dict[str, int] = {}
    for error in result.errors or ():
        place = _null(result.data, error)
        if error.path is None or place == list(error.path):
            errors[_text(error)] += 1
        else:
            holes[repr(place)] = 1
    return Told(data, errors, Counter(holes))


def _null(data: Any, error: GraphQLError) -> list[str | int]:
    """Where the path of an error ends in the data."""
    found = data
    place: list[str | int] = []
    for key in error.path or ():
        if found is None:
            break
        found = found[key]
        place.append(key)
    return place


def _text(error: GraphQLError) -> str:
    return json.dumps(error.formatted, default=repr, sort_keys=True)


def agree(one: ExecutionResult, other: ExecutionResult, *, budget: str | None = None) -> bool:
    """Whether two results tell the same; spent with words `budget`, both only have to be."""
    if budget is not None:
        spent = [any(e.message == budget for e in each.errors or ()) for each in (one, other)]
        if any(spent):
            return all(spent)
    return told(one) == told(other)
