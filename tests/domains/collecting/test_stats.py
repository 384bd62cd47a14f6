"""Records of a window in numbers, whether few, half or most of all copies are inside."""

from collections import Counter
from datetime import timedelta

import pytest

from rewind_gql.domains.collecting import derive, intake, queries, records
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.collecting.made import HOUR, NOON, copy, credit, release

COPIES = 60
Prices = dict[int, tuple[float, str]]


def shelf() -> list[records.Copy]:
    """An hour apart, by artists some of whom made several, a few without a year."""
    return [
        copy(
            at + 1,
            release(
                at + 1,
                f"Tide {at}",
                credits=(credit(f"Voss {at % 17}", at % 17 + 1),),
                year=None if at % 9 == 0 else 1950 + at * 7 % 60,
                genres=(("Rock",), ("Jazz", "Rock"), ("Folk",), ())[at % 4],
                formats=(("Vinyl",), ("CD",), ("Vinyl", "LP"))[at % 3],
            ),
            NOON + at * HOUR,
        )
        for at in range(COPIES)
    ]


async def own(store: Store, owned: list[records.Copy], prices: Prices, user: int = ME) -> None:
    """Store the copies and what is asked for their releases."""
    details = [
        records.ReleaseDetail(discogs_id=number, lowest_price=amount, currency=currency)
        for number, (amount, currency) in prices.items()
    ]
    async with store.write() as conn:
        stored = await intake.copies(conn, user, owned, source="discogs")
        await derive.derive(conn, user, stored.touched)
        stored = await intake.details(conn, user, details, source="discogs")
        await derive.derive(conn, user, stored.touched)


EUROS: Prices = {number: (number / 4, "EUR") for number in range(1, COPIES, 3)}
MIXED: Prices = {
    **EUROS,
    **{number: (number / 2, "USD") for number in range(2, COPIES, 2) if number % 3},
}


@pytest.mark.parametrize("prices", [{}, EUROS, MIXED], ids=["none", "euros", "mixed"])
@pytest.mark.parametrize("inside", [5, 20, 45], ids=["few", "half", "most"])
async def test_a_window_is_counted_whatever_share_of_copies_it_holds(
    store: Store, prices: Prices, inside: int
) -> None:
    owned = shelf()
    await own(store, owned, prices)
    await own(store, owned, EUROS, user=OTHER)
    since = NOON + 8 * HOUR
    kept = owned[8 : 8 + inside]

    found = await store.ask(queries.record_stats, ME, since=since, until=since + inside * HOUR)

    formats, genres, artists = Counter[str](), Counter[str](), Counter[str]()
    for each in kept:
        formats[each.release.formats[0]] += 1
        genres.update(each.release.genres)
        artists[each.release.credits[0].name] += 1
    years = [each.release.year for each in kept if each.release.year]
    most = min(artists.items(), key=lambda each: (-each[1], each[0]))
    assert found.total_items == inside
    assert {each.name: each.copies for each in found.formats} == formats
    assert found.top_genre == min(genres, key=lambda name: (-genres[name], name))
    assert found.unique_artists == len(artists)
    assert found.most_collected_artist is not None
    assert (found.most_collected_artist.name, found.most_collected_artist.copies) == most
    assert (found.oldest_release_year, found.newest_release_year) == (min(years), max(years))
    assert (found.estimated_value, found.currency) == worth(kept, prices)


def worth(kept: list[records.Copy], prices: Prices) -> tuple[float | None, str | None]:
    """The sum in the currency most copies are priced in."""
    priced = [prices[each.release.discogs_id] for each in kept if each.release.discogs_id in prices]
    if not priced:
        return None, None
    counted = Counter(currency for _, currency in priced)
    main = min(counted, key=lambda name: (-counted[name], name))
    cents = sum(round(amount * 100) for amount, currency in priced if currency == main)
    return cents / 100, main


async def test_a_window_without_copies_is_empty(store: Store) -> None:
    await own(store, shelf(), {})

    found = await store.ask(queries.record_stats, ME, until=NOON - timedelta(days=1))

    assert (found.total_items, found.formats, found.unique_artists) == (0, [], 0)
    assert (found.oldest_release_year, found.newest_release_year) == (None, None)
    assert (found.estimated_value, found.most_collected_artist) == (None, None)
