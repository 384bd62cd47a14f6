"""What `benchmarks.reads` asks: every read of listening and collecting, by REST and by GraphQL."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from benchmarks.database import END
from rewind_gql import clock
from schema.ids import global_id

PLAYS_A_DAY = 170
KINDS = ("artists", "albums", "tracks")
WINDOWS = 16
"""So many windows of each kind are asked for in turn."""


@dataclass(frozen=True, slots=True)
class Question:
    """One read: its name, what asks it (paths, or GraphQL texts), taken in turn.

    The answer of one that `grows` is the longer the longer somebody has listened.
    """

    name: str
    asked: tuple[str, ...]
    graphql: bool = False
    grows: bool = False


def questions(plays: int) -> list[Question]:
    """All of them, for a database of so many plays."""
    life = Life(plays)
    return [*_rest_listening(life), *_rest_collecting(), *_listening(life), *_collecting()]


class Life:
    """When plays were heard, and windows in that time."""

    def __init__(self, plays: int) -> None:
        self.days = plays // PLAYS_A_DAY
        self.start = END - timedelta(days=self.days)

    def middle(self, share: float) -> list[tuple[datetime, datetime]]:
        """Windows of that share of all time, none of which begins or ends with a day or a year."""
        return self._windows(timedelta(days=self.days * share))

    def odd(self, days: float) -> list[tuple[datetime, datetime]]:
        """Windows of so many days anywhere."""
        return self._windows(timedelta(days=days))

    def _windows(self, length: timedelta) -> list[tuple[datetime, datetime]]:
        rng = random.Random(str(length))
        room = END - self.start - length
        starts = [self.start + rng.random() * room for _ in range(WINDOWS)]
        whole = [at.replace(microsecond=0) for at in starts]
        return [(at, at + timedelta(seconds=int(length.total_seconds()))) for at in whole]


def _rest(name: str, path: str, *queries: Mapping[str, object], grows: bool = False) -> Question:
    asked = tuple(f"/v1{path}?{urlencode(query)}" for query in queries or ({},))
    return Question(f"{path} {name}".strip(), asked, grows=grows)


def _between(windows: list[tuple[datetime, datetime]], **more: object) -> list[dict[str, object]]:
    return [{"from": clock.iso(since), "to": clock.iso(until), **more} for since, until in windows]


def _rest_listening(life: Life) -> Iterator[Question]:
    base = "/listening"
    yield _rest("", f"{base}/now-playing")
    yield _rest("", f"{base}/recent", {"limit": 50})
    yield _rest("", f"{base}/recent/albums", {"limit": 20})
    for kind in KINDS:
        yield from _top(life, f"{base}/top/{kind}")
    yield _rest("of an artist", f"{base}/top/tracks", {"artist_id": 42, "period": "overall"})
    named = {"artist_name": "artist 7 ", "period": "12month"}
    yield _rest("of an artist by name", f"{base}/top/tracks", named)
    yield from _counts(life, base)
    yield from _history(life, f"{base}/history")
    yield from _library(base)
    yield from _years(base)


def _top(life: Life, path: str) -> Iterator[Question]:
    for period in ("7day", "1month", "3month", "6month", "12month", "overall"):
        yield _rest(period, path, {"period": period})
    lined = {"include_sparklines": "true"}
    yield _rest("12month sparklines 50", path, {"period": "12month", "limit": 50, **lined})
    yield _rest("overall sparklines 50", path, {"period": "overall", "limit": 50, **lined})
    yield _rest("12month page 40", path, {"period": "12month", "page": 40})
    yield _rest("overall page 40", path, {"period": "overall", "page": 40})
    yield _rest("a day", path, {"date": "2026-05-06"})
    yield _rest("a month", path, {"from": "2026-03", "to": "2026-03"})
    yield _rest("a year", path, {"from": "2025", "to": "2025"})
    for days in (20, 100, 400):
        yield _rest(f"any {days} days", path, *_between(life.odd(days)))
    yield _rest("any third of all", path, *_between(life.middle(0.34)))
    yield _rest("any third, sparklines 50", path, *_between(life.middle(0.34), limit=50, **lined))
    yield _rest("any third, page 40", path, *_between(life.middle(0.34), page=40))


def _counts(life: Life, base: str) -> Iterator[Question]:
    yield _rest("", f"{base}/stats")
    for days in (20, 100, 400):
        yield _rest(f"any {days} days", f"{base}/stats", *_between(life.odd(days)))
    yield _rest("any third of all", f"{base}/stats", *_between(life.middle(0.34)))
    yield _rest("", f"{base}/calendar", {"year": 2025})
    yield _rest("", f"{base}/streaks", grows=True)
    for metric in ("scrobbles", "artists", "albums", "tracks"):
        asked = {"metric": metric}
        yield _rest(metric, f"{base}/trends", asked, grows=True)
        third = _between(life.middle(0.34), **asked)
        yield _rest(f"{metric}, any third of all", f"{base}/trends", *third, grows=True)
    yield _rest("", f"{base}/genres", grows=True)
    for group in ("week", "month", "year"):
        asked = {"group_by": group}
        yield _rest(f"by {group}", f"{base}/genres", asked, grows=True)
    compared = {"from": "2025-01-01", "to": "2025-12-31", "compare_to": "previous_year"}
    yield _rest("a year by week, compared", f"{base}/genres", {**compared, "group_by": "week"})
    yield _rest("a year by month, compared", f"{base}/genres", {**compared, "group_by": "month"})
    yield _rest("any 400 days", f"{base}/genres", *_between(life.odd(400)))


def _history(life: Life, path: str) -> Iterator[Question]:
    yield _rest("", path)
    yield _rest("page 100", path, {"page": 100})
    yield _rest("any third, 200", path, *_between(life.middle(0.34), limit=200))
    yield _rest("artist", path, {"artist": "artist 4000"})
    yield _rest("some artists", path, {"artist": "artist 77"})
    yield _rest("all artists", path, {"artist": "north"})
    yield _rest("some albums", path, {"album": "album 77"})
    yield _rest("many albums", path, {"album": "album 1"})
    yield _rest("both, few", path, {"artist": "artist 78 ", "album": "album 77"})
    yield _rest("both, many", path, {"artist": "artist 1", "album": "album 1"})
    yield _rest("both, all", path, {"artist": "north", "album": "north"})
    asked = {"artist": "artist 77", "album": "album 7"}
    yield _rest("both, any third", path, *_between(life.middle(0.34), **asked))


def _library(base: str) -> Iterator[Question]:
    for kind, sorts in (("artists", ("playcount", "name")), ("albums", ("recent", "name"))):
        path = f"{base}/{kind}"
        yield _rest("", path)
        yield _rest("page 50", path, {"page": 50})
        for sort in sorts:
            yield _rest(sort, path, {"sort": sort, "order": "asc"})
        yield _rest("search, some", path, {"search": "77"})
        yield _rest("search, all", path, {"search": "north"})
    yield _rest("by artist", f"{base}/albums", {"artist": "artist 77"})
    for number in (1, 42):
        yield _rest("", f"{base}/artists/{number}", grows=True)
        yield _rest("", f"{base}/albums/{number}")


def _years(base: str) -> Iterator[Question]:
    yield _rest("", f"{base}/years", grows=True)
    yield _rest("", f"{base}/year/2025")
    yield _rest("sparklines", f"{base}/year/2025", {"include_sparklines": "true"})
    yield _rest("month", f"{base}/year/2025", {"month": 5})
    month = {"month": 5, "include_sparklines": "true"}
    yield _rest("month, sparklines", f"{base}/year/2025", month)


def _rest_collecting() -> Iterator[Question]:
    base = "/collecting"
    path = f"{base}/vinyl"
    yield _rest("", path)
    for sort in ("title", "artist", "year", "rating"):
        yield _rest(sort, path, {"sort": sort, "order": "asc"})
    yield _rest("page 80", path, {"page": 80, "limit": 100})
    for name, value in (("format", "Vinyl"), ("genre", "rock"), ("artist", "7"), ("search", "77")):
        yield _rest(f"by {name}", path, {name: value})
    yield _rest("search, most", path, {"search": "north", "sort": "title"})
    yield _rest("", f"{base}/recent", {"limit": 20})
    yield _rest("", f"{base}/vinyl/42")
    yield _rest("", f"{base}/stats")
    for days in (20, 200, 370):
        yield _rest(f"{days} days", f"{base}/stats", _shelved(days))
    for name in ("wantlist", "formats", "genres", "calendar"):
        yield _rest("", f"{base}/{name}")
    yield _rest("", f"{base}/artists", {"limit": 100})
    for sort in ("plays", "added"):
        for only in ("all", "listened", "unlistened"):
            asked = {"sort": sort, "filter": only, "limit": 100}
            yield _rest(f"{sort}, {only}", f"{base}/cross-reference", asked)
    yield from _rest_films(f"{base}/media")


def _shelved(days: int) -> dict[str, object]:
    """That many days of those in which copies were added, some way back."""
    until = END - timedelta(days=20)
    return {"from": clock.iso(until - timedelta(days=days)), "to": clock.iso(until)}


def _rest_films(path: str) -> Iterator[Question]:
    yield _rest("", path)
    for sort in ("title", "year"):
        yield _rest(sort, path, {"sort": sort, "order": "asc"})
    yield _rest("page 80", path, {"page": 80, "limit": 100})
    for name, value in (("format", "uhd_bluray"), ("genre", "drama"), ("search", "77")):
        yield _rest(f"by {name}", path, {name: value})
    yield _rest("", f"{path}/recent")
    yield _rest("", f"{path}/stats")
    yield _rest("", f"{path}/formats")
    for only in ("all", "watched", "unwatched"):
        yield _rest(only, f"{path}/cross-reference", {"filter": only, "limit": 100})
    yield _rest("", f"{path}/42")


def _graphql(name: str, *fields: str, domain: str = "listening", grows: bool = False) -> Question:
    asked = tuple(f"{{ {domain} {{ {field} }} }}" for field in fields)
    return Question(f"{domain}.{name}", asked, graphql=True, grows=grows)


def _windowed(name: str, windows: list[tuple[datetime, datetime]], rest: str) -> list[str]:
    return [
        f'{name}(since: "{clock.iso(since)}", until: "{clock.iso(until)}") {{ {rest} }}'
        for since, until in windows
    ]


NAMED = "id name"
TOPS = {"topArtists": "artist", "topAlbums": "album", "topTracks": "track"}


def _listening(life: Life) -> Iterator[Question]:
    third, odd = life.middle(0.34), life.odd(100)
    for name, kind in TOPS.items():
        rest = f"nodes {{ plays lastPlayedAt {kind} {{ {NAMED} }} }}"
        yield _graphql(f"{name} any 100 days", *_windowed(name, odd, rest))
        yield _graphql(f"{name} any third", *_windowed(name, third, rest))
        yield _graphql(f"{name} any third, totalCount", *_windowed(name, third, "totalCount"))
    play = "nodes { playedAt track { id name } artist { id name } album { id name } }"
    yield _graphql("recent", f"recent(first: 50) {{ {play} }}")
    yield _graphql("recent any third", *_windowed("recent", third, play + " totalCount"))
    numbers = "plays artists albums tracks"
    for days, windows in (("100 days", odd), ("third", third)):
        yield _graphql(f"totals any {days}", *_windowed("totals", windows, numbers))
        stats = f"totals {{ {numbers} }} days"
        yield _graphql(f"stats any {days}", *_windowed("stats", windows, stats))
    yield _graphql("days any 100 days", *_windowed("days", odd, "day plays"))
    yield _graphql("months", "months { month plays }", grows=True)
    yield _graphql("trends", f"trends {{ month {numbers} }}", grows=True)
    yield from _local()
    yield from _known()


def _local() -> Iterator[Question]:
    """What is counted by local days."""
    zone = 'timeZone: "America/New_York"'
    for step in ("DAY", "WEEK", "MONTH", "YEAR"):
        asked = f"overTime(granularity: {step}, {zone}) {{ start plays }}"
        yield _graphql(f"overTime {step} New York", asked, grows=True)
    year = 'since: "2025-01-01T05:00:00Z", until: "2026-01-01T05:00:00Z"'
    asked = f"overTime(granularity: DAY, {zone}, {year}) {{ start plays }}"
    yield _graphql("overTime DAY a year, New York", asked)
    days = "days { start plays } total maxDay { start plays }"
    yield _graphql("calendar New York", f"calendar(year: 2025, {zone}) {{ {days} }}")
    run = "{ days start end plays }"
    asked = f"streaks({zone}) {{ current {run} longest {run} }}"
    yield _graphql("streaks New York", asked, grows=True)
    genres = "{ start plays genres { name plays } }"
    for group in ("WEEK", "MONTH"):
        asked = f"genres(groupBy: {group}, {zone}) {genres}"
        yield _graphql(f"genres {group} New York", asked, grows=True)
    asked = f"genres(groupBy: WEEK, {zone}, {year}) {genres}"
    yield _graphql("genres WEEK a year, New York", asked)


def _known() -> Iterator[Question]:
    """The library, and what is told of one thing in it."""
    yield _graphql("years", "years { year plays artists albums tracks topArtist { name } }")
    for kind in ("artists", "albums"):
        for sort in ("NAME", "PLAYS"):
            asked = f"{kind}(sort: {sort}, first: 100) {{ nodes {{ {NAMED} }} totalCount }}"
            yield _graphql(f"{kind} by {sort}", asked)
        asked = f"{kind}(first: 50) {{ nodes {{ {NAMED} heard {{ plays }} copies {{ id }} }} }}"
        yield _graphql(f"{kind} with what is owned", asked)
    for step in ("DAY", "MONTH", "YEAR"):
        field = f"listeningOverTime(granularity: {step}) {{ start plays }}"
        yield _of("Artist", 42, f"listeningOverTime {step}", field, grows=True)
    similar = "{ name score artist { id heard { plays } } }"
    yield _of("Artist", 42, "similarArtists", f"similarArtists {similar}")
    yield _of("Artist", 42, "heard ones like", f"similarArtists(heardOnly: true) {similar}")
    field = "rank heard { plays } firstPlayedAt lastPlayedAt copies { id }"
    yield _of("Artist", 42, "in short", field)
    field = "topAlbums { plays album { name } } topTracks { plays track { name } }"
    yield _of("Artist", 1, "best", field)
    plays = "plays(first: 50) { nodes { playedAt track { name } } totalCount }"
    yield _of("Artist", 1, "plays", plays)
    yield _of("Album", 1, "plays", plays)
    yield _of("Track", 1, "plays", "plays(first: 50) { nodes { playedAt } totalCount }")
    albums = "albums(first: 20) { nodes { name tracks(first: 10) { nodes { name } } } }"
    yield _of("Artist", 1, "albums and tracks", albums)


def _of(kind: str, number: int, name: str, field: str, *, grows: bool = False) -> Question:
    asked = f'{kind.lower()}(id: "{global_id(kind, number)}") {{ {field} }}'
    return _graphql(f"{kind.lower()} {name}", asked, grows=grows)


def _collecting() -> Iterator[Question]:
    def asked(name: str, *fields: str) -> Question:
        return _graphql(name, *fields, domain="collecting")

    release = "release { id title artists year }"
    match = f"nodes {{ item {{ id {release} }} match {{ albumName plays }} }} totalCount"
    yield asked("playedNotOwned", "playedNotOwned(first: 50) { nodes { plays album { name } } }")
    yield asked("playedNotOwned, totalCount", "playedNotOwned { totalCount }")
    yield asked("ownedNeverPlayed", f"ownedNeverPlayed(first: 50) {{ {match} }}")
    want = f"nodes {{ plays want {{ {release} }} album {{ name }} }} totalCount"
    yield asked("wantedAndPlayed", f"wantedAndPlayed(first: 50) {{ {want} }}")
    yield asked("valueHistory", "valueHistory { month median copies }")
    for name, given in FILTERS.items():
        items = f"items(first: 50, filter: {given}) {{ nodes {{ id {release} }} totalCount }}"
        yield asked(f"items, {name}", items)
    copy = f"nodes {{ id {release} listening {{ plays }} notes {{ name value }} }}"
    yield asked("items with all", f"items(first: 50) {{ {copy} }}")
    yield asked("crossReference", f"crossReference(first: 100) {{ {match} }}")
    yield asked("crossReferenceSummary", "crossReferenceSummary { items totalMatches }")
    yield asked("stats", f"stats {{ {STATS} }}")
    yield asked("stats of 200 days", f"stats({_since(200)}) {{ {STATS} }}")
    yield asked("counts", "counts(kind: LABEL) { name copies }")
    yield asked("decades", "decades { name copies }")
    yield asked("folders", "folders { name }")
    film = "nodes { id movie { id title genres watches { watchedAt } } } totalCount"
    yield asked("films", f"films(first: 50) {{ {film} }}")
    for name, given in FILM_FILTERS.items():
        yield asked(f"films, {name}", f"films(first: 50, filter: {given}) {{ {film} }}")
    yield asked("filmStats", "filmStats { totalItems genres { name copies } }")
    yield asked("filmsWatched", "filmsWatched { totalOwned totalWatched }")


def _since(days: int) -> str:
    window = _shelved(days)
    return f'since: "{window["from"]}", until: "{window["to"]}"'


STATS = "totalItems uniqueArtists topGenre formats { name copies }"
FILTERS = {
    "none": "{}",
    "genres": '{genres: ["rock", "jazz"]}',
    "artists": '{artists: ["Artist 8 of the North", "Nobody 3"]}',
    "decades and genre": '{decades: ["1960s", "1990s"], genres: ["electronic"]}',
    "words": '{text: "north", minRating: 0, firstYear: 1962}',
}
FILM_FILTERS = {
    "watched": "{watched: true}",
    "genres, unwatched": '{genres: ["Drama"], watched: false}',
    "words": '{text: "film 77"}',
}
