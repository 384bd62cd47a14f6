"""Records in, rows out: plays, top lists and the profile; the only writer of listening's rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, and_, bindparam, delete, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import bulk, filters, library, records, tables
from rewind_gql.domains.listening.library import Known, Of, Wanted
from rewind_gql.domains.listening.reconcile import (
    LOOSEST,
    NEAR,
    Heard,
    Kept,
    Plan,
    end_of,
    minute_of,
    reconcile,
)
from rewind_gql.domains.listening.tables import ChartEntry, Play
from rewind_gql.store.columns import Flag, Id, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert


async def plays(
    conn: Writing, user_id: int, batch: Sequence[records.Play], *, source: str
) -> Stored:
    """Store plays with the artists, albums and tracks they name; what is stored already is not.

    Two plays of one track at one instant in one batch are two plays. A play known to the minute, or
    less exactly, is the same as any play of its track it may be, whichever comes first; so is one
    of another source that began about then.
    """
    if not batch:
        return Stored()
    await bulk.take_turn(conn, user_id)
    heard, pointed = await _named(conn, user_id, batch)
    rows = await conn.rows(_KEPT, user_id=user_id, spans=_spans(heard))
    plan = reconcile(heard, (Kept(*row) for row in rows if row[0] is not None), source=source)
    await _write(conn, user_id, plan, source)
    moved = {play.track_id for play in plan.albums if pointed[play.track_id] != play.album_id}
    if moved:
        await library.point(conn, user_id, moved)
        plan.touched.add(await filters.judge_moved(conn, user_id, moved))
    changed = len(plan.changed)
    return Stored(
        inserted=len(plan.new),
        updated=changed,
        skipped=len(batch) - len(plan.new) - changed,
        touched=plan.touched,
    )


async def charts(
    conn: Writing, user_id: int, batch: Sequence[records.Chart], *, source: str
) -> Stored:
    """Replace whole top lists; entries that are one entity by our names are summed into the first.

    Ranks follow the order of the entries, without gaps. `source` is not kept: one account has one
    set of lists.
    """
    await bulk.take_turn(conn, user_id)
    stored = Stored()
    for chart in batch:
        found = await _charted(conn, user_id, chart.entries)
        summed: dict[int, int] = {}
        for entity_id, entry in zip(found, chart.entries, strict=True):
            summed[entity_id] = summed.get(entity_id, 0) + entry.plays
        place = {"owner": user_id, "list_kind": chart.kind, "list_period": chart.period}
        gone = await conn.execute(_CLEAR_CHART, place)
        now = clock.now()
        rows = [
            {
                "user_id": user_id,
                "kind": chart.kind,
                "period": chart.period,
                "rank": rank,
                "entity_id": entity_id,
                "plays": plays,
                "computed_at": now,
            }
            for rank, (entity_id, plays) in enumerate(summed.items(), start=1)
        ]
        if rows:
            await conn.execute(insert(ChartEntry), rows)
        updated = min(gone.rowcount, len(rows))
        stored.updated += updated
        stored.inserted += len(rows) - updated
        stored.skipped += len(chart.entries) - len(rows)
    return stored


async def profile(
    conn: Writing, user_id: int, batch: Sequence[records.Profile], *, source: str
) -> Stored:
    """Store what the account says of itself; the last record of the batch stands."""
    if not batch:
        return Stored()
    known = await conn.first(_PROFILE, user_id=user_id)
    told = batch[-1]
    said = (told.name, told.url, told.country, told.plays, told.registered_at)
    names = ("name", "url", "country", "plays", "registered_at")
    row = {"user_id": user_id, "updated_at": clock.now(), **dict(zip(names, said, strict=True))}
    await upsert(conn, tables.Profile, [row], key=["user_id"], update=[*names, "updated_at"])
    skipped = len(batch) - 1
    if known is None:
        return Stored(inserted=1, skipped=skipped)
    if known == said:
        return Stored(skipped=len(batch))
    return Stored(updated=1, skipped=skipped)


async def _named(
    conn: Writing, user_id: int, batch: Sequence[records.Play]
) -> tuple[list[Heard], dict[int, int | None]]:
    """The plays with their names found, and the album each of their tracks points to."""
    artists = await library.artists(conn, user_id, _artists_in(batch))
    homes = [_home(play, artists) for play in batch]
    albums = await library.albums(conn, user_id, _albums_in(batch, homes))
    owners = [artists[library.artist_name(play.artist, play.artist_mbid)[1]] for play in batch]
    wanted = _tracks_in(batch, owners, homes, albums)
    tracks = await library.tracks(conn, user_id, wanted)
    await filters.judge_new(conn, user_id, artists, albums, tracks)
    heard = []
    for play, artist, home in zip(batch, owners, homes, strict=True):
        track = tracks[artist.id, library.title(play.track)[1]]
        album = albums[home] if home else None
        heard.append(
            Heard(
                track_id=track.id,
                artist_id=artist.id,
                album_id=album.id if album else None,
                album_artist_id=home[0] if home else None,
                played_at=_from(play),
                exact=play.exact,
                spread_s=play.spread_s,
                hidden=track.hidden or artist.hidden or bool(album and album.hidden),
                told_album_id=album.part_id if album else None,
            )
        )
    return heard, {track.id: track.album_id for track in tracks.values()}


def _from(play: records.Play) -> datetime:
    """When a play began at the earliest."""
    known = play.exact or play.spread_s is not None
    return play.played_at if known else minute_of(play.played_at)


def _spans(heard: Iterable[Heard]) -> list[tuple[int, datetime, datetime]]:
    """The stretches of each track's history in which the plays may be kept, none twice."""
    spans: list[tuple[int, datetime, datetime]] = []
    for play in sorted(heard, key=lambda play: (play.track_id, play.played_at)):
        since = play.played_at - LOOSEST
        until = play.played_at + NEAR + clock.MICROSECOND if play.exact else end_of(play)
        if spans and spans[-1][0] == play.track_id and since <= spans[-1][2]:
            track_id, start, end = spans[-1]
            spans[-1] = track_id, start, max(end, until)
        else:
            spans.append((play.track_id, since, until))
    return spans


def _artists_in(batch: Iterable[records.Play]) -> dict[str, Wanted]:
    """The artists of the tracks and of the albums, by match key."""
    wanted: dict[str, Wanted] = {}
    for play in batch:
        name, key = library.artist_name(play.artist, play.artist_mbid)
        want = wanted.get(key)
        if want is None:
            want = wanted[key] = Wanted(name)
        want.add(play.artist_mbid, play.artist_url)
        if play.album and play.album_artist:
            name, key = library.artist_name(play.album_artist)
            wanted.setdefault(key, Wanted(name))
    return wanted


def _home(play: records.Play, artists: dict[str, Known]) -> Of | None:
    """Where a play's album is found; None when the source told none."""
    name, key = library.title(play.album or "")
    if not name:
        return None
    if play.album_artist:
        owner = library.artist_name(play.album_artist)[1]
    else:
        owner = library.artist_name(play.artist, play.artist_mbid)[1]
    return artists[owner].id, key


def _albums_in(batch: Iterable[records.Play], homes: Iterable[Of | None]) -> dict[Of, Wanted]:
    """The albums of the plays, by their place."""
    wanted: dict[Of, Wanted] = {}
    for play, home in zip(batch, homes, strict=True):
        if home and play.album:
            want = wanted.get(home)
            if want is None:
                want = wanted[home] = Wanted(library.title(play.album)[0])
            want.add(play.album_mbid, play.album_url)
    return wanted


def _tracks_in(
    batch: Iterable[records.Play],
    owners: Iterable[Known],
    homes: Iterable[Of | None],
    albums: dict[Of, Known],
) -> dict[Of, Wanted]:
    """The tracks of the plays, by their place, each with the album of its newest play."""
    wanted: dict[Of, Wanted] = {}
    newest: dict[Of, Any] = {}
    for play, artist, home in zip(batch, owners, homes, strict=True):
        name, key = library.title(play.track)
        place = artist.id, key
        want = wanted.get(place)
        if want is None:
            want = wanted[place] = Wanted(name)
        want.add(play.track_mbid, play.url, play.duration_ms)
        if home and (place not in newest or play.played_at >= newest[place]):
            newest[place] = play.played_at
            want.album_id = albums[home].id
    return wanted


async def _write(conn: Writing, user_id: int, plan: Plan, source: str) -> None:
    if plan.changed:
        changed = [
            {
                "play_id": row.id,
                "new_at": row.played_at,
                "new_ordinal": row.ordinal,
                "new_exact": row.exact,
                "new_spread": row.spread_s,
                "new_album": row.album_id,
                "new_told": row.told_album_id,
                "new_hidden": row.hidden,
            }
            for row in plan.changed.values()
        ]
        await conn.execute(_CHANGE, changed)
    if plan.new:
        new = [
            (
                play.track_id,
                play.artist_id,
                play.album_id,
                play.played_at,
                play.ordinal,
                play.exact,
                play.spread_s,
                play.hidden,
                play.told_album_id,
            )
            for play in plan.new
        ]
        await conn.execute(_ADD, {"owner": user_id, "origin": source, "new": new})


async def _charted(conn: Writing, user_id: int, entries: Sequence[records.ChartEntry]) -> list[int]:
    """The entity of each entry, made where it is new."""
    wanted: dict[str, Wanted] = {}
    for entry in entries:
        own = entry.kind == "artist"
        name, key = _credited(entry)
        want = wanted.setdefault(key, Wanted(name))
        want.add(entry.mbid if own else entry.artist_mbid, entry.url if own else None)
    artists = await library.artists(conn, user_id, wanted)
    owners = [artists[_credited(entry)[1]].id for entry in entries]
    if not entries or entries[0].kind == "artist":
        await filters.judge_new(conn, user_id, artists, {}, {})
        return owners
    titles: dict[Of, Wanted] = {}
    for entry, owner in zip(entries, owners, strict=True):
        name, key = library.title(entry.name)
        titles.setdefault((owner, key), Wanted(name)).add(entry.mbid, entry.url)
    if entries[0].kind == "album":
        found = await library.albums(conn, user_id, titles)
        await filters.judge_new(conn, user_id, artists, found, {})
    else:
        found = await library.tracks(conn, user_id, titles)
        await filters.judge_new(conn, user_id, artists, {}, found)
    return [
        found[owner, library.title(entry.name)[1]].id
        for entry, owner in zip(entries, owners, strict=True)
    ]


def _credited(entry: records.ChartEntry) -> library.Name:
    """Whose entry it is."""
    if entry.kind == "artist":
        return library.artist_name(entry.name, entry.mbid)
    return library.artist_name(entry.artist, entry.artist_mbid)


_SPANS = bulk.rows("spans", track_id=Id, since=Utc, until=Utc)
_KEPT: Read[Any] = Read(
    select(
        col(Play.id),
        col(Play.track_id),
        col(Play.album_id),
        col(Play.played_at),
        col(Play.ordinal),
        col(Play.exact),
        col(Play.hidden),
        col(Play.spread_s),
        col(Play.source),
        col(Play.told_album_id),
    )
    .select_from(_SPANS)
    .outerjoin(  # an outer join keeps its order: tracks first, however few statistics there are
        Play,
        and_(
            col(Play.user_id) == bindparam("user_id"),
            col(Play.track_id) == _SPANS.c.track_id,
            col(Play.played_at) >= _SPANS.c.since,
            col(Play.played_at) < _SPANS.c.until,
        ),
    )
)
_NEW = bulk.rows(
    "new",
    track_id=Id,
    artist_id=Id,
    album_id=Id,
    played_at=Utc,
    ordinal=Id,
    exact=Flag,
    spread_s=Integer,
    hidden=Flag,
    told_album_id=Id,
)
_ADD = insert(Play).from_select(
    ["user_id", "source", *_NEW.c.keys()],
    select(bindparam("owner", type_=Id), bindparam("origin", type_=Text()), *_NEW.c),
)
_CHANGE = (
    update(Play)
    .where(col(Play.id) == bindparam("play_id"))
    .values(
        played_at=bindparam("new_at"),
        ordinal=bindparam("new_ordinal"),
        exact=bindparam("new_exact"),
        spread_s=bindparam("new_spread"),
        album_id=bindparam("new_album"),
        told_album_id=bindparam("new_told"),
        hidden=bindparam("new_hidden"),
    )
)
_CLEAR_CHART = delete(ChartEntry).where(
    col(ChartEntry.user_id) == bindparam("owner"),
    col(ChartEntry.kind) == bindparam("list_kind"),
    col(ChartEntry.period) == bindparam("list_period"),
)
_PROFILE: Read[Any] = Read(
    select(
        col(tables.Profile.name),
        col(tables.Profile.url),
        col(tables.Profile.country),
        col(tables.Profile.plays),
        col(tables.Profile.registered_at),
    ).where(col(tables.Profile.user_id) == bindparam("user_id"))
)
