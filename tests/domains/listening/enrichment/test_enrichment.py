"""What sources found out, kept beside what was heard; and whom they are asked about next."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import derive, filters
from rewind_gql.domains.listening.enrichment import intake, queries, tasks
from rewind_gql.domains.listening.enrichment.records import (
    AlbumFacts,
    Alike,
    Apple,
    ArtistBio,
    ArtistLink,
    ArtistTags,
    Identified,
    SimilarArtists,
    Tag,
    TrackLink,
    Wanted,
)
from rewind_gql.domains.listening.tables import Album, Artist, Enrichment, Track
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.listening.filters.made import hidden, ids, judged, rule
from tests.domains.listening.plays import HOUR, NOON, everything, play, rollups, store_plays

LATER = timedelta(days=1_000)


def of(at: int, **given: Any) -> Wanted:
    """Something asked about."""
    return Wanted(id=at, artist="", name="", **given)


async def keep(store: Store, into: Any, *batch: Any, user_id: int = ME) -> Stored:
    """Store what was found out, as a run does."""
    async with store.write() as conn:
        stored: Stored = await into(conn, user_id, batch, source="lastfm")
        await derive.derive(conn, user_id, stored.touched)
    return stored


async def wanted(store: Store, task: tasks.Task, **given: Any) -> list[str]:
    """The names of what is to be asked about."""
    given = {"now": clock.now(), **given}
    return [each.name for each in await store.ask(tasks.wanted, ME, task=task, **given)]


async def one(store: Store, table: Any, at: int) -> Any:
    """One row of a table."""
    return next(row for row in await everything(store, table) if row.id == at)


async def low(store: Store) -> int:
    """The id of the one artist that was heard."""
    await store_plays(store, play("Low", "Words", album="Hope"))
    return (await ids(store, Artist))["Low"]


async def test_tags_become_genres_and_plays_are_counted_by_the_first(store: Store) -> None:
    at = await low(store)

    done = await keep(
        store,
        intake.tags,
        ArtistTags(
            wanted=of(at), tags=(Tag("seen live", 100), Tag("slowcore", 90), Tag("rock", 5))
        ),
    )

    row = await one(store, Artist, at)
    assert (done.updated, done.skipped) == (1, 0)
    assert row.genre == "Slowcore"
    assert row.tags == [{"name": "Slowcore", "count": 90}, {"name": "Rock", "count": 5}]
    assert {place[0] for place in await rollups(store)} >= {"genre"}
    assert await store.ask(derive.drift, ME) == []


async def test_tags_that_are_no_genres_are_kept_as_an_empty_list(store: Store) -> None:
    at = await low(store)

    done = await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("seen live", 9),)))

    row = await one(store, Artist, at)
    assert (row.tags, row.genre, done.skipped) == ([], None, 1)
    assert await wanted(store, tasks.TAGS, now=clock.now() + LATER) == []


async def test_another_genre_moves_the_plays_to_it(store: Store) -> None:
    at = await low(store)
    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("rock", 100),)))

    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("folk", 100),)))

    assert (await one(store, Artist, at)).genre == "Folk"
    assert await store.ask(derive.drift, ME) == []


async def test_somebody_tagged_as_spoken_word_is_hidden_by_the_built_in_rule(store: Store) -> None:
    at = await low(store)

    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("audiobook", 80),)))
    gone = await hidden(store)
    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("audiobook", 3),)))

    assert ("artist", "Low") in gone
    assert await hidden(store) == set()
    assert await store.ask(derive.drift, ME) == []


async def test_without_that_rule_nobody_is_hidden_for_their_tags(store: Store) -> None:
    at = await low(store)
    rules = await store.ask(filters.filters, ME)
    async with store.write() as conn:
        tags = next(each for each in rules if each.scope == "tags")
        await filters.enable(conn, ME, filter_id=tags.id, enabled=False)

    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("audiobook", 80),)))

    assert await hidden(store) == set()


async def test_a_bio_is_kept_with_when_it_was_read(store: Store) -> None:
    at = await low(store)

    await keep(store, intake.bios, ArtistBio(wanted=of(at), summary="Slow.", content="Very slow."))

    facts = (await store.ask(queries.facts_by_artist, ME, [at]))[at]
    assert (facts.bio.summary, facts.bio.content) == ("Slow.", "Very slow.")
    assert facts.bio.synced_at is not None
    assert facts.tags is None


async def test_no_bio_is_no_bio_and_asked_for_again_after_ninety_days(store: Store) -> None:
    at = await low(store)

    await keep(store, intake.bios, ArtistBio(wanted=of(at)))

    assert await wanted(store, tasks.BIOS) == []
    assert await wanted(store, tasks.BIOS, now=clock.now() + timedelta(days=89)) == []
    assert await wanted(store, tasks.BIOS, now=clock.now() + timedelta(days=91)) == ["Low"]


async def test_an_error_takes_nothing_away_and_backs_off(store: Store) -> None:
    at = await low(store)
    await keep(store, intake.bios, ArtistBio(wanted=of(at), summary="Slow."))
    await keep(store, intake.album_facts)

    for attempts, hours in ((0, 1), (1, 4), (2, 16), (9, 720)):
        failed = ArtistBio(wanted=of(at, attempts=attempts), error="broken")
        done = await keep(store, intake.bios, failed)
        rows = await everything(store, Enrichment)
        assert (done.updated, done.skipped) == (0, 0)
        assert rows[0].attempts == attempts + 1
        assert rows[0].due_at - rows[0].tried_at == timedelta(hours=hours)

    facts = (await store.ask(queries.facts_by_artist, ME, [at]))[at]
    assert facts.bio.summary == "Slow."


async def test_similar_artists_are_told_with_whom_you_also_hear(store: Store) -> None:
    at = await low(store)
    await store_plays(
        store,
        play("Codeine", "D", artist_mbid="m-1"),
        play("Bedhead", "B", at=NOON + HOUR),
        play("Bedhead", "C", at=NOON + 2 * HOUR),
    )

    await keep(
        store,
        intake.similar,
        SimilarArtists(
            wanted=of(at),
            artists=(
                Alike(name="Codeine (US)", score=1.0, mbid="m-1"),
                Alike(name="BEDHEAD", score=0.7, url="https://last.example/Bedhead"),
                Alike(name="Idaho", score=0.5),
                Alike(name="bedhead", score=0.1),
            ),
        ),
    )

    found = (await store.ask(queries.similar_by_artist, ME, [at]))[at]
    assert [(each.name, each.score, each.plays) for each in found] == [
        ("Codeine (US)", 1.0, 1),
        ("BEDHEAD", 0.7, 2),
        ("Idaho", 0.5, 0),
    ]
    assert [each.artist and each.artist.name for each in found] == ["Codeine", "Bedhead", None]


async def test_one_heard_later_is_then_in_the_library_and_a_hidden_one_is_not_told(
    store: Store,
) -> None:
    at = await low(store)
    alike = SimilarArtists(
        wanted=of(at), artists=(Alike(name="Idaho", score=1.0), Alike(name="Codeine", score=0.5))
    )
    await keep(store, intake.similar, alike)
    await store_plays(store, play("Idaho", "Skyscrape"), play("Codeine", "D"))
    await rule(store, "artist", "codeine")
    await judged(store)

    found = (await store.ask(queries.similar_by_artist, ME, [at]))[at]

    assert [(each.name, each.artist is not None) for each in found] == [("Idaho", True)]


async def test_a_new_list_of_similar_artists_replaces_the_old_one(store: Store) -> None:
    at = await low(store)
    for name in ("Idaho", "Codeine"):
        artists = (Alike(name=name, score=1.0),)
        await keep(store, intake.similar, SimilarArtists(wanted=of(at), artists=artists))

    found = (await store.ask(queries.similar_by_artist, ME, [at]))[at]

    assert [each.name for each in found] == ["Codeine"]


async def test_a_track_brings_links_to_its_artist_and_album_where_they_have_none(
    store: Store,
) -> None:
    at = await low(store)
    track, album = (await ids(store, Track))["Words"], (await ids(store, Album))["Hope"]
    first = ArtistLink(wanted=of(at), link=Apple(id="1", url="https://a.example/1"))
    await keep(store, intake.artist_links, first)

    await keep(
        store,
        intake.track_links,
        TrackLink(
            wanted=of(track),
            link=Apple(id="3", url="https://a.example/3"),
            preview_url="https://a.example/3.m4a",
            duration_ms=200_000,
            artist=Apple(id="9", url="https://a.example/9"),
            album=Apple(id="2", url="https://a.example/2"),
        ),
    )

    rows = [await one(store, Artist, at), await one(store, Album, album)]
    row = await one(store, Track, track)
    assert [each.apple_music_id for each in rows] == ["1", "2"]
    assert (row.apple_music_url, row.preview_url) == (
        "https://a.example/3",
        "https://a.example/3.m4a",
    )
    assert (row.duration_ms, row.itunes_tried_at is not None) == (200_000, True)


async def test_a_track_without_a_page_is_not_asked_about_again(store: Store) -> None:
    await low(store)
    track = (await ids(store, Track))["Words"]

    await keep(store, intake.track_links, TrackLink(wanted=of(track)))

    assert await wanted(store, tasks.TRACK_LINKS, now=clock.now() + LATER) == []
    assert (await one(store, Track, track)).itunes_tried_at is not None


async def test_what_a_catalogue_does_not_say_leaves_what_is_known(store: Store) -> None:
    await low(store)
    album = (await ids(store, Album))["Hope"]
    await keep(store, intake.album_facts, AlbumFacts(wanted=of(album), released_year=1994))

    await keep(store, intake.album_facts, AlbumFacts(wanted=of(album), total_tracks=11))
    await keep(store, intake.album_facts, AlbumFacts(wanted=of(album), error="401"))

    row = await one(store, Album, album)
    assert (row.released_year, row.total_tracks) == (1994, 11)


async def test_ids_are_kept_where_none_is_known(store: Store) -> None:
    at = await low(store)

    await keep(store, intake.artist_mbids, Identified(wanted=of(at), mbid="first"))
    await keep(store, intake.artist_mbids, Identified(wanted=of(at), mbid="second"))

    assert (await one(store, Artist, at)).mbid == "first"


async def test_nothing_is_written_to_what_is_somebody_elses(store: Store) -> None:
    await store_plays(store, play("Low", "Words"), user_id=OTHER)
    at = (await ids(store, Artist, OTHER))["Low"]

    await keep(store, intake.tags, ArtistTags(wanted=of(at), tags=(Tag("rock", 1),)))
    await keep(store, intake.bios, ArtistBio(wanted=of(at), summary="x"))
    await keep(store, intake.artist_mbids, Identified(wanted=of(at), mbid="x"))

    rows = await everything(store, Artist, OTHER)
    assert [(row.genre, row.bio_summary, row.mbid) for row in rows] == [(None, None, None)]


async def test_the_most_played_come_first_and_the_hidden_never(store: Store) -> None:
    await store_plays(
        store,
        *(play("Can", f"t{n}", at=NOON + n * HOUR) for n in range(3)),
        play("Low", "Words"),
        play("Hid", "A", at=NOON + 9 * HOUR),
        play("Various Artists", "B", at=NOON + 10 * HOUR),
    )
    await rule(store, "artist", "hid")
    await judged(store)

    assert await wanted(store, tasks.TAGS) == ["Can", "Low"]
    assert await wanted(store, tasks.TAGS, limit=1) == ["Can"]
    assert await store.ask(tasks.remaining, ME, task=tasks.TAGS, now=clock.now()) == 2


async def test_tracks_come_newest_first_with_artist_and_album(store: Store) -> None:
    await store_plays(store, play("Low", "Words", album="Hope"))
    await store_plays(store, play("Can", "Spoon"))

    found = await store.ask(tasks.wanted, ME, task=tasks.TRACK_LINKS, now=clock.now())

    assert [(each.artist, each.name, each.album) for each in found] == [
        ("Can", "Spoon", None),
        ("Low", "Words", "Hope"),
    ]


async def test_albums_are_asked_about_once_their_id_is_known(store: Store) -> None:
    await low(store)
    assert await wanted(store, tasks.ALBUM_FACTS) == []
    async with store.write() as conn:
        await conn.execute(update(Album).where(col(Album.user_id) == ME).values(apple_music_id="7"))

    found = await store.ask(tasks.wanted, ME, task=tasks.ALBUM_FACTS, now=clock.now())

    assert [(each.name, each.artist, each.apple_id) for each in found] == [("Hope", "Low", "7")]


@pytest.mark.parametrize("task", tasks.TASKS.values(), ids=lambda task: task.name)
async def test_every_task_can_be_asked_and_counted(store: Store, task: tasks.Task) -> None:
    await low(store)

    found = await wanted(store, task)

    assert len(found) == await store.ask(tasks.remaining, ME, task=task, now=clock.now())


async def test_a_batch_costs_as_many_statements_as_one(store: Store, statements: list[str]) -> None:
    await store_plays(store, *(play(f"a{n}", f"t{n}", at=NOON + n * HOUR) for n in range(40)))
    found = list((await ids(store, Artist)).values())
    costs = []
    for size in (2, 30):
        batch = [ArtistTags(wanted=of(at), tags=(Tag("rock", size),)) for at in found[:size]]
        statements.clear()
        async with store.write() as conn:
            await intake.tags(conn, ME, batch)
        costs.append(len(statements))

    assert costs[1] <= costs[0]
