"""What was found out about artists, asked for many at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal, select
from sqlmodel import col, not_

from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.enrichment import views
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER, of, own
from rewind_gql.domains.listening.tables import Artist, Rollup, Similar
from rewind_gql.domains.listening.views import Artist as ArtistView
from rewind_gql.store.columns import Day, among
from rewind_gql.store.read import Conn, Read


async def facts_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Facts]:
    """Tags and bio of each of these artists; tags are None before they were asked for.

    Source: `listening_artist`, as of the newest enrichment; nobody is asked.
    """
    found = await conn.rows(_FACTS, user_id=user_id, ids=ids)
    return {
        row.id: views.Facts(
            id=row.id,
            tags=None if row.tags is None else [views.Tag(**each) for each in row.tags],
            bio=views.Bio(summary=row.bio_summary, content=row.bio_content, synced_at=row.bio_at),
        )
        for row in found
    }


async def similar_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, list[views.SimilarArtist]]:
    """Who is like each of these artists, the nearest first; artists without are left out.

    Shape: `artist` is there for those the library shows; one it hides is not told of at all.
    """
    found: defaultdict[int, list[views.SimilarArtist]] = defaultdict(list)
    for row in await conn.rows(_SIMILAR, user_id=user_id, ids=ids):
        found[row.parent_id].append(row.similar)
    return dict(found)


@dataclass(slots=True)
class _Facts:
    id: int
    tags: list[Any] | None
    bio_summary: str | None
    bio_content: str | None
    bio_at: datetime | None


@dataclass(slots=True)
class _Child:
    parent_id: int
    similar: views.SimilarArtist


_FACTS = Read(
    select(
        col(Artist.id),
        col(Artist.tags),
        col(Artist.bio_summary),
        col(Artist.bio_content),
        col(Artist.bio_at),
    ).where(own(Artist.user_id), among(col(Artist.id), "ids")),
    _Facts,
)
_HEARD = and_(col(Artist.user_id) == OWNER, col(Artist.match_key) == col(Similar.match_key))
_PLAYS = and_(
    col(Rollup.user_id) == OWNER,
    col(Rollup.kind) == literal("artist"),
    col(Rollup.entity_id) == col(Artist.id),
    col(Rollup.grain) == ALL_GRAIN,
    col(Rollup.bucket) == literal(ALL_TIME, Day()),
)
_SIMILAR = Read(
    select(
        col(Similar.artist_id).label("parent_id"),
        col(Similar.name).label("similar__name"),
        col(Similar.score).label("similar__score"),
        col(Similar.url).label("similar__url"),
        func.coalesce(col(Rollup.plays), 0).label("similar__plays"),
        *of(ArtistView, Artist, "similar__artist__"),
    )
    .outerjoin(Artist, _HEARD)
    .outerjoin(Rollup, _PLAYS)
    .where(
        col(Similar.user_id) == OWNER,
        among(col(Similar.artist_id), "ids"),
        not_(func.coalesce(col(Artist.hidden), literal(False))),
    )
    .order_by(col(Similar.artist_id), col(Similar.rank)),
    _Child,
)
