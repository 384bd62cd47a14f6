"""What the pretend Trakt knows of its one account, changeable while it is being served."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rewind_gql import clock
from rewind_gql.demo.cinema import Cinema, Owned, Seen
from rewind_gql.demo.films import FILMS, MOVIE, Film

TRAKT_FROM = 700_000
"""A film's number at Trakt is its number at TMDB less this."""


class Account:
    """One person's collection and history. Every method may be called from any thread.

    `unlinked` are films of which Trakt knows no number at TMDB.
    """

    def __init__(self, cinema: Cinema, *, unlinked: Iterable[int] = ()) -> None:
        self._lock = threading.Lock()
        self._owned = {_key(each): each for each in cinema.owned}
        self._seen = {each.play_id: each for each in cinema.seen}
        self._films = {film.tmdb_id: film for film in FILMS if film.kind == MOVIE}
        self._films |= {each.film.tmdb_id: each.film for each in cinema.owned}
        self.unlinked = {*unlinked}
        self.collected_at = max((each.collected_at for each in cinema.owned), default=clock.EPOCH)
        self.watched_at = max((each.watched_at for each in cinema.seen), default=clock.EPOCH)

    def film(self, *, tmdb: int | None = None, trakt: int | None = None) -> Film | None:
        """A film by one of its numbers."""
        number = tmdb if tmdb is not None and tmdb not in self.unlinked else None
        if number is None and trakt is not None:
            number = trakt + TRAKT_FROM
        return self._films.get(number or 0)

    def owned(self) -> list[Owned]:
        """The collection, newest first."""
        with self._lock:
            known = list(self._owned.values())
        return sorted(known, key=lambda each: (each.collected_at, _key(each)), reverse=True)

    def seen(self) -> list[Seen]:
        """The history, newest first."""
        with self._lock:
            known = list(self._seen.values())
        return sorted(known, key=lambda each: (each.watched_at, each.play_id), reverse=True)

    def own(self, one: Owned) -> str:
        """Add a film, or change what it is owned on: `added`, `updated` or `existing`."""
        with self._lock:
            old = self._owned.get(_key(one))
            if old is not None:
                one = replace(one, collected_at=old.collected_at)
            self._owned[_key(one)] = one
            self.collected_at = clock.now()
        return "added" if old is None else "existing" if old == one else "updated"

    def disown(self, tmdb_id: int) -> bool:
        """Remove a film whatever it is owned on; false when it was not there."""
        with self._lock:
            gone = [key for key in self._owned if key[0] == tmdb_id]
            for key in gone:
                del self._owned[key]
            self.collected_at = clock.now()
        return bool(gone)

    def clear(self) -> None:
        """Own nothing any more."""
        with self._lock:
            self._owned = {}

    def watch(self, one: Seen) -> None:
        """Watch a film, whenever that was, or change what was noted of it."""
        with self._lock:
            self._seen[one.play_id] = one
            self.watched_at = clock.now()

    def unwatch(self, play_id: int, *, told: bool = True) -> None:
        """Remove a play. Raises `KeyError` when it is not there. Untold, no activity shows it."""
        with self._lock:
            del self._seen[play_id]
            if told:
                self.watched_at = clock.now()


def _key(one: Owned) -> tuple[int, str, str]:
    return one.film.tmdb_id, one.media_type or "", one.resolution or ""


def iso(at: datetime) -> str:
    """An instant as Trakt writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
