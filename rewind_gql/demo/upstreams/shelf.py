"""What the pretend Discogs knows of its one collector, changeable while it is being served."""

import threading
from dataclasses import replace

from rewind_gql import clock
from rewind_gql.demo.records import Copy, Life, Person, Sleeve, Want
from rewind_gql.demo.shelf import PACIFIC


class Shelf:
    """The copies and wants of one life. Every method may be called from any thread."""

    def __init__(self, life: Life) -> None:
        self._lock = threading.Lock()
        self._person = life.person
        self._copies = {copy.instance_id: copy for copy in life.copies}
        self._wants = {want.sleeve.release_id: want for want in life.wants}
        self._hidden = False
        # A release stays known to Discogs when nobody on this shelf owns or wants it any more.
        sleeves = [copy.sleeve for copy in life.copies] + [want.sleeve for want in life.wants]
        self._sleeves = {sleeve.release_id: sleeve for sleeve in sleeves}

    @property
    def person(self) -> Person:
        """Whose shelf this is."""
        return self._person

    @property
    def is_private(self) -> bool:
        """Whether only its owner may see the collection and the wants."""
        return self._hidden

    def private(self, hidden: bool) -> None:
        """Hide or show the shelf to all but its owner."""
        self._hidden = hidden

    def add(self, copy: Copy) -> None:
        """Put a copy on the shelf, or another state of a copy that is there already."""
        with self._lock:
            self._copies[copy.instance_id] = copy
            self._sleeves[copy.sleeve.release_id] = copy.sleeve

    def buy(self, sleeve: Sleeve, folder_id: int) -> Copy:
        """Put a new copy of a release on the shelf."""
        with self._lock:
            number = max(self._copies, default=0) + 1
            now = clock.now().replace(microsecond=0).astimezone(PACIFIC)
            copy = Copy(number, sleeve, folder_id, rating=0, added_at=now, notes=())
            self._copies[number] = copy
        return copy

    def remove(self, instance_id: int) -> None:
        """Take a copy off the shelf. Raises `KeyError` when it is not there."""
        with self._lock:
            del self._copies[instance_id]

    def rate(self, instance_id: int, rating: int) -> None:
        """Rate a copy, 1 to 5, or 0 for no rating. Raises `KeyError` when it is not there."""
        with self._lock:
            self._copies[instance_id] = replace(self._copies[instance_id], rating=rating)

    def want(self, want: Want) -> None:
        """Want a release, or change what was noted with that want."""
        with self._lock:
            self._wants[want.sleeve.release_id] = want
            self._sleeves[want.sleeve.release_id] = want.sleeve

    def unwant(self, release_id: int) -> None:
        """Want a release no more. Raises `KeyError` when it was not wanted."""
        with self._lock:
            del self._wants[release_id]

    def copies(self, folder_id: int = 0) -> list[Copy]:
        """The copies of a folder, in no order; folder 0 is all of them."""
        with self._lock:
            known = list(self._copies.values())
        return [copy for copy in known if folder_id in (0, copy.folder_id)]

    def wants(self) -> list[Want]:
        """The wants, newest first."""
        with self._lock:
            known = list(self._wants.values())
        return sorted(known, key=lambda want: (want.added_at, want.sleeve.release_id), reverse=True)

    def sleeves(self) -> list[Sleeve]:
        """Every release that is or was on this shelf."""
        with self._lock:
            return list(self._sleeves.values())

    def sleeve(self, release_id: int) -> Sleeve | None:
        """A release that is or was on this shelf."""
        with self._lock:
            return self._sleeves.get(release_id)
