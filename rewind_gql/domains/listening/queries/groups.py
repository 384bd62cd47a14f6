"""Albums that are shown as one, of many albums at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import of, own
from rewind_gql.domains.listening.tables import Album
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read


async def group_by_album(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Album]:
    """What each of these albums is shown as part of; those shown by themselves are left out."""
    rows = await conn.rows(_GROUPS, user_id=user_id, ids=ids)
    return {row.key: row.album for row in rows}


async def parts_by_album(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, list[views.Album]]:
    """The albums that are shown as part of each of these, by id."""
    found: defaultdict[int, list[views.Album]] = defaultdict(list)
    for row in await conn.rows(_PARTS, user_id=user_id, ids=ids):
        found[row.key].append(row.album)
    return found


@dataclass(slots=True, kw_only=True)
class _Row:
    key: int
    album: views.Album


_PART = aliased(Album)
_GROUPS = Read(
    select(col(_PART.id).label("key"), *of(views.Album, Album, "album__"))
    .join(_PART, col(_PART.group_id) == col(Album.id))
    .where(own(col(_PART.user_id)), among(col(_PART.id), "ids")),
    _Row,
)
_PARTS = Read(
    select(col(Album.group_id).label("key"), *of(views.Album, Album, "album__"))
    .where(own(col(Album.user_id)), among(col(Album.group_id), "ids"))
    .order_by(col(Album.id)),
    _Row,
)
