"""Which plays of a batch are new, and which are stored already, to the instant or to the minute."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Heard:
    """A play of a batch, with its names found in the library."""

    track_id: int
    artist_id: int
    album_id: int | None
    played_at: datetime
    exact: bool
    hidden: bool
    ordinal: int = 0


@dataclass(slots=True, kw_only=True)
class Kept:
    """A play that is stored."""

    id: int
    track_id: int
    album_id: int | None
    played_at: datetime
    ordinal: int
    exact: bool


@dataclass(slots=True)
class Plan:
    """What to do: plays to add, and plays that say more about a stored one, with that one's row."""

    new: list[Heard] = field(default_factory=list)
    changed: list[tuple[Heard, Kept]] = field(default_factory=list)


def minute_of(at: datetime) -> datetime:
    """The start of an instant's minute."""
    return at.replace(second=0, microsecond=0)


def reconcile(heard: Iterable[Heard], kept: Iterable[Kept]) -> Plan:
    """Pair every play heard with one that is kept, as far as there are any; the rest is new.

    `kept` holds every stored play of the tracks and minutes in `heard`. An exact play first meets
    a kept one of its instant, then takes over one that is known to the minute only. A play known
    to the minute meets any of that minute, each kept play once.
    """
    plan = Plan()
    minutes: defaultdict[tuple[int, datetime], _Minute] = defaultdict(_Minute)
    for play in kept:
        minutes[play.track_id, minute_of(play.played_at)].keep(play)
    loose = []
    for play in heard:
        if play.exact:
            minutes[play.track_id, minute_of(play.played_at)].settle(play, plan)
        else:
            loose.append(play)
    for play in loose:
        minutes[play.track_id, minute_of(play.played_at)].settle_loosely(play, plan)
    return plan
