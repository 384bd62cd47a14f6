"""The statements behind top lists: of all time, of a window, and of a window's likely leaders."""

from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import (
    ALL_GRAIN,
    FOREVER,
    OWNER,
    Bounds,
    instant,
    of,
)
from rewind_gql.domains.listening.queries.window import parts
from rewind_gql.domains.listening.tables import Album, Artist, Rollup, Track
from rewind_gql.store.columns import Id, Utc
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Read

Kind = Literal["artist", "album", "track"]
KINDS: tuple[Kind, ...] = ("artist", "album", "track")
MOST = 1 << 31
VIEWS: dict[Kind, Any] = {
    "artist": views.TopArtist,
    "album": views.TopAlbum,
    "track": views.TopTrack,
}


def rank_bounds(part: Slice) -> Bounds:
    """What binds a ranking to a part of it."""
    plays, last, entity = part.after or (MOST, clock.microseconds(FOREVER), 0)
    low_plays, low_last, low_entity = part.before or (-1, 0, 0)
    return {
        "high_plays": plays,
        "high_last": instant(last),
        "high_id": entity,
        "low_plays": low_plays,
        "low_last": instant(low_last),
        "low_id": low_entity,
        "limit": part.limit + 1,
    }


def _between(plays: Any, last_at: Any, entity_id: Any) -> ColumnElement[bool]:
    """Places between two others, both left out, where more plays, then later ones, come first."""
    high, low = bindparam("high_plays", type_=Id), bindparam("low_plays", type_=Id)
    high_last, low_last = bindparam("high_last", type_=Utc()), bindparam("low_last", type_=Utc())
    high_id, low_id = bindparam("high_id", type_=Id), bindparam("low_id", type_=Id)
    below = or_(last_at < high_last, and_(last_at == high_last, entity_id > high_id))
    above = or_(last_at > low_last, and_(last_at == low_last, entity_id < low_id))
    return and_(plays <= high, plays >= low, or_(plays < high, below), or_(plays > low, above))


def _order(ranked: Any, *, backward: bool) -> list[Any]:
    if backward:
        return [ranked.plays.asc(), ranked.last_at.asc(), ranked.entity_id.desc()]
    return [ranked.plays.desc(), ranked.last_at.desc(), ranked.entity_id.asc()]


def _shown(kind: Kind, source: Any, ranked: Any) -> Any:
    """A ranking with the entities it ranks. Outer joins keep the order of the ranking."""
    columns = [ranked.plays.label("plays"), ranked.last_at.label("last_played_at")]
    artist = of(views.Artist, Artist, "artist__")
    if kind == "artist":
        shown = select(*columns, *artist).select_from(source)
        return shown.outerjoin(Artist, col(Artist.id) == ranked.entity_id)
    table, view = (Album, views.Album) if kind == "album" else (Track, views.Track)
    shown = select(*columns, *of(view, table, f"{kind}__"), *artist).select_from(source)
    return shown.outerjoin(table, col(table.id) == ranked.entity_id).outerjoin(
        Artist, col(Artist.id) == col(table.artist_id)
    )


def _page(kind: Kind, counted: Any, *, backward: bool) -> Read[Any]:
    """A page of what was counted in a window, with the entities."""
    ranked = (
        select(counted.c.entity_id, counted.c.plays, counted.c.last_at)
        .where(_between(counted.c.plays, counted.c.last_at, counted.c.entity_id))
        .order_by(*_order(counted.c, backward=backward))
        .limit(bindparam("limit"))
        .subquery("ranked")
    )
    shown = _shown(kind, ranked, ranked.c).order_by(*_order(ranked.c, backward=backward))
    return Read(shown, VIEWS[kind])


def _in_window(kind: Kind, *, backward: bool) -> Read[Any]:
    """Everything heard in the window is counted."""
    found = parts(kind).subquery("parts")
    counted = (
        select(
            found.c.entity_id,
            func.sum(found.c.plays).label("plays"),
            func.max(found.c.last_at).label("last_at"),
        )
        .group_by(found.c.entity_id)
        .subquery("counted")
    )
    return _page(kind, counted, backward=backward)


def _ever(kind: Kind) -> ColumnElement[bool]:
    """The counts of all time of one kind."""
    return and_(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == ALL_GRAIN,
    )


def _all_time(kind: Kind, *, backward: bool) -> Read[Any]:
    """The counts of all time are kept in this order."""
    statement = (
        _shown(kind, Rollup, Rollup)
        .where(_ever(kind), _between(*(col(each) for each in _KEYS)))
        .order_by(*_order(Rollup, backward=backward))
        .limit(bindparam("limit"))
    )
    return Read(statement, VIEWS[kind])


_KEYS = (Rollup.plays, Rollup.last_at, Rollup.entity_id)


def _of_one(kind: Kind, count: Any, entity_id: Any) -> Any:
    """One number about one entity in the window."""
    found = parts(kind, entity_id).subquery("parts")
    return select(count(found.c)).scalar_subquery().correlate(entity_id.table)


def _leaders(kind: Kind) -> Read[Any]:
    """The plays in the window of those that lead all time."""
    leaders = (
        select(col(Rollup.entity_id).label("entity_id"))
        .where(_ever(kind))
        .order_by(col(Rollup.plays).desc())
        .limit(bindparam("leaders"))
        .subquery("leaders")
    )
    plays = _of_one(
        kind, lambda found: func.coalesce(func.sum(found.plays), 0), leaders.c.entity_id
    )
    return Read(select(plays).select_from(leaders), int)


def _candidates(kind: Kind) -> Any:
    return select(col(Rollup.entity_id).label("entity_id")).where(
        _ever(kind), col(Rollup.plays) >= bindparam("floor", type_=Id)
    )


def _among(kind: Kind, *, backward: bool) -> Read[Any]:
    """Only what has enough plays of all time is counted, each by its own history."""
    able = _candidates(kind).subquery("able")
    plays = _of_one(kind, lambda found: func.sum(found.plays), able.c.entity_id)
    heard = select(able.c.entity_id, plays.label("plays")).cte("heard")
    heard = heard.prefix_with("MATERIALIZED")
    last_at = _of_one(kind, lambda found: func.max(found.last_at), heard.c.entity_id)
    counted = (
        select(heard.c.entity_id, heard.c.plays, last_at.label("last_at"))
        .where(heard.c.plays >= bindparam("floor", type_=Id))
        .cte("counted")
        .prefix_with("MATERIALIZED")
    )
    return _page(kind, counted, backward=backward)


def _able(kind: Kind) -> Read[int]:
    """How many have enough plays of all time, counted up to a limit."""
    some = _candidates(kind).limit(bindparam("limit")).subquery("some")
    return Read(select(func.count()).select_from(some), int)


_WAYS = [(kind, backward) for kind in KINDS for backward in (False, True)]
ALL_TIME = {(kind, backward): _all_time(kind, backward=backward) for kind, backward in _WAYS}
IN_WINDOW = {(kind, backward): _in_window(kind, backward=backward) for kind, backward in _WAYS}
AMONG = {(kind, backward): _among(kind, backward=backward) for kind, backward in _WAYS}
LEADERS = {kind: _leaders(kind) for kind in KINDS}
ABLE = {kind: _able(kind) for kind in KINDS}
