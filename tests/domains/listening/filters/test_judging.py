"""Rules put to a library: what is hidden, shown again, and counted."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import update
from sqlmodel import col

from rewind_gql.domains.listening import derive, filters
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.listening.filters.made import hidden, ids, judged, rule
from tests.domains.listening.plays import (
    DAY,
    HOUR,
    NOON,
    clear,
    play,
    rollups,
    store_plays,
    stored_plays,
)

BOOK = {"album": "Moby Dick", "artist": "Herman Melville"}


async def counted(store: Store, user_id: int = ME) -> int:
    """How many plays count."""
    found = await rollups(store, user_id)
    return sum(
        plays
        for (kind, grain, *_), (plays, *_) in found.items()
        if (kind, grain) == ("total", "all")
    )


async def test_a_new_play_is_judged_as_it_comes(store: Store) -> None:
    await rule(store, "track", "silent night")

    await store_plays(store, play("Low", "Silent Night"), play("Low", "Words", at=NOON + HOUR))

    assert await hidden(store) == {("track", "Silent Night")}
    assert [row.hidden for row in await stored_plays(store)] == [True, False]
    assert await counted(store) == 1


async def test_a_rule_reaches_what_was_heard_before_it(store: Store) -> None:
    await store_plays(
        store,
        play("Low", "Silent Night", album="Christmas"),
        play("Low", "Words", at=NOON + DAY, album="I Could Live in Hope"),
    )
    await rule(store, "album", "christmas")

    done = await judged(store)

    assert await hidden(store) == {("album", "Christmas")}
    assert done.updated == 1
    assert done.touched.days == {NOON.date()}
    assert await counted(store) == 1


async def test_a_rule_taken_away_gives_everything_back(store: Store) -> None:
    await store_plays(store, play("Low", "Silent Night"), play("Low", "Words", at=NOON + HOUR))
    before = await rollups(store)
    made = await rule(store, "artist", "low")
    await judged(store)
    none = await counted(store)

    async with store.write() as conn:
        await filters.remove(conn, ME, filter_id=made.id)
    await judged(store)

    assert none == 0
    assert await hidden(store) == set()
    assert await rollups(store) == before
    assert await store.ask(derive.drift, ME) == []


async def test_an_artist_takes_albums_and_tracks_along(store: Store) -> None:
    await rule(store, "artist", "low")

    await store_plays(store, play("Low", "Words", album="Hope"))
    await store_plays(store, play("Low", "Lazy", album="Trust", at=NOON + HOUR))

    assert await hidden(store) == {
        ("artist", "Low"),
        ("album", "Hope"),
        ("album", "Trust"),
        ("track", "Words"),
        ("track", "Lazy"),
    }
    assert await counted(store) == 0


async def test_a_chapter_hides_itself_and_nobody_else(store: Store) -> None:
    await store_plays(
        store,
        play(track="014 - Moby Dick (Unabridged)", **BOOK),
        play(track="Call me Ishmael", at=NOON + HOUR, **BOOK),
    )

    assert await hidden(store) == {("track", "014 - Moby Dick (Unabridged)")}
    assert await counted(store) == 1


async def test_a_track_that_moves_to_its_book_is_judged_again(store: Store) -> None:
    chapter = "014 - Moby Dick (Unabridged)"
    await store_plays(store, play("Herman Melville", chapter))
    assert await hidden(store) == set()

    await store_plays(store, play(track=chapter, at=NOON + DAY, **BOOK))

    assert await hidden(store) == {("track", chapter)}
    assert [row.hidden for row in await stored_plays(store)] == [True, True]
    assert await counted(store) == 0
    assert await store.ask(derive.drift, ME) == []


async def test_a_compilation_hides_the_plays_of_others_on_it(store: Store) -> None:
    await store_plays(
        store, play("Low", "Words", album="A Very Special Xmas", album_artist="Various Artists")
    )
    await rule(store, "album", "xmas")

    await judged(store)

    assert [row.hidden for row in await stored_plays(store)] == [True]
    assert await counted(store) == 0


async def test_tags_of_the_spoken_word_hide_an_artist(store: Store) -> None:
    await store_plays(store, play("Herman Melville", "Chapter"), play("Low", "Words"))
    async with store.write() as conn:
        spoken = update(Artist).where(col(Artist.name) == "Herman Melville").values(spoken=True)
        await conn.execute(spoken)

    await judged(store)

    assert ("artist", "Herman Melville") in await hidden(store)
    assert await counted(store) == 1


@pytest.mark.parametrize("kind", ["artist", "album", "track"])
async def test_what_a_person_says_beats_the_rules(store: Store, kind: filters.Kind) -> None:
    await store_plays(store, play("Low", "Low", album="Low"))
    await rule(store, kind, "low")
    await judged(store)
    table = {"artist": Artist, "album": Album, "track": Track}[kind]
    at = (await ids(store, table))["Low"]

    async with store.write() as conn:
        shown = await filters.set_shown(conn, ME, kind=kind, entity_id=at, shown=True)
        await derive.derive(conn, ME, shown.touched)
    counts = await counted(store)
    await judged(store)

    assert (kind, "Low") not in await hidden(store)
    assert counts == await counted(store) == 1


async def test_a_person_hides_what_no_rule_means_and_leaves_it_to_them_again(store: Store) -> None:
    await store_plays(store, play("Low", "Words"), play("Low", "Lazy", at=NOON + HOUR))
    at = (await ids(store, Track))["Words"]
    seen = []
    for shown in (False, None):
        async with store.write() as conn:
            done = await filters.set_shown(conn, ME, kind="track", entity_id=at, shown=shown)
            await derive.derive(conn, ME, done.touched)
        seen.append((await hidden(store), await counted(store)))

    assert seen == [({("track", "Words")}, 1), (set(), 2)]


async def test_nobody_shows_or_hides_what_is_somebody_elses(store: Store) -> None:
    await store_plays(store, play("Low", "Words"), user_id=OTHER)
    at = (await ids(store, Track, OTHER))["Words"]

    async with store.write() as conn:
        with pytest.raises(filters.NothingThere):
            await filters.set_shown(conn, ME, kind="track", entity_id=at, shown=False)


async def test_a_rule_means_its_owners_music_alone(store: Store) -> None:
    await store_plays(store, play("Low", "Words"), user_id=OTHER)
    await rule(store, "artist", "low")

    await judged(store)
    await judged(store, OTHER)

    assert await hidden(store, OTHER) == set()


async def test_judging_twice_changes_nothing(store: Store) -> None:
    await rule(store, "track", "words")
    await store_plays(store, play("Low", "Words"))
    await judged(store)

    again = await judged(store)

    assert (again.updated, again.touched.days) == (0, set())


async def test_statements_do_not_grow_with_the_library(store: Store, statements: list[str]) -> None:
    costs = []
    for size in (5, 100):
        batch = [play(f"a{n}", f"x{n}", album=f"b{n}", at=NOON + n * HOUR) for n in range(size)]
        await store_plays(store, *batch)
        made = await rule(store, "track", "x")
        statements.clear()
        async with store.write() as conn:
            found = await filters.artist_ids(conn, ME, after=0, limit=1_000)
            await filters.judge_artists(conn, ME, found)
        costs.append(len(statements))
        async with store.write() as conn:
            await filters.remove(conn, ME, filter_id=made.id)

    assert costs[0] == costs[1] <= 10


NAMES = strategies.sampled_from(["Low", "Silent Night", "014 - Silent Night (2)", "Xmas", "Words"])
RULES = strategies.tuples(
    strategies.sampled_from(["album", "track", "artist", "artist_track", "track_regex"]),
    strategies.sampled_from(["low", "silent", "xmas", "low||xmas", r"\(\d\)$"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    heard=strategies.lists(
        strategies.tuples(NAMES, NAMES, strategies.none() | NAMES, strategies.integers(0, 3)),
        max_size=12,
    ),
    wanted=strategies.lists(RULES, max_size=4, unique=True),
)
async def test_rules_before_and_after_the_plays_come_to_the_same(
    sqlite_store: Store,
    heard: list[tuple[str, str, str | None, int]],
    wanted: list[tuple[str, str]],
) -> None:
    plays = [
        play(artist, track, album=album, at=NOON + day * DAY + n * HOUR)
        for n, (artist, track, album, day) in enumerate(heard)
    ]
    patterns = [(scope, p) for scope, p in wanted if ("||" in p) == (scope == "artist_track")]
    made = []

    async def outcome() -> tuple[object, ...]:
        drifted = await sqlite_store.ask(derive.drift, ME)
        flags = [row.hidden for row in await stored_plays(sqlite_store)]
        return await hidden(sqlite_store), flags, await counted(sqlite_store), drifted

    await clear(sqlite_store)
    for each in plays:
        await store_plays(sqlite_store, each)
    for scope, pattern in patterns:
        made.append(await rule(sqlite_store, scope, pattern))
    await judged(sqlite_store)
    after = await outcome()
    await clear(sqlite_store)
    for each in plays:
        await store_plays(sqlite_store, each)
    before = await outcome()
    async with sqlite_store.write() as conn:
        for each in made:
            await filters.remove(conn, ME, filter_id=each.id)
    await judged(sqlite_store)
    none = await outcome()

    assert before == after
    assert none[3] == []
    assert all(name.startswith("014") for _, name in none[0])  # type: ignore[attr-defined]
