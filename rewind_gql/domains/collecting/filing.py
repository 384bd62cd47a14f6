"""The part of derive that keeps, beside every owned copy, what lists sort, filter and count by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import bindparam, delete, func, insert, literal, select
from sqlmodel import col

from rewind_gql import text
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.tables import (
    Artist,
    Facet,
    Item,
    Release,
    ReleaseArtist,
    Shelved,
    Tally,
)
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

Kind = Literal["format", "genre", "style", "artist", "label", "decade", "folder"]
KINDS: tuple[Kind, ...] = ("format", "genre", "style", "artist", "label", "decade", "folder")
NO_FORMAT = "Unknown"
AT_ONCE = 500  # copies filed together: it bounds memory

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Copy:
    """An owned copy beside its release, as both are stored."""

    item_id: int
    release_id: int
    added_at: datetime
    added_offset_min: int
    rating: int
    folder: str | None
    title: str
    title_key: str
    year: int | None
    credits: list[dict[str, Any]]
    formats: list[str]
    labels: list[dict[str, Any]]
    genres: list[str]
    styles: list[str]
    lowest_price: float | None
    currency: str | None


def _columns() -> list[Any]:
    of_item = ("release_id", "added_at", "added_offset_min", "rating", "folder")
    of_release = (
        *("title", "title_key", "year", "credits", "formats", "labels", "genres", "styles"),
        *("lowest_price", "currency"),
    )
    return [
        col(Item.id).label("item_id"),
        *(col(getattr(Item, name)).label(name) for name in of_item),
        *(col(getattr(Release, name)).label(name) for name in of_release),
    ]


_COPIES = Read(
    select(*_columns())
    .join(Release, col(Release.id) == col(Item.release_id))
    .where(own(Item), among(col(Item.id), "ids")),
    Copy,
)
_ARTISTS: Read[tuple[int, str]] = Read(
    select(col(ReleaseArtist.release_id), col(Artist.name))
    .join(Artist, col(Artist.id) == col(ReleaseArtist.artist_id))
    .where(own(Artist), among(col(ReleaseArtist.release_id), "ids"))
    .order_by(col(ReleaseArtist.release_id), col(ReleaseArtist.position))
)
_FILED: Read[tuple[str, str]] = Read(
    select(col(Facet.kind), col(Facet.name)).where(own(Facet), among(col(Facet.item_id), "ids"))
)
_ALL_ITEMS = Read(select(col(Item.id)).where(mine(Item)).order_by(col(Item.id)), int)


async def file(conn: Writing, user_id: int, items: Iterable[int]) -> None:
    """File these copies anew and count again what they are, or were, filed under.

    Copies that are gone took their facets along, so then everything is counted.
    """
    ids = sorted(items)
    names: dict[str, set[str]] = defaultdict(set)
    found = 0
    for start in range(0, len(ids), AT_ONCE):
        found += await _some(conn, user_id, ids[start : start + AT_ONCE], names)
    if found < len(ids):
        await tally(conn, user_id)
    else:
        for kind in sorted(names):
            await _tally(conn, user_id, kind, sorted(names[kind]))


async def refile(conn: Writing, user_id: int) -> None:
    """File every copy of the user anew."""
    ids = await conn.rows(_ALL_ITEMS, user_id=user_id)
    for start in range(0, len(ids), AT_ONCE):
        await _some(conn, user_id, ids[start : start + AT_ONCE], defaultdict(set))
    await tally(conn, user_id)


async def _some(conn: Writing, user_id: int, ids: Sequence[int], names: dict[str, set[str]]) -> int:
    """File these copies; adds the names they left and came under. Returns how many there are."""
    for kind, name in await conn.rows(_FILED, user_id=user_id, ids=ids):
        names[kind].add(name)
    copies = await conn.rows(_COPIES, user_id=user_id, ids=ids)
    artists: dict[int, list[str]] = defaultdict(list)
    releases = sorted({copy.release_id for copy in copies})
    for release_id, name in await conn.rows(_ARTISTS, user_id=user_id, ids=releases):
        artists[release_id].append(name)
    lines: list[Row] = []
    facets: list[Row] = []
    for copy in copies:
        lines.append({"user_id": user_id, **line_of(copy, artists[copy.release_id])})
        for kind, name in facets_of(copy, artists[copy.release_id]):
            names[kind].add(name)
            facets.append(_facet(user_id, copy, kind, name))
    for table in (Shelved, Facet):
        mine_among = col(table.user_id) == user_id, among(col(table.item_id), "ids")
        await conn.execute(delete(table).where(*mine_among), {"ids": ids})
    if lines:
        await conn.execute(insert(Shelved), lines)
        await conn.execute(insert(Facet), facets)
    return len(copies)


def _facet(user_id: int, copy: Copy, kind: str, name: str) -> Row:
    return {
        "item_id": copy.item_id,
        "kind": kind,
        "name": name,
        "key": text.searched(name),
        "user_id": user_id,
        "added_at": copy.added_at,
    }


def line_of(copy: Copy, artists: Sequence[str]) -> Row:
    """The row of `collecting_shelved` of one copy, whose artists are linked under these names."""
    credited = [str(credit["name"]) for credit in copy.credits]
    price = copy.lowest_price
    return {
        "item_id": copy.item_id,
        "added_at": copy.added_at,
        "added_on": local_day(copy.added_at, copy.added_offset_min),
        "title_key": copy.title_key,
        "artist_key": text.searched(credited[0]) if credited else "",
        "year": copy.year or 0,
        "rating": copy.rating,
        "format": copy.formats[0] if copy.formats else NO_FORMAT,
        "title_words": text.searched(copy.title),
        # Line by line, so that no piece spans two names.
        "artist_words": "\n".join(map(text.searched, dict.fromkeys([*artists, *credited]))),
        "price_cents": round(price * 100) if price else None,
        "currency": copy.currency if price else None,
    }


def facets_of(copy: Copy, artists: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    """Everything a copy is filed under, each once."""
    filed: dict[Kind, Sequence[str]] = {
        "format": [copy.formats[0] if copy.formats else NO_FORMAT],
        "genre": copy.genres,
        "style": copy.styles,
        "artist": artists,
        "label": [label["name"] for label in copy.labels],
        "decade": [decade(copy.year)] if copy.year else [],
        "folder": [copy.folder] if copy.folder else [],
    }
    for kind, names in filed.items():
        yield from ((kind, name) for name in dict.fromkeys(names) if name)


def local_day(at: datetime, offset_min: int) -> date:
    """The day on the clock of that offset; the UTC day where that clock shows no year we know."""
    try:
        return (at + timedelta(minutes=offset_min)).date()
    except OverflowError:
        return at.date()


def decade(year: int) -> str:
    """Such as `1990s`."""
    return f"{year // 10 * 10}s"


async def tally(conn: Writing, user_id: int) -> None:
    """Count again everything copies are filed under."""
    await conn.execute(delete(Tally).where(col(Tally.user_id) == user_id))
    await conn.execute(_counted(user_id))


async def _tally(conn: Writing, user_id: int, kind: str, names: Sequence[str]) -> None:
    """Count again what is filed under these names of one kind."""
    stale = delete(Tally).where(
        col(Tally.user_id) == user_id, col(Tally.kind) == kind, among(col(Tally.name), "names")
    )
    these = col(Facet.kind) == literal(kind), among(col(Facet.name), "names")
    await conn.execute(stale, {"names": names})
    await conn.execute(_counted(user_id, *these), {"names": names})


def _counted(user_id: int, *conditions: Any) -> Any:
    copies = func.count()
    count = (
        select(
            col(Facet.user_id),
            col(Facet.kind),
            col(Facet.name),
            copies.label("copies"),
            (-copies).label("sunk"),
        )
        .where(col(Facet.user_id) == bindparam("whose", user_id), *conditions)
        .group_by(col(Facet.user_id), col(Facet.kind), col(Facet.name))
    )
    return insert(Tally).from_select(["user_id", "kind", "name", "copies", "sunk"], count)
