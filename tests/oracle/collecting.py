"""What collecting should answer, computed in plain Python over what was given, apart from it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

MEDIA = ("vinyl", "cd", "cassette")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A release as it was last told."""

    title: str
    artists: tuple[str, ...]
    year: int | None
    formats: tuple[str, ...]
    genres: tuple[str, ...]
    price: float | None = None
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class Owned:
    """A copy by its row's number, with its record as it was last told."""

    id: int
    record: Record
    rating: int
    folder: str | None
    added_at: datetime
    offset_min: int

    @property
    def day(self) -> date:
        """The day on the clock it was added by."""
        return (self.added_at + timedelta(minutes=self.offset_min)).date()


@dataclass(frozen=True, kw_only=True)
class Film:
    """An owned film by its row's number."""

    id: int
    movie: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    media_type: str
    resolution: str | None
    hdr: str | None
    collected_at: datetime


def fold(words: str) -> str:
    """Without case, accents and runs of spaces."""
    apart = unicodedata.normalize("NFKD", words)
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).casefold().split())


def printed(name: str) -> str:
    """A name as a sleeve has it, without the number that tells namesakes apart."""
    return re.sub(r" \(\d+\)$", "", name)


def shelf(
    owned: Iterable[Owned],
    *,
    sort: str = "date_added",
    order: str = "desc",
    format: str | None = None,  # noqa: A002  # the parameter's name
    genre: str | None = None,
    artist: str | None = None,
    q: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[int]:
    """The numbers of the copies a list shows, in its order."""

    def fits(copy: Owned) -> bool:
        record = copy.record
        names = [fold(name) for name in record.artists]
        return (
            (format is None or first_format(copy) == format)
            and (genre is None or fold(genre) in map(fold, record.genres))
            and (artist is None or any(fold(artist) in name for name in names))
            and (q is None or any(fold(q) in words for words in [fold(record.title), *names]))
            and (since is None or copy.added_at >= since)
            and (until is None or copy.added_at < until)
        )

    keys: Mapping[str, Callable[[Owned], Any]] = {
        "date_added": lambda copy: copy.added_at,
        "title": lambda copy: fold(copy.record.title),
        "artist": lambda copy: (
            fold(printed(copy.record.artists[0])) if copy.record.artists else "",
            fold(copy.record.title),
        ),
        "year": lambda copy: copy.record.year or 0,
        "rating": lambda copy: copy.rating,
    }
    kept = [copy for copy in owned if fits(copy)]
    kept.sort(key=lambda copy: (keys[sort](copy), copy.id), reverse=order == "desc")
    return [copy.id for copy in kept]


def first_format(copy: Owned) -> str:
    """The main format of a copy."""
    return copy.record.formats[0] if copy.record.formats else "Unknown"


def ranked(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names by how many there are of each, ties by name."""
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def by_format(owned: Iterable[Owned]) -> list[tuple[str, int]]:
    """Copies by main format."""
    return ranked(Counter(map(first_format, owned)))


def by_genre(owned: Iterable[Owned]) -> list[tuple[str, int]]:
    """Copies under each of their genres."""
    return ranked(Counter(name for copy in owned for name in {*copy.record.genres}))


def by_artist(owned: Iterable[Owned]) -> list[tuple[str, int]]:
    """Copies under each of their artists."""
    return ranked(Counter(name for copy in owned for name in {*copy.record.artists}))


def by_decade(owned: Iterable[Owned]) -> list[tuple[str, int]]:
    """Copies whose year is known, by decade, oldest first."""
    years = (copy.record.year for copy in owned)
    return sorted(Counter(f"{year - year % 10}s" for year in years if year).items())


def worth(owned: Iterable[Owned]) -> tuple[float | None, str | None]:
    """The sum of the prices in the currency most copies are priced in."""
    cents: dict[str, list[int]] = {}
    for copy in owned:
        if copy.record.price and copy.record.currency:
            cents.setdefault(copy.record.currency, []).append(round(copy.record.price * 100))
    if not cents:
        return None, None
    currency = min(cents, key=lambda code: (-len(cents[code]), code))
    return sum(cents[currency]) / 100, currency


def stats(
    owned: Sequence[Owned],
    wants: int,
    today: date,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """The numbers of the whole shelf, or of what was added in a window."""
    windowed = since is not None or until is not None
    inside = [
        copy
        for copy in owned
        if (since is None or copy.added_at >= since) and (until is None or copy.added_at < until)
    ]
    years = [copy.record.year for copy in inside if copy.record.year]
    artists, genres = by_artist(inside), by_genre(inside)
    media = Counter(
        name if name in MEDIA else "other" for name in (first_format(c).lower() for c in inside)
    )
    amount, currency = worth(inside)
    return {
        "total_items": len(inside),
        "by_format": {name: media[name] for name in (*MEDIA, "other")},
        "wantlist_count": 0 if windowed else wants,
        "unique_artists": len(artists),
        "estimated_value": amount,
        "currency": currency,
        "top_genre": genres[0][0] if genres else None,
        "oldest_release_year": min(years, default=None),
        "newest_release_year": max(years, default=None),
        "most_collected_artist": (
            {"name": artists[0][0], "count": artists[0][1]} if artists else None
        ),
        "added_this_year": sum(copy.day.year == today.year for copy in inside),
    }


def calendar(owned: Iterable[Owned], films: Iterable[Film], year: int) -> dict[str, Any]:
    """What was added on each day of a year: records by their clocks, films by UTC."""
    days = Counter([copy.day for copy in owned] + [film.collected_at.date() for film in films])
    listed = [
        {"date": day.isoformat(), "count": days[day]} for day in sorted(days) if day.year == year
    ]
    most = max((day["count"] for day in listed), default=0)
    busiest = next((day for day in listed if day["count"] == most), {"date": "", "count": 0})
    total = sum(day["count"] for day in listed)
    return {"year": year, "days": listed, "total": total, "max_day": busiest}


def film_list(
    films: Iterable[Film],
    *,
    sort: str = "collected_at",
    order: str = "desc",
    format: str | None = None,  # noqa: A002  # the parameter's name
    genre: str | None = None,
    q: str | None = None,
) -> list[int]:
    """The numbers of the owned films a list shows, in its order."""
    keys: Mapping[str, Callable[[Film], Any]] = {
        "collected_at": lambda film: film.collected_at,
        "title": lambda film: fold(film.title),
        "year": lambda film: film.year or 0,
    }
    kept = [
        film
        for film in films
        if (format is None or film.media_type == format)
        and (genre is None or any(genre.lower() in name.lower() for name in film.genres))
        and (q is None or fold(q) in fold(film.title))
    ]
    kept.sort(key=lambda film: (keys[sort](film), film.id), reverse=order == "desc")
    return [film.id for film in kept]


def film_stats(films: Sequence[Film], today: date) -> dict[str, Any]:
    """Owned films in numbers."""
    return {
        "total_items": len(films),
        "by_format": dict(Counter(film.media_type for film in films)),
        "by_resolution": dict(Counter(film.resolution for film in films if film.resolution)),
        "by_hdr": dict(Counter(film.hdr for film in films if film.hdr)),
        "by_genre": dict(Counter(name for film in films for name in film.genres)),
        "by_decade": dict(Counter(f"{f.year - f.year % 10}s" for f in films if f.year)),
        "added_this_year": sum(film.collected_at.year == today.year for film in films),
        "total_movies": len({film.movie for film in films}),
    }


def watched(films: Sequence[Film], watches: Mapping[int, Sequence[datetime]]) -> dict[str, Any]:
    """What of the owned films was watched, by the watches of each film's number."""
    movies = {film.movie for film in films}
    seen = {movie for movie in movies if watches.get(movie)}
    return {
        "total_owned": len(films),
        "total_watched": len(seen),
        "total_unwatched": len(movies) - len(seen),
        "watch_rate": len(seen) / len(movies) if movies else 0,
        "total_movies": len(movies),
    }
