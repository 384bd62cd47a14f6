"""What is heard but not owned: the most played albums that no copy was matched to."""

from functools import lru_cache
from typing import Any

from sqlalchemy import exists, func, literal, literal_column, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.queries.parts import LIMIT, Form, between, ends, instant
from rewind_gql.domains.collecting.tables import MatchedAlbum
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.tables import Album, Artist, Rollup
from rewind_gql.store.columns import Day
from rewind_gql.store.page import Page, Slice, page
from rewind_gql.store.read import Conn, Read

UNOWNED = "across.unowned"
UNOWNED_TYPES = (int, int, int)

# In the text of the statement, for only so a database sees that the index of ranks fits.
_ALL_TIME = (
    mine(Rollup),
    col(Rollup.kind) == literal("album"),
    col(Rollup.grain) == literal_column("'all'"),
    col(Rollup.bucket) == literal(clock.EPOCH.date(), Day()),
)
_KEYS = col(Rollup.plays), col(Rollup.last_at), col(Rollup.entity_id)
_OWNED = exists().where(
    col(MatchedAlbum.album_id) == col(Rollup.entity_id),
    col(MatchedAlbum.user_id) == col(Rollup.user_id),
)


def _of(view: type, table: Any, prefix: str) -> list[Any]:
    fields: Any = view.__dataclass_fields__  # type: ignore[attr-defined]  # views are dataclasses
    return [col(getattr(table, name)).label(f"{prefix}{name}") for name in fields]


@lru_cache(None)
def _albums(form: Form) -> Read[views.TopAlbum]:
    found = (
        select(
            col(Rollup.plays).label("plays"),
            col(Rollup.last_at).label("last_played_at"),
            *_of(views.Album, Album, "album__"),
            *_of(views.Artist, Artist, "artist__"),
        )
        .join_from(Rollup, Album, col(Album.id) == col(Rollup.entity_id))
        .join(Artist, col(Artist.id) == col(Album.artist_id))
        .where(*_ALL_TIME, ~_OWNED)
    )
    return Read(between(found, _KEYS, form).limit(LIMIT), views.TopAlbum)


_COUNT = Read(select(func.count()).select_from(Rollup).where(*_ALL_TIME, ~_OWNED), int)


async def albums(conn: Conn, user_id: int, *, part: Slice) -> Page[views.TopAlbum]:
    """Albums by plays of all time, most first, that no owned copy is; cursors are of `UNOWNED`.

    Shape: ties by the last play, then by the album, the later ones first. Every edition of an owned
    album counts as owned; one owned by nothing but its artist does not.
    Source: the all-time rollups of albums, without what `collecting_matched_album` names.
    """
    bound = ends(part, timed=False)
    for end in ("after", "before"):
        if f"{end}_1" in bound:
            bound[f"{end}_1"] = instant(bound[f"{end}_1"])
    found = await conn.rows(_albums(Form.of(part, down=True)), user_id=user_id, **bound)
    return page(
        UNOWNED,
        found,
        part,
        key=lambda row: (row.plays, clock.microseconds(row.last_played_at), row.album.id),
    )


async def albums_count(conn: Conn, user_id: int) -> int:
    """How many albums were heard that no owned copy is."""
    return await conn.value(_COUNT, user_id=user_id)
