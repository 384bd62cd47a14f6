"""Top lists of any window: their order, their pages, their edges."""

from datetime import UTC, datetime, timedelta

import pytest

from rewind_gql.domains.listening import queries
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from tests.databases import ME, OTHER
from tests.domains.listening.plays import (
    DAY,
    FIRST,
    HOUR,
    NOON,
    everything,
    hide,
    play,
    store_plays,
)

EVER = {"since": None, "until": None}


async def top(store: Store, **window: datetime | None) -> list[tuple[str, int]]:
    """Artists and their plays in a window, most played first."""
    page = await store.ask(queries.top_artists, ME, part=FIRST, **{**EVER, **window})
    return [(each.artist.name, each.plays) for each in page.items]


async def test_most_played_comes_first(store: Store) -> None:
    await store_plays(store, play("Low"), play("Can"), play("Can", at=NOON + HOUR))

    assert await top(store) == [("Can", 2), ("Low", 1)]


async def test_of_equals_the_one_heard_last_comes_first_then_the_older_entry(store: Store) -> None:
    await store_plays(store, play("Low"), play("Can"), play("Nico", at=NOON + HOUR), play("Neu!"))

    assert [name for name, _ in await top(store)] == ["Nico", "Low", "Can", "Neu!"]


async def test_a_window_leaves_out_its_closing_instant(store: Store) -> None:
    await store_plays(store, play("Low"), play("Can", at=NOON + HOUR))

    assert await top(store, since=NOON, until=NOON + HOUR) == [("Low", 1)]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2024, 2, 29, 6, tzinfo=UTC)),
        (datetime(2022, 6, 15, 12, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)),
        (datetime(2024, 1, 10, 6, tzinfo=UTC), datetime(2024, 1, 10, 18, tzinfo=UTC)),
        (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        (None, datetime(2023, 7, 1, 12, tzinfo=UTC)),
        (datetime(2024, 7, 1, 12, tzinfo=UTC), None),
    ],
)
async def test_a_window_counts_exactly_the_plays_in_it(
    store: Store, since: datetime | None, until: datetime | None
) -> None:
    start = datetime(2022, 5, 1, tzinfo=UTC)
    ats = [start + n * timedelta(days=1, hours=7, minutes=3) for n in range(900)]
    await store_plays(store, *[play(at=at) for at in ats])

    inside = [at for at in ats if (not since or at >= since) and (not until or at < until)]

    page = await store.ask(queries.top_artists, ME, part=FIRST, since=since, until=until)
    assert [(each.plays, each.last_played_at) for each in page.items] == [
        (len(inside), max(inside))
    ]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOON + HOUR, NOON),
        (NOON, NOON),
        (NOON + DAY, None),
        (None, NOON),
    ],
)
async def test_a_window_without_plays_is_empty(
    store: Store, since: datetime | None, until: datetime | None
) -> None:
    await store_plays(store, play())

    assert await top(store, since=since, until=until) == []
    for kind in ("artist", "album", "track"):
        window = {"since": since, "until": until}
        assert await store.ask(queries.top_count, ME, kind=kind, **window) == 0


async def test_far_ends_are_like_open_ends(store: Store) -> None:
    await store_plays(store, play("Low"), play("Can", at=NOON + 1000 * DAY))

    far = await top(
        store, since=datetime(1, 1, 1, tzinfo=UTC), until=datetime(9999, 12, 31, tzinfo=UTC)
    )

    assert far == await top(store)


async def test_nothing_heard_gives_empty_lists(store: Store) -> None:
    assert await top(store) == []


async def test_albums_and_tracks_come_with_their_artists(store: Store) -> None:
    await store_plays(
        store,
        play("Low", "Words", album="Trust"),
        play("Can", "Spoon", album="Hits", album_artist="Various Artists", at=NOON + HOUR),
    )

    albums = await store.ask(queries.top_albums, ME, part=FIRST, **EVER)
    tracks = await store.ask(queries.top_tracks, ME, part=FIRST, **EVER)

    assert [(each.album.name, each.artist.name) for each in albums.items] == [
        ("Hits", "Various Artists"),
        ("Trust", "Low"),
    ]
    assert [(each.track.name, each.artist.name) for each in tracks.items] == [
        ("Spoon", "Can"),
        ("Words", "Low"),
    ]


async def test_what_is_hidden_is_not_listed(store: Store) -> None:
    await store_plays(store, play("Low"), play("Can"))
    low = (await everything(store, Artist))[0]
    await hide(store, Artist, low.id)

    names = [name for name, _ in await top(store)]

    assert low.name not in names
    assert len(names) == 1


async def test_another_user_has_lists_of_their_own(store: Store) -> None:
    await store_plays(store, play("Low"))

    page = await store.ask(queries.top_artists, OTHER, part=FIRST, **EVER)

    assert page.items == []


@pytest.mark.parametrize(
    "until", [None, NOON + 30 * DAY + HOUR, NOON + 90 * DAY + HOUR, NOON + 119 * DAY]
)
async def test_pages_in_both_directions_make_up_the_list(
    store: Store, until: datetime | None
) -> None:
    await store_plays(
        store,
        *[play(f"artist {n % 11}", at=NOON + n * timedelta(hours=48)) for n in range(60)],
    )
    window = {"since": None, "until": until}
    whole = await store.ask(queries.top_artists, ME, part=FIRST, **window)
    ids = [each.artist.id for each in whole.items]

    for at in range(len(ids)):
        after = slice_of(queries.TOP_ARTISTS, queries.TOP_TYPES, first=3, after=whole.cursors[at])
        before = slice_of(queries.TOP_ARTISTS, queries.TOP_TYPES, last=3, before=whole.cursors[at])
        onward = await store.ask(queries.top_artists, ME, part=after, **window)
        back = await store.ask(queries.top_artists, ME, part=before, **window)

        assert [each.artist.id for each in onward.items] == ids[at + 1 : at + 4]
        assert [each.artist.id for each in back.items] == ids[max(0, at - 3) : at]
        assert onward.has_next == (at + 4 < len(ids))


@pytest.mark.parametrize("limit", [1, 20])
@pytest.mark.parametrize("artists", [3, 120])
async def test_a_list_costs_at_most_five_statements(
    store: Store, statements: list[str], artists: int, limit: int
) -> None:
    plays = [play(f"artist {n}", at=NOON + n * DAY) for n in range(artists)]
    await store_plays(store, *plays, play("Low", at=NOON + 130 * DAY))
    statements.clear()

    await store.ask(
        queries.top_artists,
        ME,
        part=Slice(limit=limit),
        since=NOON + HOUR,
        until=NOON + 129 * DAY,
    )

    assert len(statements) <= 5
