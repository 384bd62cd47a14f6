"""Plays by page number, newest first: all of them, or those whose names hold some words."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import numpy as np
from sqlalchemy import Select, bindparam, func, literal, select, true
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.packs import AT, Array
from rewind_gql.domains.listening.queries import held, packed
from rewind_gql.domains.listening.queries.browse import albums_by_id, artists_by_id
from rewind_gql.domains.listening.queries.columns import (
    ALL_GRAIN,
    OWNER,
    named_page,
    own,
)
from rewind_gql.domains.listening.queries.counts import Kind, artists_count, plays_count
from rewind_gql.domains.listening.queries.history import recent_page
from rewind_gql.domains.listening.queries.lookup import Lookup
from rewind_gql.domains.listening.queries.named import albums_named, artists_named
from rewind_gql.domains.listening.queries.window import Reach, chosen, cut, parts, reached
from rewind_gql.domains.listening.tables import Play, Rollup
from rewind_gql.store.columns import Id, Utc, among
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
Found = tuple[list[views.PlayLine], int]

# The plays of a few artists or albums are gathered and put in order. From so many on, walking
# through all plays comes to enough of theirs sooner.
MOST_GATHERED = 4_000
# Of more artists or albums, the counts of all are read at once, not those of each.
MANY = 400
# The plays of so few are found sooner by themselves than among all.
FEW = 4


async def plays_page(
    conn: Conn,
    user_id: int,
    *,
    since: Instant = None,
    until: Instant = None,
    artist: str = "",
    album: str = "",
    limit: int = 50,
    page: int = 1,
) -> Found:
    """Plays in [`since`, `until`), newest first, and how many there are.

    `artist` and `album` are parts of names, whatever their case; both must hold where both are
    given. A page past the end is empty.
    """
    by = await _named(conn, user_id, artist, album)
    if not by:
        asked = {"since": since, "until": until}
        total = await plays_count(conn, user_id, **asked)
        lines = await recent_page(conn, user_id, limit=limit, page=page, **asked)
        return lines, total
    return await _of(conn, user_id, by, since, until, limit, (page - 1) * limit)


async def _named(conn: Conn, user_id: int, artist: str, album: str) -> dict[Kind, Sequence[int]]:
    """The artists and albums whose plays are asked for; none where those of all are."""
    by: dict[Kind, Sequence[int]] = {}
    if artist.strip():
        named = await artists_named(conn, user_id, artist)
        # Whoever is heard is shown, so that words which fit everybody leave no play out.
        if len(named) < await artists_count(conn, user_id):
            by["artist"] = named
    if album.strip():
        by["album"] = await albums_named(conn, user_id, album)
    return by


async def recent_albums(conn: Conn, user_id: int, *, limit: int = 10) -> list[views.HeardAlbum]:
    """The albums heard last, each once, at its newest play; the newest first.

    Shape: at most `limit`, and those among the newest 200 plays alone, hidden ones and ones
    without an album included; so there may be fewer, or none.
    """
    newest = await conn.rows(_NEWEST_PLAYS, user_id=user_id)
    seen: dict[int, datetime] = {}
    for album_id, played_at, hidden in newest:
        if album_id is not None and not hidden:
            seen.setdefault(album_id, played_at)
    ids = list(seen)[:limit]
    albums = await albums_by_id(conn, user_id, ids)
    artists = await artists_by_id(conn, user_id, [album.artist_id for album in albums.values()])
    return [
        views.HeardAlbum(
            album=albums[each], artist=artists[albums[each].artist_id], last_played_at=seen[each]
        )
        for each in ids
    ]


async def _of(
    conn: Conn,
    user_id: int,
    by: dict[Kind, Sequence[int]],
    since: Instant,
    until: Instant,
    limit: int,
    offset: int,
) -> Found:
    reach = await reached(conn, user_id, since, until)
    if reach is None or not all(by.values()):
        return [], 0
    if len(by) > 1 or any(len(ids) > FEW for ids in by.values()):
        parts = await held.parts(conn, user_id, (AT, *by), reach.start, reach.end)
        if parts is not None:
            return await _among(conn, user_id, by, parts, limit, offset)
    return await _counted_of(conn, user_id, by, reach, limit, offset)


async def _among(
    conn: Conn,
    user_id: int,
    by: Mapping[Kind, Sequence[int]],
    parts: list[held.Part],
    limit: int,
    offset: int,
) -> Found:
    """Those that are of these among the plays of a window, which are given month by month."""
    lookups = {kind: Lookup(ids, np.ones(len(ids), bool), False) for kind, ids in by.items()}
    fitting = [_fitting(part, lookups) for part in parts]
    counts = [0, *accumulate(places.size for places in fitting)]
    total = counts[-1]
    if offset >= total:
        return [], total
    first, after = max(0, total - offset - limit), total - offset
    months = range(bisect_right(counts, first) - 1, bisect_left(counts, after))
    near: held.Part = {
        kind: np.concatenate(
            [parts[month][kind][fitting[month]] for month in months], dtype=np.int64
        )
        for kind in (AT, *by)
    }
    before = counts[months.start]
    page = _page(near, slice(first - before, after - before))
    return await conn.rows(_AT[tuple(by)], user_id=user_id, **page), total


def _fitting(part: held.Part, lookups: dict[Kind, Lookup]) -> Array:
    """Where in a month the plays are that are of what is asked for."""
    # The album first, if there is one: it leaves fewer plays to be looked at.
    last, *others = reversed(lookups)
    places = np.flatnonzero(lookups[last].of(part[last]))
    for kind in others:
        places = places[lookups[kind].of(part[kind][places])]
    return places


def _page(plays: held.Part, inside: slice) -> dict[str, Any]:
    """What binds a read to these of some plays, oldest first, and to others of their instants.

    Of one instant the play that was stored later is the newer one, which the database tells.
    """
    at = plays[AT]
    start = int(np.searchsorted(at, at[inside.start]))
    end = int(np.searchsorted(at, at[inside.stop - 1], side="right"))
    bound: dict[str, Any] = {
        f"{kind}s": np.unique(each[start:end]).tolist()
        for kind, each in plays.items()
        if kind != AT
    }
    instants = np.unique(at[start:end]).tolist()
    bound["instants"] = [(clock.from_microseconds(each),) for each in instants]
    return {**bound, "limit": inside.stop - inside.start, "offset": end - inside.stop}


async def _counted_of(
    conn: Conn,
    user_id: int,
    by: Mapping[Kind, Sequence[int]],
    reach: Reach,
    limit: int,
    offset: int,
) -> Found:
    """The same, counted by the database."""
    *_, kind = by  # the albums, where both are given: there are fewer plays of each
    counted = await _counted(conn, user_id, kind, by[kind], reach)
    need = offset + limit
    bound: dict[str, Any] = {"user_id": user_id, "since": reach.start, "until": reach.end}
    both = len(by) > 1
    if both:
        bound["artists"] = by["artist"]
        counted = dict(await conn.rows(_COUNT_BOTH, **bound, albums=list(counted)))
    total = sum(counted.values())
    if offset >= total:
        return [], total
    if sum(min(plays, need) for plays in counted.values()) <= MOST_GATHERED:
        parents = [(each,) for each in counted]
        read, more = _GATHERED[kind, both], {"parents": parents, "need": need}
    else:
        read, more = _WALKED[kind, both], {f"{kind}s": list(counted)}
    return await conn.rows(read, **bound, **more, limit=limit, offset=offset), total


async def _counted(
    conn: Conn, user_id: int, kind: Kind, ids: Sequence[int], reach: Reach
) -> dict[int, int]:
    """The plays of each of these in a window; those without any are left out."""
    rows: Iterable[tuple[int, int]]
    if len(ids) > MANY and reach.whole:
        rows = await conn.rows(_EVER[kind], user_id=user_id)
    elif len(ids) > MANY and (
        found := await packed.counts(conn, user_id, kind, reach.start, reach.end)
    ):
        rows = zip(found.entities.tolist(), found.plays.tolist(), strict=True)
    else:
        window = cut(reach.start, reach.end, coarsest="year")
        few = {"ids": ids} if len(ids) <= MANY else {}
        rows = await conn.rows(_COUNTS[kind, bool(few)], user_id=user_id, **few, **window)
    known = set(ids)
    return {each: plays for each, plays in rows if each in known}


def _counts(kind: Kind, *, few: bool) -> Read[Any]:
    found = (chosen(kind) if few else parts(kind)).subquery("parts")
    plays = func.sum(found.c.plays)
    return Read(select(found.c.entity_id, plays).group_by(found.c.entity_id))


def _ever(kind: Kind) -> Read[Any]:
    return Read(
        select(col(Rollup.entity_id), col(Rollup.plays)).where(
            col(Rollup.user_id) == OWNER,
            col(Rollup.kind) == literal(kind),
            col(Rollup.grain) == ALL_GRAIN,
        )
    )


_COLUMNS = {"artist": col(Play.artist_id), "album": col(Play.album_id)}
_INSIDE: tuple[Any, ...] = (
    col(Play.played_at) >= bindparam("since", type_=Utc()),
    col(Play.played_at) < bindparam("until", type_=Utc()),
    not_(col(Play.hidden)),
)
_NEWEST = (col(Play.played_at).desc(), col(Play.id).desc())


def _any_of(kind: str) -> Any:
    """The play is of one of those bound, said so that plays are not looked up by it."""
    return among(_COLUMNS[kind] + 0, f"{kind}s")


def _gathered(kind: str, *, both: bool) -> Read[views.PlayLine]:
    """The newest plays of each, put in order together."""
    parents = bulk.rows("parents", id=Id)
    ids: Select[Any] = (
        select(col(Play.id).label("id"))
        .where(_COLUMNS[kind] == parents.c.id, own(col(Play.user_id)), *_INSIDE)
        .order_by(*_NEWEST)
        .limit(bindparam("need"))
    )
    if both:
        ids = ids.where(_any_of("artist"))
    each = bulk.each(ids, parents)
    plays = select(Play).select_from(parents).join(each, true())
    return Read(named_page(plays.join(Play, col(Play.id) == each.c.value)), views.PlayLine)


def _walked(kind: str, *, both: bool) -> Read[views.PlayLine]:
    """All plays from the newest on, until enough are of these."""
    plays = select(Play).where(col(Play.user_id) == OWNER, *_INSIDE, _any_of(kind))
    return Read(named_page(plays.where(_any_of("artist")) if both else plays), views.PlayLine)


def _at(kinds: Sequence[Kind]) -> Read[views.PlayLine]:
    """The plays at these instants, the newest first."""
    instants = bulk.rows("instants", at=Utc)
    ids: Select[Any] = select(col(Play.id).label("id")).where(
        col(Play.user_id) == OWNER,
        col(Play.played_at) == instants.c.at,
        not_(col(Play.hidden)),
        *map(_any_of, kinds),
    )
    each = bulk.each(ids, instants)
    plays = select(Play).select_from(instants).join(each, true())
    return Read(named_page(plays.join(Play, col(Play.id) == each.c.value)), views.PlayLine)


_KINDS: tuple[Kind, ...] = ("artist", "album")
_FILTERS: tuple[tuple[Kind, ...], ...] = (("artist",), ("album",), ("artist", "album"))
_AT = {kinds: _at(kinds) for kinds in _FILTERS}
_WAYS = (("artist", False), ("album", False), ("album", True))
_COUNTS = {(kind, few): _counts(kind, few=few) for kind in _KINDS for few in (False, True)}
_EVER = {kind: _ever(kind) for kind in _KINDS}
_GATHERED = {(kind, both): _gathered(kind, both=both) for kind, both in _WAYS}
_WALKED = {(kind, both): _walked(kind, both=both) for kind, both in _WAYS}
_COUNT_BOTH: Read[Any] = Read(
    select(col(Play.album_id), func.count())
    .where(
        own(col(Play.user_id)),
        among(col(Play.album_id), "albums"),
        _any_of("artist"),
        *_INSIDE,
    )
    .group_by(col(Play.album_id))
)
NEWEST_PLAYS = 200
_NEWEST_PLAYS: Read[Any] = Read(
    select(col(Play.album_id), col(Play.played_at), col(Play.hidden))
    .where(col(Play.user_id) == OWNER)
    .order_by(*_NEWEST)
    .limit(literal(NEWEST_PLAYS))
)
