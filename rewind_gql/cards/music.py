"""Cards of what was heard: by day, by month, the most and the last of it."""

from collections.abc import Mapping, Sequence
from datetime import date

from rewind_gql import clock
from rewind_gql.cards.asked import WINDOW, Asked, Days, Rules, When, days_of
from rewind_gql.cards.card import Card, cover
from rewind_gql.cards.phrases import (
    MONTHS,
    all_told,
    average,
    counted,
    day,
    days_in_words,
    month_of,
    number,
    several,
)
from rewind_gql.cards.pictures import (
    Bar,
    Bars,
    Calendar,
    Day,
    Fact,
    Head,
    Picture,
    Row,
    Rows,
    Tile,
    Tiles,
)
from rewind_gql.domains.listening import queries as listening
from rewind_gql.domains.listening.queries.runs import FIRST_DAY, streaks_of
from rewind_gql.domains.listening.records import Period
from rewind_gql.errors import BadInput
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Conn

MOST_MONTHS = 720
NAMED_MONTHS = 36
"""Beyond so many, only years are written below the months."""
NOTHING_HEARD = "Nothing was heard in this time."
NOTHING_YET = "Nothing was heard yet."
_MONTHS: dict[Period, int] = {"3month": 3, "6month": 6, "12month": 12}


async def listening_calendar(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """Each day of a year, and how much was heard on it."""
    days = days_of(asked, when)
    since, until = days.window(when)
    points = await listening.over_time(
        conn, user_id, granularity="day", zone=when.zone, since=since, until=until
    )
    plays = {point.start: point.plays for point in points if point.plays}
    first, end = days.first or when.today, days.end or when.today
    shown = tuple(
        Day(day=each, plays=plays.get(each, 0) if each <= when.today else None)
        for each in (first + at * clock.DAY for at in range((end - first).days))
    )
    total = sum(plays.values())
    runs = streaks_of((((each - FIRST_DAY).days, plays[each]) for each in sorted(plays)), end)
    facts = [
        Fact(value=number(total), words=several(total, "play")),
        Fact(value=number(len(plays)), words=several(len(plays), "day with music")),
        Fact(value=counted(runs.longest.days, "day"), words="longest streak"),
    ]
    if first <= when.today < end:
        streaks = await listening.local_streaks(conn, user_id, zone=when.zone, now=when.now)
        facts.append(Fact(value=counted(streaks.current.days, "day"), words="current streak"))
    told = ", ".join(f"{fact.value} {fact.words}" for fact in facts)
    return Calendar(
        head=Head(title=f"Listening, {days_in_words(asked)}", note=_busiest(plays), desc=told),
        facts=tuple(facts),
        days=shown,
        unit="play",
    )


async def top_albums(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """The albums heard most, by their covers."""
    since, until = days_of(asked, when).window(when)
    part = Slice(limit=asked.limit or 1)
    top = (await listening.top_albums(conn, user_id, since=since, until=until, part=part)).items
    tiles = tuple(
        Tile(
            cover=cover("albums", each.album.id, each.album.name),
            name=each.album.name,
            by=each.artist.name,
            note=counted(each.plays, "play"),
        )
        for each in top
    )
    lines = [f"{tile.name} by {tile.by}, {tile.note}" for tile in tiles]
    return Tiles(head=_ranked("Top albums", asked, lines), tiles=tiles, empty=NOTHING_HEARD)


async def top_artists(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """The artists heard most."""
    since, until = days_of(asked, when).window(when)
    part = Slice(limit=asked.limit or 1)
    top = (await listening.top_artists(conn, user_id, since=since, until=until, part=part)).items
    rows = tuple(
        Row(
            cover=cover("artists", each.artist.id, each.artist.name),
            name=each.artist.name,
            note=counted(each.plays, "play"),
            share=each.plays / top[0].plays,
        )
        for each in top
    )
    lines = [f"{row.name}, {row.note}" for row in rows]
    head = _ranked("Top artists", asked, lines)
    return Rows(head=head, rows=rows, round_=True, empty=NOTHING_HEARD)


async def monthly_trend(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """Plays of each month."""
    days = _whole_months(asked, when)
    since, until = days.window(when)
    points = await listening.over_time(
        conn, user_id, granularity="month", zone=when.zone, since=since, until=until
    )
    months = [point for point in points if point.start <= when.today]
    bars = tuple(
        Bar(
            value=point.plays,
            label=_label(point.start, alone=len(months) > NAMED_MONTHS),
            words=f"{month_of(point.start)}: {counted(point.plays, 'play')}",
        )
        for point in months
    )
    total = sum(bar.value for bar in bars)
    facts: list[Fact] = []
    if total:
        best = max(months, key=lambda point: point.plays)
        facts = [
            Fact(value=number(total), words=several(total, "play")),
            Fact(value=average(total, len(bars)), words="on average"),
            Fact(value=number(best.plays), words=f"best, {month_of(best.start, short=True)}"),
        ]
    told = "; ".join(bar.words for bar in bars)
    return Bars(
        head=Head(title=f"Plays per month, {days_in_words(asked)}", desc=told or NOTHING_HEARD),
        facts=tuple(facts),
        bars=bars if total else (),
        empty=NOTHING_HEARD,
    )


async def last_heard(conn: Conn, user_id: int, asked: Asked, when: When) -> Picture:
    """What was heard last."""
    part = Slice(limit=asked.limit or 1)
    plays = (await listening.recent(conn, user_id, since=None, until=None, part=part)).items
    rows = []
    for play in plays:
        at = play.played_at.astimezone(when.zone)
        shown = cover("artists", play.artist.id, play.artist.name)
        if play.album:
            shown = cover("albums", play.album.id, play.album.name)
        note = f"{day(at.date())}, {at:%H:%M}"
        rows.append(Row(cover=shown, name=play.track.name, by=play.artist.name, note=note))
    lines = [f"{row.name} by {row.by}, {row.note}" for row in rows]
    head = Head(title="Last heard", desc=all_told(lines) or NOTHING_YET)
    return Rows(head=head, rows=tuple(rows), empty=NOTHING_YET)


def _ranked(what: str, asked: Asked, lines: Sequence[str]) -> Head:
    ranked = [f"{rank}. {line}" for rank, line in enumerate(lines, start=1)]
    return Head(title=f"{what}, {days_in_words(asked)}", desc=all_told(ranked) or NOTHING_HEARD)


def _whole_months(asked: Asked, when: When) -> Days:
    """The days that are asked for; of a period whole months, the present one last."""
    count = _MONTHS.get(asked.period or "overall")
    if count is None:
        days = days_of(asked, when)
        end = days.end or when.today
        if days.first and (end.year - days.first.year) * 12 > MOST_MONTHS:
            raise BadInput(f"This card shows at most {MOST_MONTHS // 12} years", path="from")
        return days
    first = clock.month_start(when.today)
    for _ in range(count - 1):
        first = clock.month_start(first - clock.DAY)
    return Days(first, clock.next_month(when.today))


def _label(month: date, *, alone: bool) -> str:
    if month.month == 1:
        return str(month.year)
    return "" if alone else MONTHS[month.month - 1]


def _busiest(plays: Mapping[date, int]) -> str:
    if not plays:
        return ""
    best = min(plays, key=lambda each: (-plays[each], each))
    return f"Most on {day(best)}: {counted(plays[best], 'play')}"


_TOP = Rules(takes=(*WINDOW, "limit"), usual=Asked(period="12month", limit=10), most=20)
CARDS = (
    Card(
        name="listening-calendar",
        words="A year of listening, day by day.",
        width=820,
        rules=Rules(takes=("year",), usual=Asked(period="12month")),
        ask=listening_calendar,
    ),
    Card(
        name="top-albums",
        words="The albums heard most, by their covers.",
        width=820,
        rules=_TOP,
        ask=top_albums,
    ),
    Card(
        name="top-artists",
        words="The artists heard most.",
        width=400,
        rules=Rules(takes=_TOP.takes, usual=Asked(period="12month", limit=6), most=20),
        ask=top_artists,
    ),
    Card(
        name="monthly-trend",
        words="Plays of each month.",
        width=820,
        rules=Rules(
            takes=WINDOW,
            usual=Asked(period="12month"),
            periods=(*_MONTHS, "overall"),
        ),
        ask=monthly_trend,
    ),
    Card(
        name="last-heard",
        words="What was heard last.",
        width=400,
        rules=Rules(takes=("limit",), usual=Asked(limit=5), most=20),
        ask=last_heard,
    ),
)
