"""The statements behind top lists: of all time, of a year, and of any window."""

from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import (
    ALL_GRAIN,
    FOREVER,
    OWNER,
    YEAR_GRAIN,
    Bounds,
    instant,
    of,
    own,
)
from rewind_gql.domains.listening.queries.window import parts
from rewind_gql.domains.listening.tables import Album, Artist, Rollup, Track
from rewind_gql.store.columns import Day, Id, Utc
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Read

Kind = Literal["artist", "album", "track"]
KINDS: tuple[Kind, ...] = ("artist", "album", "track")
MOST = 1 << 31
# Says what is true of every count, for only so SQLite takes the index that is ordered by plays.
SOME_PLAYS = (col(Rollup.plays) >= literal(1), col(Rollup.plays) < literal(MOST, Id))
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


def _counted(found: Any) -> Any:
    """What the parts of a window add up to for each entity."""
    inside = found.subquery("parts")
    return (
        select(
            inside.c.entity_id,
            func.sum(inside.c.plays).label("plays"),
            func.max(inside.c.last_at).label("last_at"),
        )
        .group_by(inside.c.entity_id)
        .subquery("counted")
    )


def _in_window(kind: Kind, *, backward: bool) -> Read[Any]:
    """Everything heard in the window is counted."""
    return _page(kind, _counted(parts(kind)), backward=backward)


def _by_artist(column: Any) -> ColumnElement[bool]:
    """The track is one of the artist bound as `artist_id`."""
    theirs = select(col(Track.id)).where(
        col(Track.artist_id) == bindparam("artist_id", type_=Id), own(col(Track.user_id))
    )
    found: ColumnElement[bool] = column.in_(theirs)
    return found


def _places(counted: Any) -> Read[views.Ranked]:
    """Some places of a ranking, found by how many lie before them."""
    return Read(
        select(counted.entity_id, counted.plays, counted.last_at)
        .order_by(*_order(counted, backward=False))
        .limit(bindparam("limit"))
        .offset(bindparam("offset")),
        views.Ranked,
    )


def _kept(kind: Kind, grain: ColumnElement[str], *more: Any) -> Read[views.Ranked]:
    """Places among the counts of one bucket, which are kept in this order."""
    kept = (
        select(col(Rollup.entity_id), col(Rollup.plays), col(Rollup.last_at))
        .where(
            col(Rollup.user_id) == OWNER,
            col(Rollup.kind) == literal(kind),
            col(Rollup.grain) == grain,
            *more,
        )
        .order_by(*_order(Rollup, backward=False))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    return Read(kept, views.Ranked)


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


_WAYS = [(kind, backward) for kind in KINDS for backward in (False, True)]
ALL_TIME = {(kind, backward): _all_time(kind, backward=backward) for kind, backward in _WAYS}
IN_WINDOW = {(kind, backward): _in_window(kind, backward=backward) for kind, backward in _WAYS}

ALL_TIME_PLACES = {kind: _kept(kind, ALL_GRAIN) for kind in KINDS}
YEAR_PLACES = {
    kind: _kept(kind, YEAR_GRAIN, col(Rollup.bucket) == bindparam("year", type_=Day()), *SOME_PLAYS)
    for kind in KINDS
}
MONTH_PLACES = {
    kind: _kept(kind, literal("month"), col(Rollup.bucket) == bindparam("month", type_=Day()))
    for kind in KINDS
}
WINDOW_PLACES = {kind: _places(_counted(parts(kind)).c) for kind in KINDS}
_OF_ARTIST = _counted(parts("track", only=_by_artist))
ARTIST_PLACES = _places(_OF_ARTIST.c)
ARTIST_COUNT = Read(select(func.count()).select_from(_OF_ARTIST), int)
