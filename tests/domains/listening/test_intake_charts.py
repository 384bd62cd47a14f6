"""Top lists of the source and the profile, as they are stored and shown."""

from datetime import UTC, datetime

from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import intake, queries, records
from rewind_gql.domains.listening.tables import Album, Artist, ChartEntry
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.listening.plays import everything, hide


def chart(kind: str, *entries: tuple[str, str, int], period: str = "7day") -> records.Chart:
    """A source's list of (name, artist, plays)."""
    lines = [
        records.ChartEntry(
            kind=kind, period=period, rank=rank, plays=plays, name=name, artist=artist
        )
        for rank, (name, artist, plays) in enumerate(entries, start=1)
    ]
    return records.Chart(kind=kind, period=period, entries=tuple(lines))


async def store_charts(store: Store, *batch: records.Chart, user_id: int = ME) -> Stored:
    async with store.write() as conn:
        return await intake.charts(conn, user_id, batch, source="lastfm")


async def shown(store: Store, kind: str, period: str = "7day") -> list[tuple[int, str, str, int]]:
    places = await store.ask(queries.chart, ME, kind=kind, period=period)
    return [(each.rank, each.name, each.artist_name, each.plays) for each in places]


async def test_a_list_is_shown_as_the_source_ranks_it(store: Store) -> None:
    await store_charts(
        store,
        chart("artist", ("Low", "Low", 9), ("Can", "Can", 3)),
        chart("album", ("Trust", "Low", 4)),
        chart("track", ("Words", "Low", 5)),
    )

    assert await shown(store, "artist") == [(1, "Low", "Low", 9), (2, "Can", "Can", 3)]
    assert await shown(store, "album") == [(1, "Trust", "Low", 4)]
    assert await shown(store, "track") == [(1, "Words", "Low", 5)]


async def test_a_list_replaces_the_one_before_it_whole(store: Store) -> None:
    await store_charts(store, chart("artist", ("Low", "Low", 9), ("Can", "Can", 3)))
    await store_charts(store, chart("artist", ("Nico", "Nico", 1), period="overall"))

    stored = await store_charts(store, chart("artist", ("Can", "Can", 4)))

    assert (stored.inserted, stored.updated) == (0, 1)
    assert await shown(store, "artist") == [(1, "Can", "Can", 4)]
    assert await shown(store, "artist", "overall") == [(1, "Nico", "Nico", 1)]


async def test_entries_of_one_entity_are_summed_into_the_first(store: Store) -> None:
    await store_charts(
        store, chart("artist", ("Low", "Low", 9), ("Can", "Can", 5), ("LOW feat. X", "Low", 2))
    )

    assert await shown(store, "artist") == [(1, "Low", "Low", 11), (2, "Can", "Can", 5)]


async def test_hidden_entries_leave_no_gap(store: Store) -> None:
    await store_charts(store, chart("album", ("Trust", "Low", 9), ("Tago Mago", "Can", 5)))
    albums = await everything(store, Album)
    await hide(store, Album, albums[0].id)

    assert await shown(store, "album") == [(1, "Tago Mago", "Can", 5)]


async def test_an_empty_list_clears_the_one_before(store: Store) -> None:
    await store_charts(store, chart("artist", ("Low", "Low", 9)))

    await store_charts(store, chart("artist"))

    assert await everything(store, ChartEntry) == []


async def test_lists_fill_in_identifiers_of_artists(store: Store) -> None:
    entry = records.ChartEntry(
        kind="artist",
        period="7day",
        rank=1,
        plays=1,
        name="Low",
        artist="Low",
        mbid="low-mbid",
        url="https://low",
    )
    await store_charts(store, records.Chart(kind="artist", period="7day", entries=(entry,)))

    [artist] = await everything(store, Artist)

    assert (artist.mbid, artist.url) == ("low-mbid", "https://low")


def profile(plays: int) -> records.Profile:
    registered = datetime(2015, 6, 1, tzinfo=UTC)
    return records.Profile(
        name="ada", url="https://ada", country="Norway", plays=plays, registered_at=registered
    )


async def test_the_profile_is_the_newest_one_told(store: Store) -> None:
    results = []
    for plays in (5, 5, 6):
        async with store.write() as conn:
            stored = await intake.profile(conn, ME, [profile(plays)], source="lastfm")
        results.append((stored.inserted, stored.updated, stored.skipped))

    found = await store.ask(queries.profile, ME)

    assert results == [(1, 0, 0), (0, 0, 1), (0, 1, 0)]
    assert found is not None
    assert (found.name, found.plays, found.registered_at) == (
        "ada",
        6,
        datetime(2015, 6, 1, tzinfo=UTC),
    )


async def test_no_profile_is_none(store: Store) -> None:
    assert await store.ask(queries.profile, OTHER) is None
