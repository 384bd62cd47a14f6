"""One invented person's digital life, the same for the same arguments."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from rewind_gql.clock import from_seconds
from rewind_gql.demo.catalogue import albums
from rewind_gql.demo.habits import Played, played
from rewind_gql.demo.records import (
    FIELDS,
    FOLDERS,
    Copy,
    Life,
    Listen,
    Person,
    Sleeve,
    SleeveArtist,
    SleeveFormat,
    SleeveLabel,
    Want,
)
from rewind_gql.demo.shelf import copies_and_wants
from rewind_gql.demo.taste import Taste

__all__ = [
    "FIELDS",
    "FOLDERS",
    "Copy",
    "Life",
    "Listen",
    "Person",
    "Sleeve",
    "SleeveArtist",
    "SleeveFormat",
    "SleeveLabel",
    "Want",
    "life",
]

JOINED = datetime(2009, 3, 14, 18, 22, 5, tzinfo=UTC)
BATCH = 12  # plays a bulk import once filed under one second


def life(until: datetime, *, seed: int = 7, plays: int = 20_000, years: int = 3) -> Life:
    """The life up to `until` (aware): `plays` plays over exactly `years` years, and the shelf.

    Shape: listens, copies and wants are oldest first; the last listen lies minutes before `until`.
    The same arguments give an equal life in every process.
    """
    rng = Random(seed)  # noqa: S311 an invented life needs repeatable numbers, not secret ones
    until = until.astimezone(UTC).replace(microsecond=0)
    since = years_before(until, years)
    person = Person(registered_at=min(JOINED, since - timedelta(days=30)))
    taste = Taste(rng, albums(), weeks=max(1, (until - since).days // 7))
    heard, on_now = played(rng, taste, since, until, plays, ZoneInfo(person.time_zone))
    copies, wants = copies_and_wants(rng, albums(), until)
    return Life(
        person=person,
        listens=tuple(Listen(from_seconds(at), *tune) for at, tune in _with_oddities(heard)),
        copies=copies,
        wants=wants,
        listening_now=Listen(until, *on_now),
    )


def years_before(at: datetime, years: int) -> datetime:
    """The same date and time `years` years earlier; 28 February for a 29th."""
    day = 28 if (at.month, at.day) == (2, 29) else at.day
    return at.replace(year=at.year - years, day=day)


def _with_oddities(heard: list[Played]) -> list[Played]:
    """The plays with two things real histories hold: a batch of one second, and a double play."""
    if len(heard) > 4 * BATCH:
        batch = _distinct_run(heard, len(heard) // 3)
        for index in range(batch, batch + BATCH):
            heard[index] = heard[index]._replace(at=heard[batch].at)
        heard[len(heard) // 2 + 1] = heard[len(heard) // 2]
    return heard


def _distinct_run(heard: list[Played], start: int) -> int:
    """Where, from `start` on, the first run of `BATCH` plays begins in which no track repeats."""
    for index in range(start, len(heard) - BATCH):
        if len({play.tune for play in heard[index : index + BATCH]}) == BATCH:
            return index
    return start
