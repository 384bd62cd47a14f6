"""Counts follow the plays: in the same transaction, again from nothing, and checked."""

from datetime import date, timedelta

from sqlalchemy import delete, update
from sqlmodel import col

from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import derive, queries
from rewind_gql.domains.listening.tables import Album, Artist, Play, Rollup, Track
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.listening.plays import (
    DAY,
    NOON,
    everything,
    hide,
    play,
    remove,
    rollups,
    store_plays,
    stored_plays,
)

EVER = date(1970, 1, 1)


async def test_a_play_counts_for_its_track_artist_album_and_all_in_every_grain(
    store: Store,
) -> None:
    await store_plays(store, play(album="Trust"))

    found = await rollups(store)

    assert len(found) == 16
    assert set(found.values()) == {(1, NOON, NOON)}
    assert {(grain, bucket) for _, grain, bucket, _ in found} == {
        ("day", date(2024, 2, 28)),
        ("month", date(2024, 2, 1)),
        ("year", date(2024, 1, 1)),
        ("all", EVER),
    }


async def test_the_sums_of_each_grain_agree(store: Store) -> None:
    await store_plays(
        store,
        *[play(f"artist {n % 3}", f"track {n % 5}", at=NOON + n * 9 * DAY) for n in range(80)],
    )

    sums: dict[tuple[str, str], int] = {}
    for (kind, grain, _, _), (plays, _, _) in (await rollups(store)).items():
        sums[kind, grain] = sums.get((kind, grain), 0) + plays

    assert set(sums.values()) == {80}
    assert len(sums) == 12


async def test_counting_days_again_changes_nothing(store: Store) -> None:
    await store_plays(store, play(), play(at=NOON + DAY))
    before = await rollups(store)

    async with store.write() as conn:
        await derive.derive(conn, ME, Touched(days={NOON.date(), NOON.date() + DAY}))

    assert await rollups(store) == before


async def test_a_deleted_play_is_no_longer_counted(store: Store) -> None:
    await store_plays(store, play(), play(at=NOON + 400 * DAY))
    first, _ = await stored_plays(store)

    await remove(store, first.id)

    assert (await rollups(store))["total", "all", EVER, 0] == (
        1,
        NOON + 400 * DAY,
        NOON + 400 * DAY,
    )
    assert await store.ask(derive.drift, ME) == []


async def test_hiding_takes_counts_away_and_showing_brings_them_back(store: Store) -> None:
    await store_plays(store, play("Low", album="Trust"), play("Can", at=NOON + DAY))
    before = await rollups(store)
    low = (await everything(store, Artist))[0]

    await hide(store, Artist, low.id)
    hidden = await rollups(store)
    await hide(store, Artist, low.id, hidden=False)

    assert {plays for plays, _, _ in hidden.values()} == {1}
    assert ("artist", "all", EVER, low.id) not in hidden
    assert await rollups(store) == before


async def test_more_days_than_are_counted_at_once_are_all_counted(store: Store) -> None:
    days = derive.DAYS_AT_ONCE * 2 + 1
    await store_plays(store, *[play(at=NOON + n * DAY) for n in range(days)])

    assert (await rollups(store))["total", "all", EVER, 0][0] == days
    assert await store.ask(derive.drift, ME) == []


async def test_rebuilding_gives_what_step_by_step_counting_gave(store: Store) -> None:
    for n in range(30):
        await store_plays(store, play(f"artist {n % 4}", album=f"album {n % 3}", at=NOON + n * DAY))
    before = await rollups(store)
    async with store.write() as conn:
        await conn.execute(delete(Rollup).where(col(Rollup.kind) == "artist"))

    async with store.write() as conn:
        await derive.rebuild(conn, ME)

    assert await rollups(store) == before


async def test_rebuilding_leaves_other_users_alone(store: Store) -> None:
    await store_plays(store, play("Low"))
    await store_plays(store, play("Can"), user_id=OTHER)
    before = await rollups(store, OTHER)

    async with store.write() as conn:
        await derive.rebuild(conn, ME)

    assert await rollups(store, OTHER) == before
    assert await store.ask(derive.drift, OTHER) == []


async def test_rebuilding_says_again_on_each_play_what_is_hidden(store: Store) -> None:
    await store_plays(store, play("Low", album="Trust"), play("Can"))
    async with store.write() as conn:
        await conn.execute(update(Album).where(col(Album.name) == "Trust").values(hidden=True))
    drifted = await store.ask(derive.drift, ME)

    async with store.write() as conn:
        await derive.rebuild(conn, ME)

    assert drifted == ["1 plays repeat their track's artist, or what is hidden, wrongly"]
    assert [row.hidden for row in await stored_plays(store)] == [True, False]
    assert await store.ask(derive.drift, ME) == []


async def test_drift_names_what_differs(store: Store) -> None:
    await store_plays(store, play())
    async with store.write() as conn:
        wrong = update(Rollup).where(col(Rollup.kind) == "total", col(Rollup.grain) == "month")
        await conn.execute(wrong.values(plays=2))
        await conn.execute(delete(Play))

    found = await store.ask(derive.drift, ME)

    at = "2024-02-28 12:00:00+00:00"
    assert f"total, month 2024-02-01: only the counts say 2, {at} to {at}" in found
    assert f"total, all time: only the counts say 1, {at} to {at}" in found
    assert len(found) == 12


async def test_drift_stops_naming_after_a_few(store: Store) -> None:
    await store_plays(store, *[play(at=NOON + n * DAY) for n in range(20)])
    async with store.write() as conn:
        await conn.execute(delete(Rollup).where(col(Rollup.kind) != "total"))
        await conn.execute(delete(Rollup).where(col(Rollup.grain) != "day"))

    found = await store.ask(derive.drift, ME)

    assert "artist by day: more differences" in found
    assert sum(line.startswith("artist") and ", day" in line for line in found) == 5


async def test_gaps_count_what_is_left_open(store: Store) -> None:
    often = [play("Low", "Words", at=NOON + n * timedelta(hours=1)) for n in range(5)]
    await store_plays(
        store,
        *often,
        play("Can", "Spoon", album="Ege Bamyasi", album_artist="Damo Suzuki"),
        play("Nico", "Song", album="Shrek", album_artist="Various Artists"),
        play("Linked", "Tried"),
    )
    async with store.write() as conn:
        linked = update(Artist).where(col(Artist.name) == "Linked")
        await conn.execute(linked.values(apple_music_url="https://linked"))
        tried = update(Track).where(col(Track.name) == "Tried")
        await conn.execute(tried.values(itunes_tried_at=NOON))

    before = await store.ask(queries.gaps, ME)
    async with store.write() as conn:
        await derive.gaps(conn, ME)
    found = await store.ask(queries.gaps, ME)

    assert before is None
    assert found is not None
    assert found.artists_without_link == 5
    assert found.played_artists_without_link == 1
    assert found.tracks_not_enriched == 3
    assert found.album_artist_mismatches == 1
