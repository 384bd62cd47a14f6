"""The invented person's films: what she owns on discs and as files, and what she watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from rewind_gql.demo.films import FILMS, MOVIE, Film

OWNED, WATCHED = 60, 150
COLLECTING, WATCHING = timedelta(days=5 * 365), timedelta(days=3 * 365)
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
TWICE = 3  # films she owns on two kinds of medium
FIRST_PLAY = 10_912_000_000
SCREENED = {"uhd_4k": ("hdr10", "dolby_vision", "hdr10_plus"), "hd_1080p": (None,)}
SOUNDS = ("dolby_atmos", "dts_hd_ma", "dolby_truehd", "lpcm", "dts_ma")
ACTIONS = ("scrobble", "checkin", "watch")


@dataclass(frozen=True, slots=True)
class Owned:
    """A film on a medium, in Trakt's words; None where she did not say."""

    film: Film
    media_type: str | None
    resolution: str | None
    hdr: str | None
    audio: str | None
    audio_channels: str | None
    collected_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One time she watched a film; `UNDATED` where she does not know when."""

    play_id: int
    film: Film
    watched_at: datetime
    action: str


@dataclass(frozen=True, slots=True)
class Cinema:
    """What she owns and what she watched, each oldest first."""

    owned: tuple[Owned, ...]
    seen: tuple[Seen, ...]


def cinema(
    until: datetime,
    *,
    seed: int = 7,
    owned: int = OWNED,
    watched: int = WATCHED,
    films: Sequence[Film] = FILMS,
) -> Cinema:
    """Her films up to `until` (aware): equal for equal arguments, in every process.

    A few stand there on two kinds of medium; some were watched often, most once, some never; one
    was watched at a time she does not remember.
    """
    rng = Random(seed)  # noqa: S311  # an invented life needs repeatable numbers, not secret ones
    until = until.astimezone(UTC).replace(microsecond=0)
    movies = [film for film in films if film.kind == MOVIE]
    chosen = rng.sample(movies, min(len(movies), owned - TWICE))
    shelf = [_owned(rng, film, at) for film, at in _dated(rng, chosen, until, COLLECTING)]
    again = _dated(rng, chosen[:TWICE], until, COLLECTING / 2)
    shelf += [_another(rng, film, at, shelf) for film, at in again]
    liked = rng.choices(movies, weights=[1 / (1 + at) for at in range(len(movies))], k=watched)
    nights = _dated(rng, liked, until, WATCHING)
    seen = [
        Seen(FIRST_PLAY + 37 * at, film, when, rng.choice(ACTIONS))
        for at, (film, when) in enumerate(nights)
    ]
    seen.append(Seen(9_001, movies[-1], UNDATED, "watch"))
    return Cinema(
        owned=tuple(sorted(shelf, key=lambda each: (each.collected_at, each.film.tmdb_id))),
        seen=tuple(sorted(seen, key=lambda each: (each.watched_at, each.play_id))),
    )


def _owned(rng: Random, film: Film, at: datetime) -> Owned:
    """A film on whatever she found it on; some without a word of what that is."""
    kind = rng.choice(("bluray", "bluray", "bluray", "dvd", "digital", "hddvd", "vhs", None))
    if kind == "dvd":
        return Owned(film, kind, "sd_480p", None, "dolby_digital", "5.1", at)
    if kind in ("vhs", None):
        return Owned(film, kind, None, None, None, None, at)
    resolution = rng.choice(("uhd_4k", "hd_1080p", "hd_1080p"))
    hdr = rng.choice(SCREENED[resolution])
    return Owned(film, kind, resolution, hdr, rng.choice(SOUNDS), rng.choice(("5.1", "7.1")), at)


def _another(rng: Random, film: Film, at: datetime, shelf: Sequence[Owned]) -> Owned:
    """The same film on another kind of medium."""
    first = next(each for each in shelf if each.film is film)
    if first.media_type == "dvd":
        return Owned(film, "bluray", "hd_1080p", None, "dts_hd_ma", "5.1", at)
    return Owned(film, "dvd", "sd_480p", None, "dolby_digital", "2.0", at)


def _dated(
    rng: Random, films: Sequence[Film], until: datetime, span: timedelta
) -> list[tuple[Film, datetime]]:
    """Each of these with an instant of the time before `until`, in order."""
    room = int(span.total_seconds())
    instants = sorted(until - timedelta(seconds=rng.randrange(1, room)) for _ in films)
    return list(zip(films, instants, strict=True))
