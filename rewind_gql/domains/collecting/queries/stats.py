"""Owned records in numbers: all of them, or those added in a window."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, literal, or_, select, type_coerce
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import looked_at, mine, own
from rewind_gql.domains.collecting.queries.counts import filed_under, value_history
from rewind_gql.domains.collecting.tables import Facet, Shelved, Tally, Want
from rewind_gql.store.columns import Day, Flag, Id, Utc
from rewind_gql.store.read import Conn, Read

# Up to this share of the copies, each is looked up; beyond it reading all of them is quicker.
FEW = 8
_FIRST = clock.midnight(date(1, 1, 2))
_LAST = clock.midnight(date(9999, 12, 31))

Amount = tuple[float | None, str | None]


@dataclass(slots=True, kw_only=True)
class _Totals:
    """What is one number or name each."""

    total_items: int
    wantlist_count: int
    unique_artists: int
    top_genre: str | None
    top_artist: str | None
    top_artist_copies: int | None
    oldest: int | None
    newest: int | None
    added_this_year: int


@dataclass(slots=True, kw_only=True)
class _Inside:
    """Copies added in a window: their years and their prices. No year is 0."""

    oldest: int | None
    newest: int | None
    this_year: int
    priced: int
    cents: int | None


@dataclass(slots=True, kw_only=True)
class _Currencies:
    """The first and the last currency of all prices, and whether some price has none."""

    first: str | None
    last: str | None
    some_without: bool


@dataclass(slots=True, kw_only=True)
class _Filed:
    """What copies added in a window are filed under, most first, and how many artists they are by.

    Of the artists it holds the one of most copies alone.
    """

    formats: list[views.Count]
    genres: list[views.Count]
    artists: int
    artist: views.Count | None


def _one(column: Any, *where: Any, order: Any = ()) -> Any:
    return select(column).where(*where).order_by(*order).limit(1).scalar_subquery()


def _of_kind(kind: str) -> tuple[Any, Any]:
    return mine(Tally), col(Tally.kind) == literal(kind)


def _this_year() -> Any:
    day = col(Shelved.added_on)
    first, next_ = (bindparam(name, type_=Day()) for name in ("new_year", "next_year"))
    return and_(day >= first, day < next_)


def _inside(added_at: Any) -> Any:
    since, until = (bindparam(name, type_=Utc()) for name in ("since", "until"))
    return and_(added_at >= since, added_at < until)


_MOST = (col(Tally.sunk), col(Tally.name))
_DATED = (mine(Shelved), col(Shelved.year) > 0)
_LIFETIME = Read(
    select(
        _one(func.count(), mine(Shelved)).label("total_items"),
        _one(func.count(), mine(Want)).label("wantlist_count"),
        _one(func.count(), *_of_kind("artist")).label("unique_artists"),
        _one(col(Tally.name), *_of_kind("genre"), order=_MOST).label("top_genre"),
        _one(col(Tally.name), *_of_kind("artist"), order=_MOST).label("top_artist"),
        _one(col(Tally.copies), *_of_kind("artist"), order=_MOST).label("top_artist_copies"),
        _one(func.min(col(Shelved.year)), *_DATED).label("oldest"),
        _one(func.max(col(Shelved.year)), *_DATED).label("newest"),
        _one(func.count(), mine(Shelved), _this_year()).label("added_this_year"),
    ),
    _Totals,
)
_PRICES: Read[tuple[str, int, int]] = Read(
    select(col(Shelved.currency), func.count(), func.sum(col(Shelved.price_cents)))
    .where(mine(Shelved), col(Shelved.currency).is_not(None))
    .group_by(col(Shelved.currency))
)
_RECENT = _inside(col(Shelved.added_at))
_HOW_MANY: Read[tuple[int, int]] = Read(
    select(_one(func.count(), mine(Shelved), _RECENT), _one(func.count(), mine(Shelved)))
)
_CURRENCY = func.coalesce(col(Shelved.currency), "")
_YEAR = case((col(Shelved.year) > 0, col(Shelved.year)))
_PRICED = col(Shelved.price_cents).is_not(None)


def _numbers(inside: Any) -> Read[_Inside]:
    found = select(
        func.min(_YEAR).label("oldest"),
        func.max(col(Shelved.year)).label("newest"),
        func.count().filter(_this_year()).label("this_year"),
        func.count(col(Shelved.price_cents)).label("priced"),
        func.sum(col(Shelved.price_cents)).label("cents"),
    )
    return Read(found.where(mine(Shelved), inside), _Inside)


def _lines(inside: Any) -> Read[tuple[str, int, int]]:
    """The same prices by currency."""
    found = select(_CURRENCY, func.count(), func.sum(col(Shelved.price_cents)))
    return Read(found.where(mine(Shelved), _PRICED, inside).group_by(_CURRENCY))


_NAMED_CURRENCY = mine(Shelved), col(Shelved.currency).is_not(None)
_WITHOUT = exists(
    select(col(Shelved.price_cents)).where(mine(Shelved), col(Shelved.currency).is_(None), _PRICED)
)
_CURRENCIES = Read(
    select(
        _one(col(Shelved.currency), *_NAMED_CURRENCY, order=[col(Shelved.currency)]).label("first"),
        _one(col(Shelved.currency), *_NAMED_CURRENCY, order=[col(Shelved.currency).desc()]).label(
            "last"
        ),
        type_coerce(_WITHOUT, Flag()).label("some_without"),
    ),
    _Currencies,
)
# Many are told apart within the whole table, whose rows lie in the order of one user's copies.
_ALL_TOLD_APART = _inside(looked_at(col(Shelved.added_at)))
_NUMBERS = {True: _numbers(_RECENT), False: _numbers(_ALL_TOLD_APART)}
_LINES = {True: _lines(_RECENT), False: _lines(_ALL_TOLD_APART)}

_NAMED = or_(*(col(Facet.kind) == literal(kind) for kind in ("format", "genre", "artist")))
_THESE = select(col(Shelved.item_id)).where(mine(Shelved), _RECENT)
_FILED_FEW: Read[tuple[str, str, int]] = Read(
    select(col(Facet.kind), col(Facet.name), func.count())
    .where(_NAMED, own(Facet), col(Facet.item_id).in_(_THESE))
    .group_by(col(Facet.kind), col(Facet.name))
)
_INSIDE = _inside(col(Facet.added_at))


def _under_one(*where: Any) -> Any:
    """How many copies there are under one name. They lie in the index by their dates."""
    same = col(Facet.kind) == col(Tally.kind), col(Facet.name) == col(Tally.name)
    return select(func.count()).where(mine(Facet), *same, *where).scalar_subquery()


def _filed_many(copies: Any) -> Read[tuple[str, str, int]]:
    """Formats and genres: few names with many copies each, which are counted name by name."""
    kinds = or_(*(col(Tally.kind) == literal(kind) for kind in ("format", "genre")))
    return Read(select(col(Tally.kind), col(Tally.name), copies).where(mine(Tally), kinds))


# Where more are inside than not, those that are not are taken from all.
_BEFORE = col(Facet.added_at) < bindparam("since", type_=Utc())
_AFTER = col(Facet.added_at) >= bindparam("until", type_=Utc())
_FILED_MANY = {
    False: _filed_many(_under_one(_INSIDE)),
    True: _filed_many(col(Tally.copies) - _under_one(_BEFORE) - _under_one(_AFTER)),
}
# Artists are many with a few copies each: one pass counts them, a second finds the first of most.
_BY_ARTIST = (
    select(col(Facet.name), func.count().label("copies"))
    .where(mine(Facet), col(Facet.kind) == literal("artist"), _INSIDE)
    .group_by(col(Facet.name))
)
_EACH = _BY_ARTIST.subquery("each_artist")
_ARTISTS: Read[tuple[int, int | None]] = Read(
    select(func.count(), func.max(_EACH.c.copies)).select_from(_EACH)
)
_TOP_ARTIST: Read[tuple[str, int]] = Read(
    _BY_ARTIST.having(func.count() == bindparam("copies", type_=Id))
    .order_by(col(Facet.name))
    .limit(1)
)


async def record_stats(
    conn: Conn, user_id: int, *, since: datetime | None = None, until: datetime | None = None
) -> views.RecordStats:
    """Owned records in numbers: all of them, or those added in [`since`, `until`).

    Shape: zeros and None where nothing is owned. The value is Discogs' own lowest estimate, of this
    month or the last, or else the sum of the lowest prices asked in the currency of most copies.
    Source: `collecting_tally` for all, the copies and their facets themselves for a window.
    """
    today = clock.today()
    years = {"new_year": clock.year_start(today), "next_year": clock.next_year(today)}
    if since is not None or until is not None:
        window = {"since": since or _FIRST, "until": until or _LAST}
        return await _of_window(conn, user_id, years, window)
    found = await conn.value(_LIFETIME, user_id=user_id, **years)
    formats = await filed_under(conn, user_id, kind="format")
    return _stats(found, formats, await _value(conn, user_id, today) if found.total_items else None)


async def _value(conn: Conn, user_id: int, today: date) -> Amount | None:
    last_month = clock.month_start(today) - clock.DAY
    known = await value_history(conn, user_id, since=last_month)
    if known:
        return known[-1].minimum or None, known[-1].currency
    return _main(await conn.rows(_PRICES, user_id=user_id))


async def _of_window(
    conn: Conn, user_id: int, years: Mapping[str, date], window: Mapping[str, datetime]
) -> views.RecordStats:
    inside, owned = await conn.value(_HOW_MANY, user_id=user_id, **window)
    if inside == owned:  # then what is counted of all of them holds
        found = await conn.value(_LIFETIME, user_id=user_id, **years)
        every = await filed_under(conn, user_id, kind="format")
        prices = await conn.rows(_PRICES, user_id=user_id)
        return _stats(replace(found, wantlist_count=0), every, _main(prices))
    few = inside * FEW <= owned
    numbers = await conn.value(_NUMBERS[few], user_id=user_id, **window, **years)
    counted = await _filed(conn, user_id, window, few=few, most=inside * 2 > owned)
    totals = _Totals(
        total_items=inside,
        wantlist_count=0,
        unique_artists=counted.artists,
        top_genre=counted.genres[0].name if counted.genres else None,
        top_artist=counted.artist.name if counted.artist else None,
        top_artist_copies=counted.artist.copies if counted.artist else None,
        oldest=numbers.oldest,
        newest=numbers.newest or None,
        added_this_year=numbers.this_year,
    )
    prices = await _prices(conn, user_id, numbers, few, window)
    return _stats(totals, counted.formats, _main(prices))


async def _prices(
    conn: Conn, user_id: int, numbers: _Inside, few: bool, window: Mapping[str, datetime]
) -> list[tuple[str, int, int]]:
    """What is asked for copies of a window by currency, with how many they are."""
    if not numbers.priced:
        return []
    found = await conn.value(_CURRENCIES, user_id=user_id)
    if found.first is None or found.first != found.last or found.some_without:
        return await conn.rows(_LINES[few], user_id=user_id, **window)
    return [(found.first, numbers.priced, int(numbers.cents or 0))]


async def _filed(
    conn: Conn, user_id: int, window: Mapping[str, datetime], *, few: bool, most: bool
) -> _Filed:
    """`few` and `most` say how many of all copies are inside."""
    read = _FILED_FEW if few else _FILED_MANY[most]
    counted: dict[str, list[views.Count]] = {"format": [], "genre": [], "artist": []}
    for kind, name, copies in await conn.rows(read, user_id=user_id, **window):
        if copies:
            counted[kind].append(views.Count(name=name, copies=copies))
    formats, genres, artists = (sorted(each, key=_most) for each in counted.values())
    if few:
        artist = artists[0] if artists else None
        return _Filed(formats=formats, genres=genres, artists=len(artists), artist=artist)
    different, highest = await conn.value(_ARTISTS, user_id=user_id, **window)
    found = await conn.first(_TOP_ARTIST, user_id=user_id, copies=highest or 0, **window)
    artist = views.Count(name=found[0], copies=found[1]) if found else None
    return _Filed(formats=formats, genres=genres, artists=different, artist=artist)


def _most(each: views.Count) -> tuple[int, str]:
    return -each.copies, each.name


def _main(prices: list[tuple[str, int, int]]) -> Amount | None:
    """The sum in the currency that most copies are priced in, ties by its code."""
    if not prices:
        return None
    currency, _, cents = min(prices, key=lambda each: (-each[1], each[0]))
    return int(cents) / 100, currency


def _stats(found: _Totals, formats: list[views.Count], value: Amount | None) -> views.RecordStats:
    amount, currency = value or (None, None)
    most = None
    if found.top_artist is not None:
        most = views.Count(name=found.top_artist, copies=found.top_artist_copies or 0)
    return views.RecordStats(
        total_items=found.total_items,
        formats=formats,
        wantlist_count=found.wantlist_count,
        unique_artists=found.unique_artists,
        estimated_value=amount,
        currency=currency if amount else None,
        top_genre=found.top_genre,
        oldest_release_year=found.oldest,
        newest_release_year=found.newest,
        most_collected_artist=most,
        added_this_year=found.added_this_year,
    )
