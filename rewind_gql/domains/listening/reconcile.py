"""Which plays of a batch are new, and which are stored already, to the instant or to the minute."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from rewind_gql.domains.base import Touched

MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Heard:
    """A play of a batch, with its names found in the library."""

    track_id: int
    artist_id: int
    album_id: int | None
    album_artist_id: int | None
    played_at: datetime
    exact: bool
    hidden: bool
    ordinal: int = 0


@dataclass(slots=True)
class Kept:
    """A play that is stored."""

    id: int
    track_id: int
    album_id: int | None
    played_at: datetime
    ordinal: int
    exact: bool
    hidden: bool


@dataclass(slots=True)
class Plan:
    """What to do: plays to add, and stored ones as they shall be, by id."""

    new: list[Heard] = field(default_factory=list)
    changed: dict[int, Kept] = field(default_factory=dict)
    touched: Touched = field(default_factory=Touched)
    albums: list[Heard] = field(default_factory=list)

    def add(self, play: Heard) -> None:
        """Store `play` as a new one."""
        self.new.append(play)
        self._touch(play, play.played_at.date())

    def take_over(self, row: Kept, play: Heard, ordinal: int) -> None:
        """Let `row`, whose minute alone was known, be `play`."""
        self._touch(play, row.played_at.date())
        self._touch(play, play.played_at.date())
        row.played_at, row.ordinal, row.exact = play.played_at, ordinal, True
        self.changed[row.id] = row
        self.complete(row, play)

    def complete(self, row: Kept, play: Heard) -> None:
        """Give `row` the album of `play` where it has none."""
        if row.album_id is None and play.album_id is not None:
            row.album_id, row.hidden = play.album_id, play.hidden
            self.changed[row.id] = row
            self._touch(play, row.played_at.date())

    def _touch(self, play: Heard, day: date) -> None:
        self.touched.days.add(day)
        self.touched.artists.add(play.artist_id)
        if play.album_artist_id is not None:
            self.touched.artists.add(play.album_artist_id)
            self.albums.append(play)


def minute_of(at: datetime) -> datetime:
    """The start of an instant's minute."""
    return at.replace(second=0, microsecond=0)


def reconcile(heard: Sequence[Heard], kept: Iterable[Kept]) -> Plan:
    """Pair every play heard with one that is kept, as far as there are any; the rest is new.

    `kept` holds every stored play of the tracks and minutes in `heard`. An exact play first meets
    a kept one of its instant, then takes over one that is known to the minute only. A play known
    to the minute meets any of that minute, each kept play once.
    """
    plan = Plan()
    minutes: defaultdict[tuple[int, datetime], _Minute] = defaultdict(_Minute)
    for row in sorted(kept, key=lambda row: (row.played_at, row.ordinal)):
        minutes[row.track_id, minute_of(row.played_at)].keep(row)
    for play in heard:
        if play.exact:
            minutes[play.track_id, minute_of(play.played_at)].settle(play, plan)
    for play in heard:
        if not play.exact:
            minutes[play.track_id, play.played_at].settle_loosely(play, plan)
    return plan


class _Minute:
    """The plays of one track in one minute."""

    __slots__ = ("_exact", "_loose", "_slots", "_unmet")

    def __init__(self) -> None:
        self._exact: defaultdict[datetime, list[Kept]] = defaultdict(list)
        self._loose: list[Kept] = []
        self._slots: set[tuple[datetime, int]] = set()
        # What a play known to the minute can be: a stored row, or None for one just added.
        self._unmet: list[Kept | None] = []

    def keep(self, row: Kept) -> None:
        """Note a stored play."""
        self._slots.add((row.played_at, row.ordinal))
        self._unmet.append(row)
        if row.exact:
            self._exact[row.played_at].append(row)
        else:
            self._loose.append(row)

    def settle(self, play: Heard, plan: Plan) -> None:
        """Find what an exact play is."""
        if self._exact and (rows := self._exact[play.played_at]):
            plan.complete(rows.pop(0), play)
        elif self._loose:
            row = self._loose.pop(0)
            stays = row.played_at == play.played_at
            plan.take_over(row, play, row.ordinal if stays else self._slot(play.played_at))
        else:
            self._new(play, plan)

    def settle_loosely(self, play: Heard, plan: Plan) -> None:
        """Find what a play known to the minute is."""
        if not self._unmet:
            self._new(play, plan)
            self._unmet.clear()
        elif row := self._unmet.pop(0):
            plan.complete(row, play)

    def _new(self, play: Heard, plan: Plan) -> None:
        play.ordinal = self._slot(play.played_at)
        self._unmet.append(None)
        plan.add(play)

    def _slot(self, at: datetime) -> int:
        """The lowest ordinal free at an instant, taken."""
        ordinal = 0
        while (at, ordinal) in self._slots:
            ordinal += 1
        self._slots.add((at, ordinal))
        return ordinal
