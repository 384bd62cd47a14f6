"""Records → rows of films owned on media, idempotent: their only writer."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from rewind_gql.domains.base import Stored
from rewind_gql.domains.collecting import intake, records, views
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.releases import Row, row_of
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

KEY = ("movie_id", "media_type")
_TOLD = ("trakt_id", "raw_type", "resolution", "hdr", "audio", "audio_channels", "collected_at")

_KNOWN = Read(
    select(*(getattr(Media, name) for name in ("id", *KEY, *_TOLD))).where(
        own(Media), among(col(Media.movie_id), "movies")
    ),
    row_of("id", *KEY, *_TOLD),
)
_ALL = Read(
    select(col(Media.id), col(Media.movie_id), col(Media.media_type), col(Media.trakt_id)).where(
        mine(Media)
    ),
    row_of("id", *KEY, "trakt_id"),
)


_BY_ID = Read(
    select(*(getattr(Media, each.name) for each in fields(views.Media))).where(
        own(Media), among(col(Media.id), "ids")
    ),
    views.Media,
)


async def media_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Media]:
    """Owned films by the ids of their rows; ids that are not the user's are left out."""
    return {each.id: each for each in await conn.rows(_BY_ID, user_id=user_id, ids=ids)}


_BY_MOVIE = Read(
    select(*(getattr(Media, each.name) for each in fields(views.Media)))
    .where(own(Media), among(col(Media.movie_id), "ids"))
    .order_by(col(Media.movie_id), col(Media.collected_at).desc(), col(Media.id).desc()),
    views.Media,
)


async def media_by_movie(
    conn: Conn, user_id: int, movie_ids: Sequence[int]
) -> dict[int, list[views.Media]]:
    """What each film is owned on, newest first; films that are not owned are left out."""
    owned: dict[int, list[views.Media]] = {}
    for each in await conn.rows(_BY_MOVIE, user_id=user_id, ids=movie_ids):
        owned.setdefault(each.movie_id, []).append(each)
    return owned


async def media(
    conn: Writing,
    user_id: int,
    batch: Sequence[records.Media],
    *,
    source: str,
    keep_dates: bool = False,
) -> Stored:
    """Store owned films, one row per film and kind of medium; what is told later replaces it.

    With `keep_dates` a row that is there keeps its date, and a number that is not told again.
    """
    told_last = {(each.movie_id, each.media_type): each for each in batch}
    held = await conn.rows(
        _KNOWN, user_id=user_id, movies=sorted({movie_id for movie_id, _ in told_last})
    )
    known = {(row["movie_id"], row["media_type"]): row for row in held}
    stored = Stored(skipped=len(batch) - len(told_last))
    fresh: list[Row] = []
    for key, each in told_last.items():
        row, old = _row(each), known.get(key)
        if old is not None and keep_dates:
            row["collected_at"] = old["collected_at"]
            row["trakt_id"] = row["trakt_id"] or old["trakt_id"]
        if old is not None and all(old[name] == value for name, value in row.items()):
            stored.skipped += 1
            continue
        stored.inserted += old is None
        stored.updated += old is not None
        fresh.append({"user_id": user_id, **row})
    await upsert(conn, Media, fresh, key=("user_id", *KEY), update=_TOLD)
    return stored


def _row(each: records.Media) -> Row:
    return {name: getattr(each, name) for name in (*KEY, *_TOLD)}


async def remove_media_except(
    conn: Writing,
    user_id: int,
    seen: set[tuple[int, str]],
    *,
    unread: Sequence[int] = (),
    confirmed: bool = False,
) -> Stored:
    """Remove what a complete list of the account's films does not hold.

    Films whose number at Trakt is in `unread` were listed but could not be read, and stay.
    `updated` counts what went. Raises `Shrunk` when nothing is left there, or more than a fifth
    would go, until a person has `confirmed` it.
    """
    spared = {*unread}
    held = [
        {"key": (row["movie_id"], row["media_type"]), **row}
        for row in await conn.rows(_ALL, user_id=user_id)
        if row["trakt_id"] not in spared
    ]
    gone = intake.unseen(held, seen, len(seen), confirmed=confirmed)
    await _remove(conn, user_id, [row["id"] for row in gone])
    return Stored(updated=len(gone))


async def remove_movie(conn: Writing, user_id: int, *, movie_id: int) -> Stored:
    """Remove a film on whatever it was owned. `updated` counts what went."""
    held = await conn.rows(_KNOWN, user_id=user_id, movies=[movie_id])
    await _remove(conn, user_id, [row["id"] for row in held])
    return Stored(updated=len(held))


async def _remove(conn: Writing, user_id: int, ids: list[int]) -> None:
    if ids:
        whose: Any = col(Media.user_id) == user_id
        await conn.execute(delete(Media).where(whose, among(col(Media.id), "ids")), {"ids": ids})
