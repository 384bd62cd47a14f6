"""Trakt's own export and what people's scripts save of its API: lists of API-shaped objects."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rewind_gql.domains.watching import intake
from rewind_gql.domains.watching.records import Watch
from rewind_gql.sources.exports.base import Export, LeftOut, Read
from rewind_gql.sources.exports.documents import first_at, place_of, read_objects
from rewind_gql.sources.trakt_rows import owned, parse_owned, parse_watch

EPISODES = "watches of episodes"


def parse_played(raw: dict[str, Any]) -> Watch | LeftOut:
    """A line of the history; episodes are counted and left out."""
    if raw.get("type", "movie") != "movie" or "episode" in raw:
        return LeftOut(EPISODES)
    return parse_watch(raw)


def _sniff(
    head: str, *, key: str, others: frozenset[str], parse: Callable[[dict[str, Any]], Any]
) -> Read | None:
    """How to read a list of objects with `key` and one of `others`, wherever in the file it is."""
    place = place_of(head, key)
    if place is None or place[-1:] != ("item",):
        return None
    first = first_at(head, place)
    if not isinstance(first, dict) or not first.keys() & others:
        return None
    return partial(read_objects, place=place, parse=parse)


_TRAKT: Mapping[str, Any] = {"provider": "trakt", "unit": "film"}
EXPORTS = (
    Export(
        name="trakt-history",
        about="what was watched, as JSON by Trakt or a backup of its API ([{id, watched_at, …}])",
        domain="watching",
        part="watches",
        kind="event",
        into=intake.watches,
        sniff=partial(
            _sniff,
            key="watched_at",
            others=frozenset({"action", "type"}),
            parse=parse_played,
        ),
        **_TRAKT,
    ),
    Export(
        name="trakt-collection",
        about="owned films, as JSON by Trakt or a backup of its API ([{collected_at, movie, …}])",
        domain="collecting",
        part="media",
        kind="series",
        into=owned,
        sniff=partial(_sniff, key="collected_at", others=frozenset({"movie"}), parse=parse_owned),
        **_TRAKT,
    ),
)
