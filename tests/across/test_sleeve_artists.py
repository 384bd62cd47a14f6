"""Artists on sleeves have the pictures of the artists heard."""

from sqlalchemy import update
from sqlmodel import col

from rewind_gql.across import sleeve_artists
from rewind_gql.domains.collecting import intake
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.images.records import Key
from rewind_gql.store.engine import Store
from tests.across.heard import Heard, artist_ids, hear
from tests.databases import ME, OTHER
from tests.domains.collecting.made import copy, credit, release
from tests.schema.life import picture

NAMES = ["Nirvana (2)", "Beatles, The", "Nobody"]


async def live(store: Store, user: int = ME) -> dict[str, int]:
    """Own records by three artists and hear two of them; the ids of those heard."""
    copies = [
        copy(at, release(at, f"Record {at}", credits=(credit(name, at),)))
        for at, name in enumerate(NAMES, 1)
    ]
    async with store.write() as conn:
        await intake.copies(conn, user, copies, source="discogs")
    await hear(
        store,
        Heard(artist="Nirvana", album="Nevermind"),
        Heard(artist="The Beatles", album="Help!"),
        user=user,
    )
    return await artist_ids(store, user)


async def test_they_are_known_whatever_catalogues_write(store: Store) -> None:
    ids = await live(store)

    found = await store.ask(sleeve_artists.heard_by_name, ME, [*NAMES, "unknown"])

    assert found == {"Nirvana (2)": ids["Nirvana"], "Beatles, The": ids["The Beatles"]}
    assert await store.ask(sleeve_artists.heard_by_name, OTHER, NAMES) == {}


async def test_one_that_is_hidden_is_none(store: Store) -> None:
    ids = await live(store)
    async with store.write() as conn:
        hide = update(Artist).where(col(Artist.id) == ids["Nirvana"]).values(hidden=True)
        await conn.execute(hide)

    assert [*await store.ask(sleeve_artists.heard_by_name, ME, NAMES)] == ["Beatles, The"]


async def test_their_pictures_cost_two_statements(store: Store, statements: list[str]) -> None:
    ids = await live(store)
    async with store.write() as conn:
        await picture(conn, Key("listening", "artists", str(ids["Nirvana"])))
    statements.clear()

    found = await store.ask(sleeve_artists.images_by_name, ME, NAMES)

    assert len(statements) == 2
    assert {name: image.entity_id for name, image in found.items()} == {
        "Nirvana (2)": str(ids["Nirvana"])
    }
