"""Rows → counted rows of collecting: the cross-reference, and what it comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import filing, views
from rewind_gql.domains.collecting.tables import CrossReference, MatchCount, MatchedAlbum, WantMatch
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

_FOUND = (
    "album_id",
    "album_name",
    "artist_name",
    "plays",
    "last_played_at",
    "match_type",
    "confidence",
    "added_at",
)


@dataclass(slots=True, kw_only=True)
class _Count:
    """One row of `collecting_match_count`."""

    items: int
    matches: int
    albums: int
    albums_heard: int
    heard: int


def _number_of(*conditions: Any) -> Any:
    every = conditions[0]
    for condition in conditions[1:]:
        every &= condition
    return func.coalesce(func.sum(case((every, 1), else_=0)), 0)


_MATCHED = col(CrossReference.match_type) != "none"
_AN_ALBUM = or_(*(col(CrossReference.match_type) == kind for kind in ("exact", "fuzzy")))
_HEARD = col(CrossReference.plays) > 0
_COUNT = Read(
    select(
        func.count().label("items"),
        _number_of(_MATCHED).label("matches"),
        _number_of(_AN_ALBUM).label("albums"),
        _number_of(_AN_ALBUM, _HEARD).label("albums_heard"),
        _number_of(_HEARD).label("heard"),
    ).where(col(CrossReference.user_id) == bindparam("user_id")),
    _Count,
)


async def derive(conn: Writing, user_id: int, touched: Touched) -> None:
    """File copies that came or changed, and count again what is filed and what was matched."""
    if touched.items:
        await filing.file(conn, user_id, touched.items)
        await match_count(conn, user_id)


async def rebuild(conn: Writing, user_id: int) -> None:
    """File and count again all of collecting. Its matches are `across`'s to find again."""
    await filing.refile(conn, user_id)
    await match_count(conn, user_id)


async def match_count(conn: Writing, user_id: int) -> None:
    """Count the user's cross-reference into its one row of `collecting_match_count`."""
    counted = await conn.value(_COUNT, user_id=user_id)
    count = asdict(counted)
    row = {"user_id": user_id, **count}
    await upsert(conn, MatchCount, [row], key=("user_id",), update=tuple(count))


async def cross_references(
    conn: Writing,
    user_id: int,
    matches: Sequence[views.Match],
    *,
    items: Sequence[int],
    editions: Mapping[int, Iterable[int]] | None = None,
) -> None:
    """Replace what is known of `items` by `matches`; a copy among them without a match goes.

    `editions` names, by copy, every album whose plays were counted; without it, the album named.
    """
    now = clock.now()
    rows = [
        {name: getattr(match, name) for name in ("item_id", *_FOUND)}
        | {"user_id": user_id, "updated_at": now}
        for match in matches
    ]
    await upsert(conn, CrossReference, rows, key=("item_id",), update=(*_FOUND, "updated_at"))
    without = sorted({*items} - {match.item_id for match in matches})
    if without:
        mine = col(CrossReference.user_id) == user_id
        gone = delete(CrossReference).where(mine, among(col(CrossReference.item_id), "gone"))
        await conn.execute(gone, {"gone": without})
    albums = editions if editions is not None else _named(matches)
    await _matched_albums(conn, user_id, items, albums)
    await match_count(conn, user_id)


def _named(matches: Sequence[views.Match]) -> dict[int, list[int]]:
    return {match.item_id: [match.album_id] for match in matches if match.album_id is not None}


async def _matched_albums(
    conn: Writing, user_id: int, items: Sequence[int], albums: Mapping[int, Iterable[int]]
) -> None:
    """Replace the albums of `items` in `collecting_matched_album`."""
    mine = col(MatchedAlbum.user_id) == user_id
    stale = delete(MatchedAlbum).where(mine, among(col(MatchedAlbum.item_id), "items"))
    await conn.execute(stale, {"items": [*items]})
    rows = [
        {"item_id": item_id, "album_id": album_id, "user_id": user_id}
        for item_id in sorted(albums)
        for album_id in sorted(set(albums[item_id]))
    ]
    if rows:
        await conn.execute(insert(MatchedAlbum), rows)


_WANTED = ("album_id", "plays", "last_played_at", "match_type", "confidence")


async def want_matches(
    conn: Writing, user_id: int, matches: Sequence[views.Match], *, wants: Sequence[int]
) -> None:
    """Replace what is known of `wants` by `matches`, whose `item_id` is a want's; each an album."""
    mine = col(WantMatch.user_id) == user_id
    stale = delete(WantMatch).where(mine, among(col(WantMatch.want_id), "wants"))
    await conn.execute(stale, {"wants": [*wants]})
    rows = [
        {"want_id": match.item_id, "user_id": user_id}
        | {name: getattr(match, name) for name in _WANTED}
        for match in sorted(matches, key=lambda each: each.item_id)
    ]
    if rows:
        await conn.execute(insert(WantMatch), rows)
