"""Whatever stands on a shelf, every list and number of it is what looking at each copy gives."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.across import films
from rewind_gql.domains.collecting import derive, queries, views
from rewind_gql.domains.collecting.queries import Only
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.oracle import collecting as oracle
from tests.oracle.shelves import (
    Shelf,
    bought,
    buy,
    clear,
    edits,
    instants,
    own_films,
    owned_films,
    price,
    prices,
    sell,
)

PIECES = (None, "nirvana", "BJÖRK", "o", "%", "  post ", "ros")


def property_test(examples: int) -> Any:
    """How often a property is tried."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


filters = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from(["Vinyl", "vinyl", "Unknown"]),
        "genre": st.sampled_from(["rock", "POP ROCK", "x"]),
        "artist": st.sampled_from(["nirv", "ö", "the "]),
        "q": st.sampled_from(["post", "ag", "0%", "b"]),
        "since": instants,
        "until": instants,
    },
)


@property_test(10)
@given(
    steps=st.lists(edits, min_size=1, max_size=3),
    asked=st.dictionaries(st.integers(1, 6), prices, max_size=4),
    sold=st.sets(st.integers(1, 12), max_size=4),
    only=st.lists(filters, min_size=1, max_size=2),
    windows=st.lists(st.tuples(st.none() | instants, st.none() | instants), max_size=2),
)
async def test_the_shelf_is_what_was_bought(
    store: Store, steps: Any, asked: Any, sold: Any, only: Any, windows: Any
) -> None:
    await clear(store)
    shelf = Shelf()
    for told, batch in steps:
        await buy(store, shelf, told, batch)
    await price(store, shelf, asked)
    await check(store, shelf, only, windows)
    await sell(store, shelf, sold)
    await check(store, shelf, only, windows)
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    await check(store, shelf, only, windows)


async def check(store: Store, shelf: Shelf, only: list[Any], windows: list[Any]) -> None:
    """Everything that is asked of a shelf, against the oracle."""
    for each in ({}, *only):
        await check_lists(store, shelf, each)
    for window in ((None, None), *windows):
        await check_stats(store, shelf, *window)
    counted = {
        "format": oracle.by_format(shelf.owned),
        "genre": oracle.by_genre(shelf.owned),
        "artist": oracle.by_artist(shelf.owned),
    }
    for kind, expected in counted.items():
        found = await store.ask(queries.filed_under, ME, kind=kind)  # type: ignore[arg-type]  # kinds all
        assert [(each.name, each.copies) for each in found] == expected
    decades = await store.ask(queries.filed_under, ME, kind="decade")
    assert sorted((each.name, each.copies) for each in decades) == oracle.by_decade(shelf.owned)
    for year in (2023, 2024, 2025, 2026):
        calendar = await store.ask(queries.calendar, ME, year=year)
        assert as_calendar(calendar) == oracle.calendar(shelf.owned, shelf.films, year)


async def check_lists(store: Store, shelf: Shelf, given_: dict[str, Any]) -> None:
    """Every order of the list that a filter leaves, whole and page by page."""
    only = Only(
        formats=_one(given_.get("format")),
        genres=_one(given_.get("genre")),
        artist=given_.get("artist"),
        text=given_.get("q"),
        since=given_.get("since"),
        until=given_.get("until"),
    )
    count = await store.ask(queries.items_count, ME, only=only)
    for sort in queries.ITEM_SORTS:
        for order in queries.ORDERS:
            expected = oracle.shelf(shelf.owned, sort=sort, order=order, **given_)
            pages = [
                await store.ask(
                    queries.items_page, ME, sort=sort, order=order, only=only, limit=6, page=page
                )
                for page in (1, 2)
            ]
            found = [row.item.id for page in pages for row in page]
            assert (sort, order, found) == (sort, order, expected[:12])
            assert count == len(expected)


def _one(name: str | None) -> tuple[str, ...] | None:
    return None if name is None else (name,)


async def check_stats(
    store: Store, shelf: Shelf, since: datetime | None, until: datetime | None
) -> None:
    """The numbers of the shelf, or of a window of it."""
    found = await store.ask(queries.record_stats, ME, since=since, until=until)

    expected = oracle.stats(shelf.owned, 0, clock.today(), since=since, until=until)
    assert as_stats(found) == expected


def as_stats(found: views.RecordStats) -> dict[str, Any]:
    """Stats as the oracle gives them."""
    media = dict.fromkeys((*oracle.MEDIA, "other"), 0)
    for each in found.formats:
        media[each.name.lower() if each.name.lower() in media else "other"] += each.copies
    most = found.most_collected_artist
    plain = {each.name: getattr(found, each.name) for each in fields(found)}
    del plain["formats"]
    artist = {"name": most.name, "count": most.copies} if most else None
    return plain | {"by_format": media, "most_collected_artist": artist}


def as_calendar(found: views.Year) -> dict[str, Any]:
    """A calendar as the oracle gives it."""

    def day(each: views.DayCount) -> dict[str, Any]:
        return {"date": each.day.isoformat(), "count": each.count}

    return {
        "year": found.year,
        "days": [day(each) for each in found.days],
        "total": found.total,
        "max_day": day(found.busiest) if found.busiest else {"date": "", "count": 0},
    }


@property_test(20)
@given(
    owned=owned_films,
    seen=st.lists(st.tuples(st.integers(1, 4), instants), max_size=5),
    batch=st.lists(bought, max_size=3, unique_by=lambda each: each.instance),
    told=edits.map(lambda each: each[0]),
    q=st.sampled_from([None, "ALIEN", "n", "é"]),
    genre=st.sampled_from([None, "fiction", "Drama", "x"]),
)
async def test_films_are_what_was_collected_and_watched(
    store: Store, owned: Any, seen: Any, batch: Any, told: Any, q: Any, genre: Any
) -> None:
    await clear(store)
    shelf = Shelf()
    await buy(store, shelf, told, batch)
    await own_films(store, shelf, owned, seen)

    await check_films(store, shelf, q, genre)
    today = clock.today()
    assert as_film_stats(await store.ask(films.film_stats, ME)) == oracle.film_stats(
        shelf.films, today
    )
    await check_watched(store, shelf)
    for year in range(2023, today.year + 1):
        calendar = await store.ask(queries.calendar, ME, year=year)
        assert as_calendar(calendar) == oracle.calendar(shelf.owned, shelf.films, year)


async def check_films(store: Store, shelf: Shelf, q: str | None, genre: str | None) -> None:
    """Every order of the films a filter leaves."""
    for kind in (None, "dvd"):
        only = films.Only(formats=_one(kind), genre=genre, text=q)
        for sort in films.FILM_SORTS:
            for order in queries.ORDERS:
                found = await store.ask(
                    films.films_page, ME, sort=sort, order=order, only=only, limit=100
                )
                expected = oracle.film_list(
                    shelf.films, sort=sort, order=order, format=kind, genre=genre, q=q
                )
                assert [each.media.id for each in found] == expected
        assert await store.ask(films.films_count, ME, only=only) == len(expected)


async def check_watched(store: Store, shelf: Shelf) -> None:
    """What of the films was watched."""
    summary = await store.ask(films.watch_summary, ME)
    rows = await store.ask(films.watched_page, ME, limit=100)

    told = {name: getattr(summary, name) for name in oracle.watched([], {})}
    assert told == oracle.watched(shelf.films, shelf.watches)
    assert {each.film.media.id: each.seen for each in rows} == {
        film.id: _seen(shelf.watches.get(film.movie, [])) for film in shelf.films
    }
    for only, is_seen in (("watched", True), ("unwatched", False)):
        kept = await store.ask(films.watched_page, ME, filter=only, limit=100)  # type: ignore[arg-type]  # words all
        seen = {film.id for film in shelf.films if shelf.watches.get(film.movie)}
        expected = seen if is_seen else {film.id for film in shelf.films} - seen
        assert {each.film.media.id for each in kept} == expected


def _seen(watches: list[datetime]) -> films.Seen:
    return films.Seen(watch_count=len(watches), last_watched_at=max(watches, default=None))


def as_film_stats(found: views.FilmStats) -> dict[str, Any]:
    """Film stats as the oracle gives them."""

    def named(counts: list[views.Count]) -> dict[str, int]:
        return {each.name: each.copies for each in counts}

    return {
        "total_items": found.total_items,
        "total_movies": found.total_movies,
        "by_format": named(found.formats),
        "by_resolution": named(found.resolutions),
        "by_hdr": named(found.hdr),
        "by_genre": named(found.genres),
        "by_decade": named(found.decades),
        "added_this_year": found.added_this_year,
    }
