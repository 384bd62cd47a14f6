"""Days of time zones as numbers, and what is counted by them from packs and without."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rewind_gql import clock
from rewind_gql.domains.listening import genres, queries
from rewind_gql.domains.listening.queries import zones
from rewind_gql.domains.listening.queries.lookup import SMALL, Lookup
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import DAY, HOUR, NOON, everything, pack, play, store_plays

# Clocks changed by an hour and by half of one, at midnight and past it back to the day before; a
# day left out; an offset of seconds; and none of it.
ZONES = [
    ZoneInfo(name)
    for name in (
        *("America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "America/St_Johns"),
        *("Pacific/Apia", "Africa/Monrovia", "UTC"),
    )
]
NEW_YORK = ZONES[0]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_midnights_are_those_of_the_clocks(zone: ZoneInfo) -> None:
    days = [date(year, 1, 1) + n * DAY for year in (1971, 1999, 2011) for n in range(800)]

    found = zones.midnights(days, zone).tolist()

    wanted = [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]
    assert found == list(map(clock.microseconds, wanted))


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_dates_are_those_of_the_clocks(zone: ZoneInfo) -> None:
    first = datetime(2010, 12, 30, tzinfo=UTC)
    instants = [first + n * timedelta(minutes=47, microseconds=1) for n in range(13_000)]

    found = zones.local_days(np.array([*map(clock.microseconds, instants)]), zone).tolist()

    dates = [at.astimezone(zone).date() for at in instants]
    assert found == [(day - clock.EPOCH.date()).days for day in dates]


def test_no_instants_are_on_no_date() -> None:
    assert zones.local_days(np.array([], np.int64), NEW_YORK).tolist() == []


@pytest.mark.parametrize("far", [9, SMALL * 2])
def test_what_is_not_known_has_the_missing_value(far: int) -> None:
    lookup = Lookup([far, 4], np.array([7, 8]), 0)

    assert lookup.of(np.array([0, 4, 5, far, far + 1])).tolist() == [0, 8, 0, 7, 0]
    assert Lookup([], np.array([], np.int64), 3).of(np.array([0, 9])).tolist() == [3, 3]


async def heard(store: Store) -> None:
    """Plays about midnight in New York, some at one instant, some on no album, with genres."""
    steps = [at for step in (HOUR, 37 * HOUR) for at in [n // 2 * step for n in range(60)]]
    plays = [
        play(f"a{n % 5}", f"t{n}", album=f"b{n % 7}" if n % 3 else None, at=NOON + step)
        for n, step in enumerate(steps)
    ]
    await store_plays(store, *plays)
    artists = [row.id for row in await everything(store, Artist)]
    async with store.write() as conn:
        for at, name in enumerate(("Rock", "Jazz", queries.OTHER, "Dub")):
            change = Artist.__table__.update().where(Artist.__table__.c.id == artists[at])  # type: ignore[attr-defined]  # every table model has one
            await conn.execute(change.values(genre=name))
        await genres.retagged(conn, ME, artists)


async def told(store: Store) -> list[object]:
    """Plays over time, genres, and pages of what some words find."""
    found: list[object] = []
    windows = [(None, None), (NOON + 5 * HOUR, NOON + 40 * DAY), (NOON + 90 * DAY, None)]
    for since, until in windows:
        bounds = {"since": since, "until": until}
        for by in ("day", "week", "month", "year"):
            local = {"granularity": by, "zone": NEW_YORK, **bounds}
            found.append(await store.ask(queries.over_time, ME, **local))
            if by != "day":
                found.append(await store.ask(queries.local_genres, ME, limit=2, **local))
        for split in (False, True):
            weeks = {"group_by": "week", "limit": 1, "split_weeks": split, **bounds}
            found.append(await store.ask(queries.genre_periods, ME, **weeks))
        for words in ({"artist": "a1"}, {"album": "b"}, {"artist": "a2", "album": "b"}):
            for page in (1, 2, 9):
                asked = {**words, **bounds, "limit": 3, "page": page}
                found.append(await store.ask(queries.plays_page, ME, **asked))
    return found


async def test_packs_change_no_answer(store: Store) -> None:
    await heard(store)
    without = await told(store)

    await pack(store)

    assert await told(store) == without
    assert any(without)


async def test_words_that_fit_everybody_leave_nothing_out(store: Store) -> None:
    await heard(store)

    everybody = await store.ask(queries.plays_page, ME, artist="a", limit=200)

    assert everybody == await store.ask(queries.plays_page, ME, limit=200)
