"""What the fourth revision adds beside owned copies, filled in for those that are there already."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from rewind_gql import text
from rewind_gql.store import columns

Row = dict[str, Any]

_RELEASE = sa.table(
    "collecting_release",
    *(sa.column(name, columns.Id) for name in ("id", "user_id")),
    *(sa.column(name, sa.String()) for name in ("title", "currency")),
    sa.column("title_key", columns.Coded),
    sa.column("year", sa.Integer()),
    sa.column("lowest_price", sa.Float()),
    *(
        sa.column(name, columns.Json())
        for name in ("credits", "formats", "labels", "genres", "styles")
    ),
)
_ITEM = sa.table(
    "collecting_item",
    *(sa.column(name, columns.Id) for name in ("id", "user_id", "release_id")),
    sa.column("added_at", columns.Utc()),
    *(sa.column(name, sa.Integer()) for name in ("added_offset_min", "rating")),
    sa.column("folder", sa.String()),
)
_PLACE = sa.table(
    "collecting_release_artist",
    *(sa.column(name, columns.Id) for name in ("release_id", "position", "artist_id")),
)
_ARTIST = sa.table("collecting_artist", sa.column("id", columns.Id), sa.column("name", sa.String()))
_SHELVED = sa.table(
    "collecting_shelved",
    *(sa.column(name, columns.Id) for name in ("item_id", "user_id", "price_cents")),
    sa.column("added_at", columns.Utc()),
    sa.column("added_on", columns.Day()),
    *(sa.column(name, sa.Integer()) for name in ("year", "rating")),
    *(
        sa.column(name, sa.String())
        for name in (
            *("title_key", "artist_key", "format"),
            *("title_words", "artist_words", "currency"),
        )
    ),
)
_FACET = sa.table(
    "collecting_facet",
    *(sa.column(name, columns.Id) for name in ("item_id", "user_id")),
    *(sa.column(name, sa.String()) for name in ("kind", "name", "key")),
    sa.column("added_at", columns.Utc()),
)
_TALLY = """
    INSERT INTO collecting_tally (user_id, kind, name, copies, sunk)
    SELECT user_id, kind, name, count(*), -count(*) FROM collecting_facet
    GROUP BY user_id, kind, name
"""


def fill(connection: sa.Connection) -> None:
    """File every copy that is stored, as it will be filed when it comes anew."""
    releases = {row.id: row for row in connection.execute(sa.select(_RELEASE))}
    if not releases:
        return
    keys = [{"at": each.id, "key": text.searched(each.title)} for each in releases.values()]
    connection.execute(
        sa.update(_RELEASE)
        .where(_RELEASE.c.id == sa.bindparam("at"))
        .values(title_key=sa.bindparam("key")),
        keys,
    )
    artists = _artists(connection)
    lines: list[Row] = []
    facets: list[Row] = []
    for item in connection.execute(sa.select(_ITEM)):
        release = releases[item.release_id]
        names = artists.get(item.release_id, [])
        lines.append(_line(item, release, names))
        facets += _facets(item, release, names)
    if lines:
        connection.execute(sa.insert(_SHELVED), lines)
        connection.execute(sa.insert(_FACET), facets)
        connection.execute(sa.text(_TALLY))


def _artists(connection: sa.Connection) -> dict[int, list[str]]:
    placed = (
        sa.select(_PLACE.c.release_id, _ARTIST.c.name)
        .join_from(_PLACE, _ARTIST, _ARTIST.c.id == _PLACE.c.artist_id)
        .order_by(_PLACE.c.release_id, _PLACE.c.position)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for release_id, name in connection.execute(placed):
        found[release_id].append(name)
    return found


def _line(item: Any, release: Any, artists: Sequence[str]) -> Row:
    credited = [credit["name"] for credit in release.credits]
    price = release.lowest_price
    return {
        "item_id": item.id,
        "user_id": item.user_id,
        "added_at": item.added_at,
        "added_on": (item.added_at + timedelta(minutes=item.added_offset_min)).date(),
        "title_key": text.searched(release.title),
        "artist_key": text.searched(credited[0]) if credited else "",
        "year": release.year or 0,
        "rating": item.rating,
        "format": release.formats[0] if release.formats else "Unknown",
        "title_words": text.searched(release.title),
        "artist_words": "\n".join(map(text.searched, dict.fromkeys([*artists, *credited]))),
        "price_cents": round(price * 100) if price else None,
        "currency": release.currency if price else None,
    }


def _facets(item: Any, release: Any, artists: Sequence[str]) -> Iterator[Row]:
    filed = {
        "format": [release.formats[0] if release.formats else "Unknown"],
        "genre": release.genres,
        "style": release.styles,
        "artist": artists,
        "label": [label["name"] for label in release.labels],
        "decade": [f"{release.year // 10 * 10}s"] if release.year else [],
        "folder": [item.folder] if item.folder else [],
    }
    for kind, names in filed.items():
        for name in dict.fromkeys(names):
            if name:
                yield {
                    "item_id": item.id,
                    "user_id": item.user_id,
                    "kind": kind,
                    "name": name,
                    "key": text.searched(name),
                    "added_at": item.added_at,
                }
