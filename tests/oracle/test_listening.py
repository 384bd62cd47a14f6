"""Whatever a life is like, every number is what counting its plays one by one gives."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains.listening import derive, queries, views
from rewind_gql.domains.listening.queries import Asked
from rewind_gql.domains.listening.records import PERIODS
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.rest.rewind.listening.genres import label
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import everything
from tests.oracle import listening as oracle
from tests.oracle.listening import Heard
from tests.oracle.lives import GENRES, NEW_YEAR, hidden, instants, live, plays, windows

DEPTH = 50
TABLES = {"artist": Artist, "album": Album}
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")
]
FIELDS = {"artist": "artist_id", "album": "album_id", "track": "track_id"}
LENGTHS = {"7day": 7, "1month": 30, "3month": 90, "6month": 180, "12month": 365}
STARTS = {"day": lambda day: day, "week": oracle.monday, "month": oracle.month, "year": oracle.year}
soon = st.builds(lambda at, days: at + timedelta(days=days), instants, st.integers(0, 3))


def property_test(examples: int) -> Any:
    """How often a property is tried."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # lives are small as they are
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


lives = given(
    heard=st.lists(plays, max_size=25),
    tagged=st.lists(st.sampled_from(GENRES), min_size=5, max_size=5),
    hiding=hidden,
    retagged=st.sampled_from(GENRES),
    asked=st.lists(windows, max_size=2),
    now=soon,
)


@property_test(12)
@lives
async def test_what_is_counted_is_what_was_heard(
    store: Store, heard: Any, tagged: Any, hiding: Any, retagged: Any, asked: Any, now: datetime
) -> None:
    life = await live(store, heard, tagged, hiding, retagged)

    assert await store.ask(derive.drift, ME) == []
    await check_reconciled(store, life)
    await check_years(store, life)
    await check_streaks(store, life, now)
    await check_periods(store, life, now.date())
    await check_library(store, life)
    await check_details(store, life, date(2026, 1, 1))
    for since, until in [(None, None), *asked]:
        await check_window(store, life, since, until, now)
        await check_genres(store, life, since, until)
        await check_zones(store, life, since, until)
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    assert await store.ask(derive.drift, ME) == []
    await check_reconciled(store, life)


async def check_reconciled(store: Store, life: list[Heard]) -> None:
    """Days, months, years and all of it add up to the same."""
    every = {"since": None, "until": None}
    days = await store.ask(queries.days, ME, **every)
    months = await store.ask(queries.month_totals, ME, **every)
    years = await store.ask(queries.years, ME)
    reviews = [await store.ask(queries.year_review, ME, year=each.year) for each in years]
    totals = await store.ask(queries.totals, ME, **every)
    counted = [days, months, years, [review.totals for review in reviews]]

    assert {sum(each.plays for each in found) for found in counted} == {len(life)}
    assert as_totals(totals) == oracle.totals(life)
    assert {each.day: each.plays for each in days} == oracle.days(life)


def as_totals(found: views.Totals) -> oracle.Totals:
    """Totals as the oracle gives them."""
    return oracle.Totals(found.plays, found.artists, found.albums, found.tracks)


def as_places(rows: list[views.TopRow[Any]]) -> list[oracle.Place]:
    """Places as the oracle gives them."""
    return [oracle.Place(row.entity.id, row.plays) for row in rows]


async def check_years(store: Store, life: list[Heard]) -> None:
    """Each year in numbers, with its top lists and months, by year and by month."""
    wanted = oracle.by(life, oracle.year)
    years = await store.ask(queries.years, ME)

    assert [each.year for each in years] == [day.year for day in reversed(wanted)]
    for told in years:
        inside = wanted[date(told.year, 1, 1)]
        different = oracle.Totals(told.plays, told.artists, told.albums, told.tracks)
        assert different == oracle.totals(inside)
        assert told.top_artist is not None
        assert told.top_artist.id == oracle.top_artist(inside)
        review = await store.ask(queries.year_review, ME, year=told.year, sparklines=True)
        months = [date(told.year, each, 1) for each in range(1, 13)]
        await check_review(review, inside, months, date(told.year + 1, 1, 1))
        by_month = oracle.by(inside, oracle.month)
        assert {each.month: each.plays for each in review.months} == {
            first: len(heard) for first, heard in by_month.items()
        }
        first, heard = next(iter(by_month.items()))
        review = await store.ask(
            queries.year_review, ME, year=told.year, month=first.month, sparklines=True
        )
        end = clock.next_month(first)
        days = [first + timedelta(days=n) for n in range((end - first).days)]
        await check_review(review, heard, days, end)


async def check_review(
    review: views.YearReview, inside: list[Heard], starts: list[date], end: date
) -> None:
    """A year or month looked back on."""
    assert as_totals(review.totals) == oracle.totals(inside)
    for name, field in FIELDS.items():
        rows: list[views.TopRow[Any]] = getattr(review, f"{name}s")
        assert as_places(rows) == oracle.top(inside, field)[:10]
        for row in rows:
            own = [play for play in inside if getattr(play, field) == row.entity.id]
            assert row.points == oracle.series(own, starts, clock.midnight(end))


async def check_streaks(store: Store, life: list[Heard], now: datetime) -> None:
    """Days in a row, by UTC and by the clocks of each zone."""
    told = await store.ask(queries.streaks, ME, today=now.date())
    assert as_streaks(told) == oracle.streaks(oracle.days(life), now.date())
    for zone in ZONES:
        told = await store.ask(queries.local_streaks, ME, zone=zone, now=now)
        wanted = oracle.streaks(oracle.days(life, zone), oracle.day_of(now, zone))
        assert as_streaks(told) == wanted


def as_streaks(told: views.Streaks) -> tuple[oracle.Streak, oracle.Streak]:
    """Streaks as the oracle gives them."""
    current, longest = (
        oracle.Streak(run.days, run.start, run.end, run.plays)
        for run in (told.current, told.longest)
    )
    return current, longest


async def check_periods(store: Store, life: list[Heard], today: date) -> None:
    """Top lists of every period, page by page and of one artist, with plays over time."""
    tomorrow = clock.midnight(today + clock.DAY)
    for period in PERIODS:
        since = tomorrow - timedelta(days=LENGTHS[period]) if period in LENGTHS else None
        inside = oracle.inside(life, since, tomorrow if since else None)
        for kind, field in FIELDS.items():
            wanted = oracle.top(inside, field)
            for page in (1, 2):
                asked = Asked(period, sparklines=True, limit=2, page=page)
                told = await store.ask(
                    queries.top_list,
                    ME,
                    kind=kind,
                    asked=asked,
                    today=today,
                )
                assert as_places(told.rows) == wanted[2 * page - 2 : 2 * page]
                assert told.total == len(wanted)
                assert [row.rank for row in told.rows] == [
                    2 * page - 1 + n for n in range(len(told.rows))
                ]
        for artist_id in {play.artist_id for play in life}:
            own = [play for play in inside if play.artist_id == artist_id]
            told = await store.ask(
                queries.top_tracks_of,
                ME,
                artist_id=artist_id,
                name="",
                asked=Asked(period, limit=DEPTH),
                today=today,
            )
            assert as_places(told.rows) == oracle.top(own, "track_id")


async def check_window(
    store: Store, life: list[Heard], since: Any, until: Any, now: datetime
) -> None:
    """Numbers, lists and plays of a window."""
    inside = oracle.inside(life, since, until)
    stats = await store.ask(queries.stats, ME, now=now, since=since, until=until)
    assert as_totals(stats.totals) == oracle.totals(inside)
    if since or until:
        assert stats.plays_per_day == oracle.per_day_average(inside, now, since, until, life)
    months = await store.ask(queries.month_totals, ME, since=since, until=until)
    assert {
        each.month: oracle.Totals(each.plays, each.artists, each.albums, each.tracks)
        for each in months
    } == {first: oracle.totals(heard) for first, heard in oracle.by(inside, oracle.month).items()}
    asked = Asked("overall", Window(since, until), limit=DEPTH)
    for kind, field in FIELDS.items():
        told = await store.ask(queries.top_list, ME, kind=kind, asked=asked, today=now.date())
        assert as_places(told.rows) == oracle.top(inside, field)
    for artist, album in (
        ("", ""),
        ("LOW", ""),
        ("", "FIRST"),
        ("o", "s"),
        ("100%", ""),
        ("_", ""),
    ):
        lines, total = await store.ask(
            queries.plays_page,
            ME,
            since=since,
            until=until,
            artist=artist,
            album=album,
            limit=DEPTH,
        )
        fitting = [
            play
            for play in inside
            if artist.casefold() in play.artist.casefold()
            and (not album or album.casefold() in (play.album or "").casefold())
        ]
        assert total == len(fitting)
        order = oracle.newest_first(fitting)
        wanted = {play.id: play for play in fitting}
        assert [(line.played_at, line.track_id) for line in lines] == [
            (wanted[each].at, wanted[each].track_id) for each in order
        ]


async def check_genres(store: Store, life: list[Heard], since: Any, until: Any) -> None:
    """Genres by the week, month and year, of UTC as over REST, of other zones by ISO weeks."""
    inside = oracle.inside(life, since, until)
    labels: dict[str, Any] = {
        "week": oracle.week_label,
        "month": lambda day: day.isoformat()[:7],
        "year": lambda day: str(day.year),
    }
    bounds = {"since": since, "until": until}
    for group_by, name in labels.items():
        told = await store.ask(
            queries.genre_periods,
            ME,
            group_by=group_by,
            limit=2,
            split_weeks=True,
            **bounds,
        )
        wanted = oracle.genres(inside, name, 2)
        assert [(label(each.start, group_by), *as_genres(each)) for each in told] == [
            (each, *wanted[each]) for each in sorted(wanted, key=str)
        ]
        for zone in ZONES[:3]:
            local = await store.ask(
                queries.local_genres,
                ME,
                granularity=group_by,
                zone=zone,
                limit=1,
                **bounds,
            )
            by_start = oracle.genres(inside, STARTS[group_by], 1, zone)
            assert {each.start: as_genres(each) for each in local} == by_start


def as_genres(told: views.GenrePeriod) -> tuple[list[tuple[str, int]], int]:
    """The genres of a period as the oracle gives them."""
    return [(genre.name, genre.plays) for genre in told.genres], told.plays


async def check_library(store: Store, life: list[Heard]) -> None:
    """Artists and albums by plays, upwards and downwards, and page by page."""
    for kind, field in (("artist", "artist_id"), ("album", "album_id")):
        shown = [row for row in await everything(store, TABLES[kind]) if not row.hidden]
        plays = {row.id: 0 for row in shown}
        plays |= {place.entity_id: place.plays for place in oracle.top(life, field)}
        for order, sign in (("asc", 1), ("desc", -1)):
            wanted = sorted(plays.items(), key=lambda item: (sign * item[1], item[0]))
            for search in ("", "o"):
                fitting = [row.id for row in shown if search in row.match_key]
                list_of = [item for item in wanted if item[0] in fitting]
                for offset in range(0, len(wanted) + 1, 3):
                    asked = queries.Wanted("playcount", order, 3, offset)
                    page = queries.artists_page if kind == "artist" else queries.albums_page
                    known, total = await store.ask(page, ME, wanted=asked, search=search)
                    found = [(getattr(each, kind).id, each.plays) for each in known]
                    assert (found, total) == (list_of[offset : offset + 3], len(list_of))


async def check_details(store: Store, life: list[Heard], today: date) -> None:
    """All that is told of each artist and album, hidden ones too."""
    ranks = [place.entity_id for place in oracle.top(life, "artist_id")]
    albums = await everything(store, Album)
    tracks = await everything(store, Track)
    for row in await everything(store, Artist):
        told = await store.ask(queries.artist_page, ME, artist_id=row.id, today=today)
        own = [play for play in life if play.artist_id == row.id]
        assert told is not None
        assert told.heard.plays == len(own) == sum(told.years)
        assert told.heard.first_played_at == min((play.at for play in own), default=None)
        assert told.rank == (ranks.index(row.id) + 1 if own else None)
        assert told.tracks == len({play.track_id for play in own})
        assert told.albums == sum(a.artist_id == row.id and not a.hidden for a in albums)
        wide = {
            album.id
            for album in albums
            if len({play.track_id for play in life if play.album_id == album.id}) > 1
        }
        best = [place for place in oracle.top(life, "album_id") if place.entity_id in wide]
        mine = {album.id for album in albums if album.artist_id == row.id}
        assert [(each.album.id, each.plays) for each in told.top_albums] == [
            tuple(place) for place in best if place.entity_id in mine
        ]
        shown = [t.id for t in tracks if t.artist_id == row.id and not t.hidden]
        heard = oracle.top(own, "track_id")
        unheard = [each for each in shown if each not in {place.entity_id for place in heard}]
        found = [(each.track.id, each.plays) for each in told.top_tracks]
        assert [*map(tuple, heard)] == found[: len(heard)]
        assert [plays for _, plays in found[len(heard) :]] == [0] * (len(found) - len(heard))
        assert [each for each, _ in found[len(heard) :]] == unheard[: 10 - len(heard)]
    for album in albums:
        page = await store.ask(queries.album_page, ME, album_id=album.id)
        assert page is not None
        assert page.heard.plays == sum(play.album_id == album.id for play in life)


async def check_zones(store: Store, life: list[Heard], since: Any, until: Any) -> None:
    """Plays over time by the clocks of each zone."""
    inside = oracle.inside(life, since, until)
    for zone in ZONES:
        for granularity, start in STARTS.items():
            told = await store.ask(
                queries.over_time,
                ME,
                granularity=granularity,
                zone=zone,
                since=since,
                until=until,
            )
            found = oracle.by(inside, start, zone)
            assert {each.start: each.plays for each in told if each.plays} == {
                first: len(heard) for first, heard in found.items()
            }
            assert len({each.start for each in told}) == len(told)


def test_the_weeks_of_a_year_are_numbered_as_clients_know_them() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 5), date(2025, 12, 29), NEW_YEAR.date()]

    assert [oracle.week_label(day) for day in days] == [
        "2026-W00",
        "2026-W01",
        "2025-W52",
        "2024-W01",
    ]
    assert [label(day, "week") for day in days] == [oracle.week_label(day) for day in days]
