"""What the pretend Apple Music knows of its one listener: the list of what they played lately."""

import threading
from collections.abc import Iterable
from typing import Any

from rewind_gql.demo.catalogue import number
from rewind_gql.demo.records import Listen

USER_TOKEN = "0.demo.listener.token"  # noqa: S105  # invented
SHOWN = 50
"""No more than the last so many can be had."""
OWN_FILES = 13
"""One song in so many is the listener's own file, which the catalogue does not know."""


class Listener:
    """The songs played lately, newest first, changeable while they are served; no times are kept.

    Every method may be called from any thread.
    """

    def __init__(self, listens: Iterable[Listen] = ()) -> None:
        self._lock = threading.Lock()
        self._songs = [song(each) for each in sorted(listens, key=lambda each: each.at)[-SHOWN:]]
        self._songs.reverse()

    def play(self, *listens: Listen) -> None:
        """Put songs in front, the last one first."""
        with self._lock:
            for each in listens:
                self._songs.insert(0, song(each))

    def bump(self, place: int) -> None:
        """Move the song at a place to the top, as now and then happens to one."""
        with self._lock:
            self._songs.insert(0, self._songs.pop(place))

    def state(self) -> list[dict[str, Any]]:
        """The list as it is, to be put back later."""
        with self._lock:
            return list(self._songs)

    def put_back(self, state: list[dict[str, Any]]) -> None:
        """Show an older list again."""
        with self._lock:
            self._songs = list(state)

    def page(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Part of the list."""
        with self._lock:
            return self._songs[:SHOWN][offset : offset + limit]


def song(listen: Listen) -> dict[str, Any]:
    """A play as a row of the list."""
    key = number("apple", "song", listen.artist, listen.album, listen.track)
    own = key % OWN_FILES == 0
    identifier = f"i.{key:x}" if own else str(key)
    facts: dict[str, Any] = {
        "name": listen.track,
        "artistName": listen.artist,
        "albumName": listen.album,
        "durationInMillis": listen.duration_s * 1_000,
        "genreNames": ["Alternative", "Music"],
        "playParams": {"id": identifier, "kind": "song"},
    }
    if not own:
        facts["url"] = f"https://music.apple.com/us/song/{key}"
        facts["isrc"] = f"GBXXX{key % 10_000_000:07}"
    kind = "library-songs" if own else "songs"
    return {"id": identifier, "type": kind, "href": f"/v1/catalog/us/{kind}/{identifier}"} | {
        "attributes": facts
    }
