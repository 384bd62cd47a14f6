"""What the source says of the account: its profile, its own top lists; and what is left open."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col, not_

from rewind_gql.domains.listening import records, views
from rewind_gql.domains.listening.queries.columns import OWNER, of
from rewind_gql.domains.listening.tables import Album, Artist, ChartEntry, Gaps, Profile, Track
from rewind_gql.store.read import Conn, Read


@dataclass(slots=True)
class _Line:
    plays: int
    name: str
    artist_name: str


async def chart(
    conn: Conn, user_id: int, *, kind: str, period: records.Period
) -> list[views.ChartPlace]:
    """The source's own top list of one kind and period, best first; hidden entries left out.

    Shape: as long as the source's list, ranks without gaps; empty before the first sync of lists.
    """
    lines = await conn.rows(_CHART[kind], user_id=user_id, period=period)
    return [
        views.ChartPlace(rank=rank, plays=line.plays, name=line.name, artist_name=line.artist_name)
        for rank, line in enumerate(lines, start=1)
    ]


async def profile(conn: Conn, user_id: int) -> views.Profile | None:
    """The account plays come from, as it describes itself; None before it was read."""
    return await conn.first(_PROFILE, user_id=user_id)


async def gaps(conn: Conn, user_id: int) -> views.Gaps | None:
    """How much enrichment and attribution leave open, as of the newest sync; None before any."""
    return await conn.first(_GAPS, user_id=user_id)


def _chart(kind: str, named: Any) -> Read[_Line]:
    shown: list[Any] = [named, Artist]
    lines: Any = select(
        col(ChartEntry.plays).label("plays"),
        col(named.name).label("name"),
        col(Artist.name).label("artist_name"),
    ).join_from(ChartEntry, named, col(named.id) == col(ChartEntry.entity_id))
    if named is not Artist:
        lines = lines.join(Artist, col(Artist.id) == col(named.artist_id))
    return Read(
        lines.where(
            col(ChartEntry.user_id) == OWNER,
            col(ChartEntry.kind) == kind,
            col(ChartEntry.period) == bindparam("period"),
            *(not_(col(table.hidden)) for table in shown),
        ).order_by(col(ChartEntry.rank)),
        _Line,
    )


_CHART = {
    "artist": _chart("artist", Artist),
    "album": _chart("album", Album),
    "track": _chart("track", Track),
}
_PROFILE = Read(
    select(*of(views.Profile, Profile)).where(col(Profile.user_id) == OWNER), views.Profile
)
_GAPS = Read(select(*of(views.Gaps, Gaps)).where(col(Gaps.user_id) == OWNER), views.Gaps)
