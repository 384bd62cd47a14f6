"""How much was heard, by window, day, month and entity."""

from datetime import UTC, date, datetime

from rewind_gql.domains.listening import queries
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import DAY, HOUR, NOON, everything, hide, play, store_plays

EVER = {"since": None, "until": None}


async def test_totals_count_what_is_distinct(store: Store) -> None:
    await store_plays(
        store,
        play("Low", "Words", album="Trust"),
        play("Low", "Lazy", album="Trust", at=NOON + HOUR),
        play("Can", "Spoon", at=NOON + DAY),
    )

    whole = await store.ask(queries.totals, ME, **EVER)
    part = await store.ask(queries.totals, ME, since=NOON + HOUR, until=NOON + DAY + HOUR)

    assert (whole.plays, whole.artists, whole.albums, whole.tracks) == (3, 2, 1, 3)
    assert (part.plays, part.artists, part.albums, part.tracks) == (2, 2, 1, 2)


async def test_nothing_heard_counts_zero(store: Store) -> None:
    totals = await store.ask(queries.totals, ME, **EVER)

    assert (totals.plays, totals.artists, totals.albums, totals.tracks) == (0, 0, 0, 0)
    assert await store.ask(queries.plays_count, ME, **EVER) == 0
    assert await store.ask(queries.days, ME, **EVER) == []
    assert await store.ask(queries.months, ME, **EVER) == []


async def test_days_the_window_cuts_count_what_is_inside(store: Store) -> None:
    ats = [NOON, NOON + HOUR, NOON + DAY, NOON + 2 * DAY, NOON + 2 * DAY + HOUR]
    await store_plays(store, *[play(at=at) for at in ats])

    found = await store.ask(queries.days, ME, since=NOON + HOUR, until=NOON + 2 * DAY + HOUR)

    assert [(each.day, each.plays) for each in found] == [
        (date(2024, 2, 28), 1),
        (date(2024, 2, 29), 1),
        (date(2024, 3, 1), 1),
    ]


async def test_months_go_across_years_and_leave_out_empty_ones(store: Store) -> None:
    ats = [
        datetime(2022, 12, 31, 23, tzinfo=UTC),
        datetime(2023, 1, 1, tzinfo=UTC),
        datetime(2023, 1, 20, tzinfo=UTC),
        datetime(2024, 6, 2, tzinfo=UTC),
        datetime(2024, 6, 9, tzinfo=UTC),
    ]
    await store_plays(store, *[play(at=at) for at in ats])

    whole = await store.ask(queries.months, ME, **EVER)
    cut = await store.ask(queries.months, ME, since=ats[2], until=ats[4])

    assert [(each.month, each.plays) for each in whole] == [
        (date(2022, 12, 1), 1),
        (date(2023, 1, 1), 2),
        (date(2024, 6, 1), 2),
    ]
    assert [(each.month, each.plays) for each in cut] == [
        (date(2023, 1, 1), 1),
        (date(2024, 6, 1), 1),
    ]


async def test_heard_tells_how_much_of_each_and_zero_of_others(
    store: Store, statements: list[str]
) -> None:
    await store_plays(
        store, play("Low", album="Trust"), play("Low", album="Trust", at=NOON + DAY), play("Can")
    )
    ids = {
        table: [row.id for row in await everything(store, table)]
        for table in (Artist, Album, Track)
    }
    statements.clear()

    artists = await store.ask(queries.heard_by_artist, ME, [*ids[Artist], 0])
    albums = await store.ask(queries.heard_by_album, ME, ids[Album])
    tracks = await store.ask(queries.heard_by_track, ME, ids[Track])

    assert len(statements) == 3
    assert sorted(heard.plays for heard in artists.values()) == [0, 1, 2]
    [album] = albums.values()
    assert (album.plays, album.first_played_at, album.last_played_at) == (2, NOON, NOON + DAY)
    assert sum(heard.plays for heard in tracks.values()) == 3
    assert artists[0].last_played_at is None


async def test_the_library_is_counted_without_what_is_hidden(store: Store) -> None:
    await store_plays(store, play("Low", album="Trust"), play("Can", album="Future Days"))
    [album, *_] = await everything(store, Album)
    await hide(store, Album, album.id)

    assert await store.ask(queries.artists_count, ME) == 2
    assert await store.ask(queries.albums_count, ME) == 1
