"""Whatever is owned, wanted and heard, each copy is what the rules say, looked at by itself."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col

from rewind_gql.across import cross_reference, unowned, wantlist
from rewind_gql.domains.collecting import derive, intake, queries
from rewind_gql.domains.listening import tables as library
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.across.heard import Heard, hear
from tests.databases import ME
from tests.domains.collecting.made import HOUR, NOON, copy, credit, release, want
from tests.oracle import matching as oracle
from tests.oracle.shelves import clear

# Names that fold alike, titles one and two letters apart, numbers that tell titles apart.
HEARD_BY = ("Radiohead", "The Knife", "Belle and Sebastian", "Led Zeppelin")
OWNED_BY = (*HEARD_BY, "Knife", "Belle & Sebastian", "Radiohead (2)", "Nobody")
TITLES = (
    *("In Rainbows", "In Rainbow", "In Rainbowss", "Kid A", "Kid B", "Silent Shout"),
    *("Led Zeppelin II", "Led Zeppelin III", "Volume 1", "Volume 2", "The Wall"),
)
EDITIONS = ("", " (Remastered)", " (Deluxe Edition)", " (2009 Remaster)", " (Live)")
LONG = Slice(limit=200)

titles = st.builds(
    lambda title, edition: title + edition, *map(st.sampled_from, (TITLES, EDITIONS))
)
heard_albums = st.lists(
    st.builds(Heard, artist=st.sampled_from(HEARD_BY), album=titles, plays=st.integers(0, 3)),
    max_size=8,
    unique_by=lambda each: (each.artist, each.album),
)
owned = st.lists(
    st.tuples(st.lists(st.sampled_from(OWNED_BY), min_size=1, max_size=2, unique=True), titles),
    max_size=6,
)


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(heard=heard_albums, more=heard_albums, copies=owned, wants=owned)
async def test_copies_and_wants_are_what_the_rules_say(
    store: Store, heard: list[Heard], more: list[Heard], copies: Any, wants: Any
) -> None:
    await nothing(store)
    ids = await own(store, copies, wants)
    for albums in (heard, more):
        await hear(store, *albums)
        async with store.write() as conn:
            await cross_reference.refresh(conn, ME)
            await wantlist.refresh(conn, ME)
        known = await heard_now(store)
        await check_copies(store, ids, copies, known)
        await check_wants(store, wants, known)
        await check_sides(store, known)


async def nothing(store: Store) -> None:
    """Leave nothing owned, wanted or heard."""
    await clear(store)
    async with store.write() as conn:
        for table in (library.Rollup, library.Track, library.Album, library.Artist):
            await conn.execute(delete(table))


async def own(store: Store, copies: Any, wants: Any) -> list[int]:
    """Store copies and wants, each of a release of its own; the copies' numbers in order."""

    def of(number: int, each: Any) -> Any:
        artists, title = each
        credits_ = tuple(credit(name, OWNED_BY.index(name) + 1) for name in artists)
        return release(number, title, credits=credits_)

    bought = [copy(at, of(at, each), NOON + at * HOUR) for at, each in enumerate(copies, 1)]
    listed = [want(of(100 + at, each)) for at, each in enumerate(wants, 1)]
    async with store.write() as conn:
        stored = await intake.copies(conn, ME, bought, source="discogs")
        await derive.derive(conn, ME, stored.touched)
        await intake.wants(conn, ME, listed, source="discogs")
    found = await store.ask(queries.items, ME, part=LONG, order="asc")
    return [item.id for item in found.items]


async def heard_now(store: Store) -> list[oracle.Album]:
    """The albums heard, from their rows."""
    async with store.write() as conn:
        albums: Any = await conn.execute(
            library.Album.__table__.select().order_by(col(library.Album.id))  # type: ignore[attr-defined]  # every table model has one
        )
        rows = albums.fetchall()
        artists: Any = await conn.execute(library.Artist.__table__.select())  # type: ignore[attr-defined]
        names = {row.id: row.name for row in artists.fetchall()}
        counted: Any = await conn.execute(library.Rollup.__table__.select())  # type: ignore[attr-defined]
        plays = {row.entity_id: row.plays for row in counted.fetchall()}
    return [
        oracle.Album(
            id=row.id, artist=names[row.artist_id], title=row.name, plays=plays.get(row.id, 0)
        )
        for row in rows
    ]


async def check_copies(store: Store, ids: list[int], copies: Any, known: Any) -> None:
    """Each copy's match, and what they come to."""
    expected = {
        item_id: oracle.match(artists, title, known)
        for item_id, (artists, title) in zip(ids, copies, strict=True)
    }
    found = await store.ask(queries.matches_by_item, ME, ids)
    summary = await store.ask(queries.cross_reference_summary, ME)
    unheard = await store.ask(queries.unheard, ME, part=LONG)

    assert {item_id: as_match(each) for item_id, each in found.items()} == expected
    matches = [*expected.values()]
    albums = [each for each in matches if each.match_type in ("exact", "fuzzy")]
    assert summary.total_matches == sum(each.match_type != "none" for each in matches)
    assert summary.album_matches == len(albums)
    assert summary.listened_count == sum(each.plays > 0 for each in albums)
    assert summary.unlistened_count == sum(each.plays == 0 for each in matches)
    silent = {item_id for item_id, each in expected.items() if each not in albums or not each.plays}
    assert [each.item.id for each in unheard.items] == sorted(silent, reverse=True)
    assert await store.ask(queries.unheard_count, ME) == len(silent)


def as_match(found: Any) -> oracle.Match:
    """A match as the oracle gives it."""
    return oracle.Match(match_type=found.match_type, confidence=found.confidence, plays=found.plays)


async def check_wants(store: Store, wants: Any, known: Any) -> None:
    """The wants that are heard already, most played first."""
    matches = [oracle.match(artists, title, known) for artists, title in wants]
    heard = [each for each in matches if each.match_type in ("exact", "fuzzy") and each.plays]

    found = await store.ask(queries.heard_wants, ME, part=LONG)

    key = oracle_key
    assert sorted(map(as_match, found.items), key=key) == sorted(heard, key=key)
    assert [each.plays for each in found.items] == sorted(
        (each.plays for each in heard), reverse=True
    )
    assert await store.ask(queries.heard_wants_count, ME) == len(heard)


def oracle_key(match: oracle.Match) -> tuple[int, str, float]:
    """Any order that both sides can be brought into."""
    return match.plays, match.match_type, match.confidence


async def check_sides(store: Store, known: Any) -> None:
    """Every album that was heard is owned or not, and never both."""
    played = {album.id for album in known if album.plays}
    copies = await store.ask(cross_reference.copies_by_album, ME, sorted(played))

    found = await store.ask(unowned.albums, ME, part=LONG)

    assert {row.album.id for row in found.items} == played - copies.keys()
    assert [row.plays for row in found.items] == sorted(
        (row.plays for row in found.items), reverse=True
    )
    assert await store.ask(unowned.albums_count, ME) == len(found.items)
