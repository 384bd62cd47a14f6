"""Whatever happens to plays, counts, top lists and totals are what plain counting gives."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.domains.listening import derive, queries
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.databases import ME
from tests.domains.listening.plays import (
    Row,
    clear,
    everything,
    hide,
    pack,
    play,
    remove,
    rollups,
    store_plays,
    stored_plays,
)

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
ENOUGH = Slice(limit=100)

# Days around the turn of a year and of a leap month, far years, and the edges of days.
days = st.sampled_from([-800, -366, -32, -2, -1, 0, 1, 30, 31, 58, 59, 60, 365, 366])
seconds = st.sampled_from([0, 1, 59, 60, 43_199, 43_200, 86_398, 86_399])
instants = st.builds(lambda day, at: NEW_YEAR + timedelta(days=day, seconds=at), days, seconds)
plays = st.builds(
    lambda artist, track, album, at: play(artist, track, album=album, at=at),
    st.sampled_from(["Low", "Can", "Nico"]),
    st.sampled_from(["one", "two"]),
    st.sampled_from([None, "first", "second"]),
    instants,
)
deeds = st.one_of(
    st.tuples(st.just("store"), st.lists(plays, min_size=1, max_size=12)),
    st.tuples(st.just("delete"), st.integers(0, 50)),
    st.tuples(st.just("pack"), st.none()),
    st.tuples(
        st.just("hide"), st.tuples(st.sampled_from([Artist, Album, Track]), st.integers(0, 9))
    ),
    st.tuples(
        st.just("show"), st.tuples(st.sampled_from([Artist, Album, Track]), st.integers(0, 9))
    ),
)
windows = st.tuples(st.none() | instants, st.none() | instants)


async def do(store: Store, deed: str, what: Any) -> None:
    """Let one thing happen to the plays."""
    if deed == "store":
        await store_plays(store, *what)
    elif deed == "pack":
        await pack(store)
    elif deed == "delete":
        if rows := await stored_plays(store):
            await remove(store, rows[what % len(rows)].id)
    else:
        table, which = what
        if rows := await everything(store, table):
            await hide(store, table, rows[which % len(rows)].id, hidden=deed == "hide")


def counted(rows: list[Row]) -> dict[tuple[str, str, date, int], Any]:
    """Plays, first and last by kind, grain, bucket and entity, counted one by one."""
    found: defaultdict[tuple[str, str, date, int], list[datetime]] = defaultdict(list)
    for row in rows:
        day = row.at.date()
        buckets = {
            "day": day,
            "month": day.replace(day=1),
            "year": day.replace(month=1, day=1),
            "all": date(1970, 1, 1),
        }
        entities = {"total": 0, "artist": row.artist_id, "track": row.track_id}
        if row.album_id is not None:
            entities["album"] = row.album_id
        for grain, bucket in buckets.items():
            for kind, entity in entities.items():
                found[kind, grain, bucket, entity].append(row.at)
    return {place: (len(ats), min(ats), max(ats)) for place, ats in found.items()}


def ranked(rows: list[Row], field: str) -> list[tuple[int, int, datetime]]:
    """Id, plays and last play of what `field` names, most played first."""
    ats: defaultdict[int, list[datetime]] = defaultdict(list)
    for row in rows:
        if (entity := getattr(row, field)) is not None:
            ats[entity].append(row.at)
    places = [(entity, len(each), max(each)) for entity, each in ats.items()]
    return sorted(places, key=lambda place: (-place[1], -place[2].timestamp(), place[0]))


async def check_small_pages(store: Store, window: dict[str, Any], tops: dict[str, Any]) -> None:
    """Top lists read one or two places at a time, in both directions, are the same lists."""
    for kind, top in tops.items():
        query = getattr(queries, f"top_{kind}s")
        keys = [(plays, clock.microseconds(last_at), entity) for entity, plays, last_at in top]
        for limit in (1, 2):
            for at in range(-1, len(top)):
                onward = Slice(limit=limit, after=keys[at] if at >= 0 else None)
                page = await store.ask(query, ME, part=onward, **window)
                found = [getattr(each, kind).id for each in page.items]
                assert found == [entity for entity, _, _ in top[at + 1 : at + 1 + limit]]
        for at in range(len(top)):
            back = Slice(limit=2, backward=True, before=keys[at])
            page = await store.ask(query, ME, part=back, **window)
            found = [getattr(each, kind).id for each in page.items]
            assert found == [entity for entity, _, _ in top[max(0, at - 2) : at]]


async def check_window(store: Store, rows: list[Row], since: Any, until: Any) -> None:
    """Every question about the window is answered as counting the rows in it would."""
    inside = [
        row
        for row in rows
        if (since is None or row.at >= since) and (until is None or row.at < until)
    ]
    window = {"since": since, "until": until}
    artists = await store.ask(queries.top_artists, ME, part=ENOUGH, **window)
    albums = await store.ask(queries.top_albums, ME, part=ENOUGH, **window)
    tracks = await store.ask(queries.top_tracks, ME, part=ENOUGH, **window)
    totals = await store.ask(queries.totals, ME, **window)
    by_day = await store.ask(queries.days, ME, **window)
    by_month = await store.ask(queries.months, ME, **window)
    tops = {
        "artist": [(top.artist.id, top.plays, top.last_played_at) for top in artists.items],
        "album": [(top.album.id, top.plays, top.last_played_at) for top in albums.items],
        "track": [(top.track.id, top.plays, top.last_played_at) for top in tracks.items],
    }
    for kind, top in tops.items():
        assert top == ranked(inside, f"{kind}_id")
        assert await store.ask(queries.top_count, ME, kind=kind, **window) == len(top)
    await check_small_pages(store, window, tops)
    assert totals.plays == len(inside) == await store.ask(queries.plays_count, ME, **window)
    assert (totals.artists, totals.albums, totals.tracks) == tuple(
        len(top) for top in tops.values()
    )
    assert {each.day for each in by_day} == {row.at.date() for row in inside}
    assert sum(each.plays for each in by_day) == len(inside)
    assert {each.month for each in by_month} == {row.at.date().replace(day=1) for row in inside}
    assert sum(each.plays for each in by_month) == len(inside)
    recent = await store.ask(queries.recent, ME, part=ENOUGH, **window)
    assert [each.id for each in recent.items] == [
        row.id for row in sorted(inside, key=lambda row: (row.at, row.id), reverse=True)
    ][: ENOUGH.limit]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(deeds, min_size=1, max_size=6), asked=st.lists(windows, max_size=4))
async def test_counts_and_lists_are_what_plain_counting_gives(
    store: Store, story: list[tuple[str, Any]], asked: list[tuple[Any, Any]]
) -> None:
    await clear(store)
    for deed, what in story:
        await do(store, deed, what)

    shown = [row for row in await stored_plays(store) if not row.hidden]
    assert await rollups(store) == counted(shown)
    assert await store.ask(derive.drift, ME) == []
    for since, until in [(None, None), *asked]:
        await check_window(store, shown, since, until)
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    assert await rollups(store) == counted(shown)
