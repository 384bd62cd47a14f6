"""Filters on a shelf longer than what a page is first looked for in."""

from rewind_gql.domains.collecting import derive, intake, queries, records
from rewind_gql.domains.collecting.queries.browse import NEAR
from rewind_gql.domains.collecting.queries.filtering import Only
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from tests.databases import ME
from tests.domains.collecting.made import HOUR, NOON, copy, credit, release

COPIES = NEAR + 60
FILTERS: tuple[tuple[str, Only], ...] = (
    ("two in three", Only(genres=["ROCK", "jazz"])),
    ("only the oldest", Only(decades=["1950s"])),
    ("only the newest", Only(decades=["1960s"], styles=["Late"])),
    ("a few all over", Only(text="e 7", min_rating=1)),
    ("words of an artist", Only(artist="ss 11")),
    ("everything at once", Only(formats=["LP"], genres=["jazz"], text="TIDE", last_year=1990)),
    ("formats as written", Only(formats=["lp"])),
    ("old ones of a window", Only(genres=["jazz"], until=NOON + 90 * HOUR)),
)


def shelf() -> list[records.Copy]:
    """The oldest of the fifties, a few of the newest both of the sixties and late."""
    return [
        copy(
            at + 1,
            release(
                at + 1,
                f"Tide {at}",
                credits=(credit(f"Voss {at}", at + 1),),
                year=1955 if at < 20 else 1965 if at % 2 else 1995,
                genres=(("Rock",), ("Jazz", "Rock"), ("Folk",))[at % 3],
                styles=("Late",) if at > COPIES - 90 else (),
                formats=("LP" if at % 4 else "lp",),
            ),
            NOON + at * HOUR,
            rating=at % 6,
        )
        for at in range(COPIES)
    ]


def fits(only: Only, owned: records.Copy) -> bool:
    """Whether a copy is one of those asked for, said anew."""
    of = owned.release
    words = f"{of.title}\n{of.credits[0].name}".lower()
    year = of.year or 0
    listed = (
        (only.formats, of.formats[:1]),
        (only.genres and [each.title() for each in only.genres], of.genres),
        (only.styles, of.styles),
        (only.decades, (f"{year // 10 * 10}s",)),
    )
    return (
        all(asked is None or {*asked} & {*names} for asked, names in listed)
        and (only.text or "").lower() in words
        and (only.artist or "").lower() in of.credits[0].name.lower()
        and (only.last_year is None or 0 < year <= only.last_year)
        and owned.rating >= (only.min_rating or 0)
        and (only.until is None or owned.added_at < only.until)
    )


async def listed(
    store: Store, only: Only, sort: queries.ItemSort, order: queries.Order
) -> list[int]:
    """The numbers of all copies a filter leaves, page by page."""
    found: list[int] = []
    part: Slice | None = Slice(limit=25)
    while part is not None:
        page = await store.ask(queries.items, ME, part=part, sort=sort, order=order, only=only)
        found += [each.id for each in page.items]
        types = queries.ITEMS_TYPES[sort]
        after = page.cursors[-1] if page.has_next else None
        part = slice_of(queries.ITEMS[sort], types, first=25, after=after) if after else None
    return found


async def test_a_filter_leaves_the_same_whether_its_copies_are_near_or_far(store: Store) -> None:
    owned = shelf()
    async with store.write() as conn:
        stored = await intake.copies(conn, ME, owned, source="discogs")
        await derive.derive(conn, ME, stored.touched)
    whole = await listed(store, Only(), "date_added", "asc")
    copies = dict(zip(whole, owned, strict=True))
    by_title = sorted(whole, key=lambda each: (copies[each].release.title.lower(), each))

    for name, only in FILTERS:
        kept = {each for each in whole if fits(only, copies[each])}
        added = [each for each in whole if each in kept]
        titles = [each for each in by_title if each in kept]

        assert kept, name
        assert await listed(store, only, "date_added", "asc") == added, name
        assert await listed(store, only, "date_added", "desc") == added[::-1], name
        assert await listed(store, only, "title", "asc") == titles, name
        assert await store.ask(queries.items_count, ME, only=only) == len(kept), name
