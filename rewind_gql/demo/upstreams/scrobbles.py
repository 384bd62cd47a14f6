"""What the pretend Last.fm knows of its one listener, changeable while it is being served."""

import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rewind_gql.clock import seconds
from rewind_gql.demo.records import Life, Listen, Person


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listening history, newest first, and how many plays the whole window holds."""

    listens: list[Listen]
    total: int


class Scrobbles:
    """The plays of one life by time. Every method may be called from any thread."""

    def __init__(self, life: Life) -> None:
        self._lock = threading.Lock()
        self._listens = sorted(life.listens, key=lambda listen: listen.at)
        self._times = [seconds(listen.at) for listen in self._listens]
        self._playing = life.listening_now
        self._private = False
        self._person = life.person

    @property
    def person(self) -> Person:
        """Whose plays these are."""
        return self._person

    @property
    def is_private(self) -> bool:
        """Whether the profile hides its recent listening."""
        return self._private

    @property
    def now(self) -> Listen | None:
        """What is playing now, which is no play yet."""
        return self._playing

    def add(self, listen: Listen) -> None:
        """Add a play, however old; among those of its second it is the newest."""
        at = seconds(listen.at)
        with self._lock:
            place = bisect_right(self._times, at)
            self._times.insert(place, at)
            self._listens.insert(place, listen)

    def remove(self, listen: Listen) -> None:
        """Take a play away, as its listener may. Raises `LookupError` when there is no such one."""
        at = seconds(listen.at)
        with self._lock:
            for place in range(bisect_left(self._times, at), bisect_right(self._times, at)):
                if self._listens[place] == listen:
                    del self._times[place], self._listens[place]
                    return
        raise LookupError(f"nothing of the kind was played at {listen.at}")

    def playing(self, listen: Listen | None) -> None:
        """Say what is playing now; None for silence."""
        self._playing = listen

    def private(self, hidden: bool) -> None:
        """Hide or show the recent listening."""
        self._private = hidden

    def page(self, since: int | None, until: int | None, number: int, limit: int) -> Page:
        """The plays of page `number` (from 1) of [`since`, `until`), unix seconds, newest first."""
        with self._lock:
            low = 0 if since is None else bisect_left(self._times, since)
            high = len(self._times) if until is None else bisect_left(self._times, until)
            end = max(low, high - (number - 1) * limit)
            listens = self._listens[max(low, end - limit) : end]
        return Page(listens[::-1], max(0, high - low))

    def since(self, since: int | None) -> list[Listen]:
        """The plays from `since` (unix seconds) on, oldest first; None for all of them."""
        with self._lock:
            return self._listens[0 if since is None else bisect_left(self._times, since) :]
