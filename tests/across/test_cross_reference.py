"""Owned copies beside heard albums: what matches, when it is found anew, what both sides say."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text as sql

from rewind_gql.across import cross_reference
from rewind_gql.domains import listening
from rewind_gql.domains.collecting import intake, queries, records, views
from rewind_gql.domains.listening import intake as heard_intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.errors import NotFound
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import after
from tests.across.heard import Heard, artist_ids, hear
from tests.databases import ME, OTHER
from tests.domains.collecting.made import DAY, HOUR, NOON, copy, credit, release

ALL = Slice(limit=200)

LIBRARY = (
    Heard(artist="Maren Voss", album="Glass Harbour", plays=150),
    Heard(artist="Maren Voss", album="Slow Lantern", plays=40, last=NOON + DAY),
    Heard(artist="The Cold Maps", album="North Atlas II", plays=12),
    Heard(artist="Ida Lund", album="Paper Sun (Remastered)"),
)
SHELF = (
    ("Glass Harbour", "Maren Voss"),
    ("Glass Harbur", "Maren Voss"),
    ("An Other Shore", "Maren Voss"),
    ("North Atlas III", "Cold Maps, The"),
    ("Paper Sun", "Ida Lund (3)"),
    ("Unheard", "Nobody"),
)


async def shelve(
    store: Store, *titles: tuple[str, str], user: int = ME, first: int = 1
) -> list[int]:
    """Own a copy of each (title, artist), each added an hour after the one before; their ids."""
    batch = [
        copy(
            1000 + at,
            release(at, title, credits=(credit(artist),)),
            NOON + at * HOUR,
        )
        for at, (title, artist) in enumerate(titles, start=first)
    ]
    async with store.write() as conn:
        await intake.copies(conn, user, batch, source="discogs")
    mine = f"SELECT id FROM collecting_item WHERE user_id = {user} ORDER BY instance_id"
    return (await column(store, mine))[-len(titles) :]


async def column(store: Store, statement: str) -> list[int]:
    async with store.write() as conn:
        return [row[0] for row in (await conn.execute(sql(statement))).fetchall()]


async def refresh(store: Store, artists: set[int] | None = None, user: int = ME) -> int:
    async with store.write() as conn:
        return await cross_reference.refresh(conn, user, artists=artists)


async def matches(store: Store, ids: Sequence[int]) -> dict[int, views.Match]:
    return await store.ask(queries.matches_by_item, ME, ids)


async def test_the_worked_example(store: Store) -> None:
    await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)

    looked_at = await refresh(store)

    found = await matches(store, ids)
    assert looked_at == 6
    assert [(found[at].match_type, found[at].confidence, found[at].plays) for at in ids] == [
        ("exact", 1.0, 150),
        ("fuzzy", 0.9, 150),
        ("artist_only", 0.5, 190),
        ("artist_only", 0.5, 12),
        ("exact", 1.0, 0),
        ("none", 0.0, 0),
    ]
    assert found[ids[2]].last_played_at == NOON + DAY
    assert found[ids[3]].artist_name == "The Cold Maps"
    assert await store.ask(queries.cross_reference_summary, ME) == views.MatchSummary(
        items=6, total_matches=5, album_matches=3, listened_count=2, unlistened_count=2
    )


@pytest.mark.parametrize(
    ("sort", "only", "order"),
    [
        ("plays", "all", [2, 1, 0, 3, 5, 4]),
        ("plays", "listened", [2, 1, 0, 3]),
        ("plays", "unlistened", [5, 4]),
        ("added", "all", [5, 4, 3, 2, 1, 0]),
        ("added", "listened", [3, 2, 1, 0]),
        ("added", "unlistened", [5, 4]),
    ],
)
async def test_the_list_in_each_order_and_filter(
    store: Store, sort: queries.Sort, only: queries.Filter, order: list[int]
) -> None:
    await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    await refresh(store)

    page = await store.ask(queries.cross_reference, ME, part=ALL, sort=sort, filter=only)
    by_number, total = await store.ask(
        queries.cross_reference_page, ME, sort=sort, filter=only, limit=100
    )

    assert [ids.index(each.item.id) for each in page.items] == order
    assert by_number == page.items
    assert total == len(order)
    assert total == await store.ask(queries.cross_reference_count, ME, filter=only)


async def test_refreshing_twice_changes_nothing(store: Store) -> None:
    await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    await refresh(store)
    before = await matches(store, ids)

    await refresh(store)

    assert await matches(store, ids) == before


async def test_a_duo_is_found_under_its_joint_name(store: Store) -> None:
    await hear(store, Heard(artist="Maren Voss & The Tide", album="Two Rooms", plays=9))
    duo = release(
        1, "Two Rooms", credits=(credit("Maren Voss", 7, join="&"), credit("Tide, The", 8))
    )
    async with store.write() as conn:
        await intake.copies(conn, ME, [copy(100, duo)], source="discogs")

    await refresh(store)

    (match,) = (
        await matches(store, await column(store, "SELECT id FROM collecting_item"))
    ).values()
    assert (match.match_type, match.plays) == ("exact", 9)


async def test_compilations_are_found_by_half_their_tracks(store: Store) -> None:
    names = ("Slack Water", "Night Bus", "Copper", "Ember")
    await hear(
        store, Heard(artist="Various Artists", album="Bus Songs (UK)", plays=5, tracks=names[:3])
    )
    ids = await shelve(store, ("The Night Bus Sampler", "Various"), ("Another", "Various"))
    detail = records.ReleaseDetail(
        discogs_id=1,
        tracklist=tuple(
            records.TrackLine(position=f"A{at}", title=name, duration="")
            for at, name in enumerate(names)
        ),
    )
    async with store.write() as conn:
        stored = await intake.details(conn, ME, [detail], source="discogs")
        await cross_reference.refresh(conn, ME, items={*ids})

    found = await matches(store, ids)
    assert stored.touched.items == {ids[0]}
    assert [(found[at].match_type, found[at].plays) for at in ids] == [("fuzzy", 5), ("none", 0)]


async def test_identifiers_are_used_where_both_sides_have_them(store: Store) -> None:
    await hear(
        store,
        Heard(artist="Maren Voss", album="Glass Harbour", plays=5),
        Heard(artist="Maren Voss", album="Glasshavn", plays=7, mbid="abc"),
    )
    ids = await shelve(store, SHELF[0])
    detail = records.ReleaseDetail(discogs_id=1, identifiers=("mbid:abc",))
    async with store.write() as conn:
        await intake.details(conn, ME, [detail], source="discogs")

    await refresh(store)

    assert (await matches(store, ids))[ids[0]].album_name == "Glasshavn"


async def test_another_users_plays_and_copies_stay_theirs(store: Store) -> None:
    await hear(store, *LIBRARY, user=OTHER)
    await shelve(store, SHELF[0], user=OTHER, first=50)
    ids = await shelve(store, SHELF[0])

    await refresh(store)

    assert (await matches(store, ids))[ids[0]].match_type == "none"
    assert (await store.ask(queries.cross_reference_summary, OTHER)).items == 0


async def test_more_copies_than_are_matched_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_reference, "AT_ONCE", 2)
    await hear(store, *LIBRARY)
    await shelve(store, *SHELF)

    looked_at = await refresh(store)

    summary = await store.ask(queries.cross_reference_summary, ME)
    assert (looked_at, summary.items, summary.total_matches) == (6, 6, 5)


async def test_matching_many_copies_costs_as_many_statements_as_a_few(
    store: Store, statements: list[str]
) -> None:
    await hear(store, *LIBRARY)
    costs = []
    for count in (1, 20):
        await shelve(store, *SHELF * count)
        statements.clear()
        await refresh(store)
        costs.append(len(statements))

    assert costs[0] == costs[1] <= 12


async def test_pins_are_exact_or_none_and_outlive_refreshes(store: Store) -> None:
    albums = await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    async with store.write() as conn:
        await cross_reference.pin(conn, ME, item_id=ids[5], album_id=albums["Slow Lantern"])
        await cross_reference.pin(conn, ME, item_id=ids[0], album_id=None)
    at_once = await matches(store, ids)

    await refresh(store)
    await refresh(store, artists={*(await artist_ids(store)).values()})

    for found in (at_once, await matches(store, ids)):
        assert (found[ids[5]].match_type, found[ids[5]].plays) == ("exact", 40)
        assert (found[ids[0]].match_type, found[ids[0]].plays) == ("none", 0)
    said = await store.ask(queries.pins, ME)
    assert [(pin.item_id, pin.album_id) for pin in said] == [
        (ids[0], None),
        (ids[5], albums["Slow Lantern"]),
    ]
    assert [*await store.ask(queries.pins_by_item, ME, [ids[5], ids[1]])] == [ids[5]]


async def test_a_pinned_copy_follows_new_plays_of_its_album(store: Store) -> None:
    albums = await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    await refresh(store)
    async with store.write() as conn:
        await cross_reference.pin(conn, ME, item_id=ids[5], album_id=albums["Slow Lantern"])
    await hear(store, Heard(artist="Maren Voss", album="Slow Lantern", plays=41))

    await refresh(store, artists={(await artist_ids(store))["Maren Voss"]})

    assert (await matches(store, ids))[ids[5]].plays == 41


async def test_unpinned_copies_are_matched_by_name_again(store: Store) -> None:
    await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    async with store.write() as conn:
        await cross_reference.pin(conn, ME, item_id=ids[0], album_id=None)
        await cross_reference.unpin(conn, ME, item_id=ids[0])

    assert (await matches(store, ids))[ids[0]].match_type == "exact"
    assert await store.ask(queries.pins, ME) == []


async def test_pins_take_only_ones_own_copies_and_albums(store: Store) -> None:
    albums = await hear(store, *LIBRARY)
    theirs = await hear(store, *LIBRARY, user=OTHER)
    ids = await shelve(store, SHELF[0])

    async with store.write() as conn:
        with pytest.raises(NotFound):
            await cross_reference.pin(conn, ME, item_id=ids[0] + 1, album_id=None)
        with pytest.raises(NotFound):
            await cross_reference.pin(conn, ME, item_id=ids[0], album_id=theirs["Slow Lantern"])
        with pytest.raises(NotFound):
            await cross_reference.pin(conn, OTHER, item_id=ids[0], album_id=albums["Slow Lantern"])
        with pytest.raises(NotFound):
            await cross_reference.unpin(conn, OTHER, item_id=ids[0])


async def test_plays_stored_by_listening_reach_the_copies_they_concern(store: Store) -> None:
    ids = await shelve(store, *SHELF)
    await refresh(store)
    played = [
        Play(artist="Maren Voss", track="Slack Water", album="Glass Harbour", played_at=NOON),
        Play(artist="Somebody", track="Else", album="Other", played_at=NOON + HOUR),
    ]

    async with store.write() as conn:
        stored = await heard_intake.plays(conn, ME, played, source="lastfm")
        await listening.DOMAIN.derive(conn, ME, stored.touched)
        looked_at = await cross_reference.refresh(conn, ME, artists=stored.touched.artists)

    found = await matches(store, ids)
    assert looked_at == 3
    assert [found[at].match_type for at in ids] == ["exact", "fuzzy", "artist_only", *["none"] * 3]
    assert (found[ids[0]].plays, found[ids[0]].last_played_at) == (1, NOON)


MINUTE = timedelta(minutes=1)
BANDS = ("Low", "Can", "Nico", "Wire", "Neu!")


async def test_what_becomes_one_album_reaches_the_copies_of_whose_it_is(store: Store) -> None:
    (copy,) = await shelve(store, ("Drive", "Various Artists"))
    await refresh(store)

    async def hear_and_follow(*artists: str, at: datetime) -> tuple[str, int]:
        """Hear a track of each, let follow what follows a run, and find the copy's match."""
        plays = [
            Play(artist=name, track=f"{name}'s", album="Drive", played_at=at + number * MINUTE)
            for number, name in enumerate(artists)
        ]
        async with store.write() as conn:
            stored = await heard_intake.plays(conn, ME, plays, source="lastfm")
            await listening.DOMAIN.derive(conn, ME, stored.touched)
        for task in after.due(stored.touched):
            async with store.write() as conn:
                await task.work(conn, ME, stored.touched)
        found = (await matches(store, [copy]))[copy]
        return found.match_type, found.plays

    first = await hear_and_follow(*BANDS, at=NOON)
    later = await hear_and_follow("Can", at=NOON + HOUR)

    assert [first, later] == [("exact", 5), ("exact", 6)]


WORDS = ["Glass", "Harbour", "Harbor", "II", "III", "Live", "(Deluxe)", "- EP"]
ARTISTS = ["Maren Voss", "The Tide", "Ida & Lund", "Various Artists"]


@pytest.mark.parametrize("seed", range(6))
async def test_refreshing_what_was_touched_equals_refreshing_all(store: Store, seed: int) -> None:
    dice = random.Random(seed)

    def title() -> str:
        return " ".join(dice.sample(WORDS, dice.choice([2, 3])))

    ids = await shelve(store, *((title(), dice.choice(ARTISTS)) for _ in range(20)))
    await refresh(store)
    known = [title() for _ in range(6)]
    for _ in range(4):
        news = [
            Heard(
                artist=dice.choice(ARTISTS),
                album=dice.choice(known),
                plays=dice.randrange(9),
                hidden=dice.random() < 0.2,
            )
            for _ in range(3)
        ]
        albums = await hear(store, *news)
        if dice.random() < 0.5:
            async with store.write() as conn:
                chosen = dice.choice([None, *albums.values()])
                await cross_reference.pin(conn, ME, item_id=dice.choice(ids), album_id=chosen)
        everyone = await artist_ids(store)
        await refresh(store, artists={everyone[each.artist] for each in news})

    piecemeal = await matches(store, ids)
    summary = await store.ask(queries.cross_reference_summary, ME)
    await refresh(store)

    assert piecemeal == await matches(store, ids)
    assert summary == await store.ask(queries.cross_reference_summary, ME)
    assert summary == counted([*piecemeal.values()])


def counted(found: Sequence[views.Match]) -> views.MatchSummary:
    """The summary, counted the plain way."""
    albums = [each for each in found if each.match_type in ("exact", "fuzzy")]
    return views.MatchSummary(
        items=len(found),
        total_matches=sum(each.match_type != "none" for each in found),
        album_matches=len(albums),
        listened_count=sum(each.plays > 0 for each in albums),
        unlistened_count=sum(each.plays == 0 for each in found),
    )


async def test_both_sides_know_each_other(store: Store, statements: list[str]) -> None:
    editions = (
        Heard(artist="Maren Voss", album="Glass Harbour", plays=5, last=NOON),
        Heard(artist="Maren Voss", album="Glass Harbour (Deluxe)", plays=7, last=NOON + DAY),
    )
    albums = await hear(store, *editions, *LIBRARY[1:])
    artists = await artist_ids(store)
    ids = await shelve(store, *SHELF, SHELF[0])
    await refresh(store)
    statements.clear()

    by_album = await store.ask(cross_reference.copies_by_album, ME, [*albums.values(), 999])
    by_artist = await store.ask(cross_reference.copies_by_artist, ME, [*artists.values(), 999])
    heard = await store.ask(cross_reference.heard_by_item, ME, [*ids, 999])

    assert len(statements) == 3
    for name in ("Glass Harbour", "Glass Harbour (Deluxe)"):
        assert [copy.id for copy in by_album[albums[name]]] == [ids[6], ids[1], ids[0]]
    assert albums["Slow Lantern"] not in by_album
    assert {
        name: [ids.index(copy.id) for copy in by_artist[at]] for name, at in artists.items()
    } == {"Maren Voss": [6, 2, 1, 0], "The Cold Maps": [3], "Ida Lund": [4]}
    assert {ids.index(at): each.plays for at, each in heard.items()} == {0: 12, 1: 12, 6: 12}
    assert heard[ids[0]].last_played_at == NOON + DAY


async def test_other_users_see_nothing_of_it(store: Store) -> None:
    albums = await hear(store, *LIBRARY)
    ids = await shelve(store, *SHELF)
    await refresh(store)

    by_album = await store.ask(cross_reference.copies_by_album, OTHER, [*albums.values()])
    by_artist = await store.ask(
        cross_reference.copies_by_artist, OTHER, [*(await artist_ids(store)).values()]
    )
    heard = await store.ask(cross_reference.heard_by_item, OTHER, ids)

    assert (by_album, by_artist, heard) == ({}, {}, {})


async def test_a_removed_copys_match_goes_with_it(store: Store) -> None:
    await hear(store, *LIBRARY)
    await shelve(store, *SHELF)
    await refresh(store)

    async with store.write() as conn:
        await intake.remove_copies_except(conn, ME, {*range(1001, 1006)}, reported=5)

    summary = await store.ask(queries.cross_reference_summary, ME)
    assert (summary.items, summary.unlistened_count) == (5, 1)
