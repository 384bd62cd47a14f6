"""Which plays of a batch are new, and which are stored already, however exactly both are known."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Generic, TypeVar

from rewind_gql.domains.base import Touched

MINUTE = timedelta(minutes=1)
LOOSEST = timedelta(days=1)
"""No play is known less exactly than to the day."""

NEAR = timedelta(minutes=2)
"""How far two providers may differ about when one play began: one counts from the end and knows
of no pauses, another has a slow clock. Nobody starts one track twice within it and is heard doing
so by one of them only."""


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
    spread_s: int | None = None
    told_album_id: int | None = None


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
    spread_s: int | None = None
    source: str = ""
    told_album_id: int | None = None


P = TypeVar("P", bound=Heard | Kept)


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
        """Let `row`, of which less was known, have begun when `play` did."""
        self._touch(play, row.played_at.date())
        self._touch(play, play.played_at.date())
        row.played_at, row.ordinal = play.played_at, ordinal
        row.exact, row.spread_s = play.exact, play.spread_s
        self.changed[row.id] = row
        self.complete(row, play)

    def complete(self, row: Kept, play: Heard) -> None:
        """Give `row` the album of `play` where it has none."""
        if row.album_id is None and play.album_id is not None:
            row.album_id, row.hidden = play.album_id, play.hidden
            row.told_album_id = play.told_album_id
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


def end_of(play: Heard | Kept) -> datetime:
    """The instant before which a play began whose own instant is not known."""
    spread_s = play.spread_s
    return play.played_at + (MINUTE if spread_s is None else timedelta(seconds=spread_s))


def reconcile(heard: Sequence[Heard], kept: Iterable[Kept], *, source: str = "") -> Plan:
    """Pair every play heard with one that is kept, as far as there are any; the rest is new.

    `kept` holds every stored play of the tracks in `heard` that may have begun within `NEAR` of
    one of them. A play known to the second first meets a kept one of its instant, then one of
    another source than `source` that began about then, then takes over one that is known less
    exactly. A play known less exactly meets any that it may be, each kept play once.
    """
    plan = Plan()
    tracks: defaultdict[int, _Track] = defaultdict(_Track)
    for row in sorted(kept, key=lambda row: (row.played_at, row.ordinal)):
        tracks[row.track_id].kept.append(row)
    place: dict[int, int] = {}
    for number, play in enumerate(heard):
        place[id(play)] = number
        tracks[play.track_id].heard.append(play)
    for track in tracks.values():
        track.settle(plan, source)
    plan.new.sort(key=lambda play: place[id(play)])
    return plan


class _Track:
    """The plays of one track: those heard now, and those kept about then."""

    __slots__ = ("_slots", "heard", "kept")

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.kept: list[Kept] = []
        self._slots: set[tuple[datetime, int]] = set()

    def settle(self, plan: Plan, source: str) -> None:
        """Find what each play is."""
        self._slots = {(row.played_at, row.ordinal) for row in self.kept}
        exact = [play for play in self.heard if play.exact]
        loose = [play for play in self.heard if not play.exact]
        if exact and self.kept:
            exact, rows = self._same(exact, plan)
            exact = _near(exact, [row for row in rows if row.source != source], plan)
            exact = self._take_over(exact, plan)
        for play in exact:
            self._new(play, plan)
        if loose:
            self._meet(loose, exact, plan)

    def _same(self, plays: list[Heard], plan: Plan) -> tuple[list[Heard], list[Kept]]:
        """The plays without a kept one of their instant, and the exact ones kept for no play."""
        rows: defaultdict[datetime, list[Kept]] = defaultdict(list)
        for row in reversed(self.kept):
            if row.exact:
                rows[row.played_at].append(row)
        left = []
        for play in plays:
            if same := rows.get(play.played_at):
                plan.complete(same.pop(), play)
            else:
                left.append(play)
        rest = [row for same in rows.values() for row in same]
        return left, rest

    def _take_over(self, plays: list[Heard], plan: Plan) -> list[Heard]:
        """Those that no kept play known less exactly can be; of several the one ending first."""
        waiting = [row for row in reversed(self.kept) if not row.exact]
        left: list[Heard] = []
        open_: _Soonest[Kept] = _Soonest()
        for play in sorted(plays, key=_began) if waiting else plays:
            while waiting and waiting[-1].played_at <= play.played_at:
                row = waiting.pop()
                open_.add(end_of(row), row)
            if (found := open_.take(after=play.played_at)) is not None:
                self._move(found, play, plan)
            else:
                left.append(play)
        return left

    def _meet(self, plays: list[Heard], exact: list[Heard], plan: Plan) -> None:
        """Find what each play is that is not known to the second; `exact` are those just added."""
        points: list[Heard | Kept] = [*exact, *(row for row in self.kept if row.exact)]
        waiting = [row for row in sorted(self.kept, key=_began, reverse=True) if not row.exact]
        open_: _Soonest[Kept] = _Soonest()
        for play in sorted(_met_by_none(_once(plays), points, plan), key=_began):
            until = end_of(play)
            while waiting and waiting[-1].played_at < until:
                row = waiting.pop()
                open_.add(end_of(row), row)
            self._met(play, open_.take(after=play.played_at, before=until), plan)

    def _met(self, play: Heard, row: Kept | None, plan: Plan) -> None:
        """A play is `row`, or new; whichever of the two is known better stands."""
        if row is None:
            self._new(play, plan)
        elif end_of(play) - play.played_at < end_of(row) - row.played_at:
            self._move(row, play, plan)
        else:
            plan.complete(row, play)

    def _move(self, row: Kept, play: Heard, plan: Plan) -> None:
        stays = row.played_at == play.played_at
        plan.take_over(row, play, row.ordinal if stays else self._slot(play.played_at))

    def _new(self, play: Heard, plan: Plan) -> None:
        play.ordinal = self._slot(play.played_at)
        plan.add(play)

    def _slot(self, at: datetime) -> int:
        """The lowest ordinal free at an instant, taken."""
        ordinal = 0
        while (at, ordinal) in self._slots:
            ordinal += 1
        self._slots.add((at, ordinal))
        return ordinal


class _Soonest(Generic[P]):
    """Plays that something may be, of which the one that must have begun soonest is taken."""

    __slots__ = ("_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, P]] = []
        self._count = 0

    def add(self, end: datetime, play: P) -> None:
        """One more, which began before `end`."""
        self._count += 1
        heappush(self._heap, (end, self._count, play))

    def take(self, *, after: datetime, before: datetime | None = None) -> P | None:
        """One that may have begun after `after`, and before `before`; None when there is none.

        `after` never falls from one call to the next.
        """
        passed = []
        found = None
        while self._heap and found is None:
            entry = heappop(self._heap)
            if entry[0] <= after:
                continue
            if before is not None and entry[2].played_at >= before:
                passed.append(entry)
                continue
            found = entry[2]
        for entry in passed:
            heappush(self._heap, entry)
        return found


def _once(plays: list[Heard]) -> list[Heard]:
    """The plays without repeats: a stretch of time named twice says no more than once."""
    stretches: set[tuple[datetime, datetime]] = set()
    found = []
    for play in plays:
        stretch = play.played_at, end_of(play)
        if play.spread_s is None or stretch not in stretches:
            found.append(play)
        stretches.add(stretch)
    return found


def _met_by_none(plays: list[Heard], points: Sequence[Heard | Kept], plan: Plan) -> list[Heard]:
    """Those in whose stretches none of the points lies that is left to them."""
    waiting = sorted(plays, key=_began, reverse=True)
    open_: _Soonest[Heard] = _Soonest()
    met: set[int] = set()
    for point in sorted(points, key=_began):
        while waiting and waiting[-1].played_at <= point.played_at:
            play = waiting.pop()
            open_.add(end_of(play), play)
        if (found := open_.take(after=point.played_at)) is not None:
            met.add(id(found))
            if isinstance(point, Kept):
                plan.complete(point, found)
    return [play for play in plays if id(play) not in met]


def _near(plays: list[Heard], rows: list[Kept], plan: Plan) -> list[Heard]:
    """The plays that none of these kept ones began about the time of."""
    if not rows:
        return plays
    waiting = sorted(rows, key=_began, reverse=True)
    left = []
    for play in sorted(plays, key=_began):
        while waiting and waiting[-1].played_at < play.played_at - NEAR:
            waiting.pop()
        if waiting and waiting[-1].played_at <= play.played_at + NEAR:
            plan.complete(waiting.pop(), play)
        else:
            left.append(play)
    return left


def _began(play: Heard | Kept) -> datetime:
    return play.played_at
