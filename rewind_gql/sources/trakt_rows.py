"""Rows of Trakt, from its API or from a file: films owned, films watched, how they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.base import Stored
from rewind_gql.domains.collecting.films import media
from rewind_gql.domains.collecting.records import Media
from rewind_gql.domains.watching import intake
from rewind_gql.domains.watching.records import Movie, Watch
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.names import name_of
from rewind_gql.store.engine import Writing
from rewind_gql.text import clean

UHD = "uhd_4k"
NOWHERE = 0
"""The film of a medium whose film is not stored yet."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A film and what it is owned on."""

    movie: Movie
    media: Media


async def owned(conn: Writing, user_id: int, batch: Sequence[Owned], *, source: str) -> Stored:
    """Store owned films: the films first, then what each is owned on, which alone is counted."""
    filed = await intake.file(conn, user_id, [each.movie for each in batch])
    placed = [
        replace(each.media, movie_id=movie_id)
        for each, movie_id in zip(batch, filed.ids, strict=True)
    ]
    stored = await media(conn, user_id, placed, source=source)
    stored.touched.add(filed.touched)
    return stored


def parse_owned(raw: dict[str, Any]) -> Owned:
    """An entry of the collection; what the film is owned on may be missing."""
    movie = parse_movie(raw["movie"])
    told = raw.get("metadata") or {}
    kind, resolution = _word(told.get("media_type")), _word(told.get("resolution"))
    owned_on = Media(
        movie_id=NOWHERE,
        trakt_id=movie.trakt_id,
        media_type=media_type(kind, resolution),
        raw_type=kind,
        resolution=resolution,
        hdr=_word(told.get("hdr")),
        audio=_word(told.get("audio")),
        audio_channels=_word(told.get("audio_channels")),
        collected_at=_instant(raw["collected_at"]),
    )
    return Owned(movie, owned_on)


def media_type(kind: str | None, resolution: str | None) -> str:
    """The kind of medium in our words; a disc Trakt has no word for is an `other` one."""
    kind = (kind or "bluray").casefold()
    if kind == "bluray" and (resolution or "").casefold() == UHD:
        return "uhd_bluray"
    return kind if kind in ("bluray", "uhd_bluray", "hddvd", "dvd", "digital") else "other"


def parse_movie(raw: dict[str, Any]) -> Movie:
    """A film with its numbers, of which only Trakt's own is always there."""
    ids = raw["ids"]
    return Movie(
        title=name_of(raw["title"], "film"),
        year=number(raw.get("year"), most=9999),
        trakt_id=_required(ids.get("trakt")),
        tmdb_id=number(ids.get("tmdb")),
        imdb_id=_word(ids.get("imdb")),
    )


def parse_watch(raw: dict[str, Any]) -> Watch:
    """One play of a film; the first instant of 1970 stands for an unknown one."""
    at = _instant(raw["watched_at"])
    return Watch(
        movie=parse_movie(raw["movie"]),
        source_id=str(_required(raw["id"])),
        watched_at=None if at == clock.EPOCH else at,
    )


def number(raw: Any, *, most: int = 2**53) -> int | None:
    """A number of a film; None where it is none."""
    return raw if isinstance(raw, int) and 0 < raw <= most else None


def _required(raw: Any) -> int:
    found = number(raw, most=2**63 - 1)
    if found is None:
        raise Unreadable(f"{raw!r} is no number of Trakt's")
    return found


def _word(raw: Any) -> str | None:
    return clean(raw) or None if isinstance(raw, str) else None


def _instant(raw: Any) -> datetime:
    at = datetime.fromisoformat(raw)
    if at.tzinfo is None:
        raise Unreadable(f"the date {raw} has no offset")
    return clock.utc(at)
