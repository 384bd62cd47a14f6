"""The invented person's records: what stands on her shelf and what she still looks for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from rewind_gql.demo.catalogue import Album
from rewind_gql.demo.records import Copy, Sleeve, Want
from rewind_gql.demo.sleeves import press

COPIES, WANTS = 250, 40
TWICE = 6  # releases she owns two copies of
AGAIN = 4  # albums she owns in two pressings
UNPLAYED = 40  # owned records of which her player knows nothing
FIRST_DAY = 60  # copies entered on the day she signed up, one after the other
COLLECTING = timedelta(days=6 * 365)
Item = TypeVar("Item")
PACIFIC = ZoneInfo("America/Los_Angeles")  # the zone Discogs stamps everything with
UNCATEGORIZED, JAZZ, LIVING_ROOM = 1, 4471234, 4471377
MEDIA, SLEEVE, NOTES = 1, 2, 3
CONDITIONS = (
    "Mint (M)",
    "Near Mint (NM or M-)",
    "Near Mint (NM or M-)",
    "Very Good Plus (VG+)",
    "Very Good Plus (VG+)",
    "Very Good (VG)",
    "Good Plus (G+)",
)
REMARKS = (
    "Bought at Råkk & Rålls",
    "Fra mamma",
    "Record Store Day, queued from six in the morning",
    "Skips on side B, “but only when it rains”",
    "Lent to Jonas, 2 of 3 came back",
    "Flea market, 40 kr",
)
WISHES = ("", "", "", "Original pressing only", "Under 300 kr", "Ask at Big Dipper")


def copies_and_wants(
    rng: Random, found: Sequence[Album], until: datetime
) -> tuple[tuple[Copy, ...], tuple[Want, ...]]:
    """Her 250 copies and 40 wants, each oldest first, all added before `until`.

    Most are records she plays, two in three of these titled as her player titles them.
    """
    silent = _shuffled(rng, [album for album in found if not album.songs])
    heard = _shuffled(rng, [album for album in found if album.songs and album.title])
    owned = heard[: COPIES - TWICE - AGAIN - UNPLAYED]
    sleeves = [
        press(rng, album, reissue=index > AGAIN and rng.random() < 0.35, altered=index % 3 == 0)
        for index, album in enumerate(owned)
    ]
    sleeves += [press(rng, album) for album in silent[:UNPLAYED]]
    sleeves += [press(rng, album, reissue=True) for album in owned[:AGAIN]]
    sleeves += rng.sample(sleeves, TWICE)
    wanted = [owned[AGAIN], *silent[UNPLAYED:], *heard[len(owned) :]][:WANTS]
    return (
        _copies(rng, _shuffled(rng, sleeves), until),
        _wants(rng, [press(rng, album, reissue=True) for album in wanted], until),
    )


def _copies(rng: Random, sleeves: Sequence[Sleeve], until: datetime) -> tuple[Copy, ...]:
    """A copy of each: the first ones entered in one go, the others whenever she bought them."""
    begin = until - COLLECTING
    at_once = [
        begin + index * timedelta(seconds=47) for index in range(min(FIRST_DAY, len(sleeves)))
    ]
    later = _instants(rng, begin + timedelta(days=1), until, len(sleeves) - len(at_once))
    number = 512_004_110
    copies = []
    for sleeve, added_at in zip(sleeves, [*at_once, *later], strict=True):
        number += rng.randint(20, 4_000_000)
        copies.append(
            Copy(
                instance_id=number,
                sleeve=sleeve,
                folder_id=_folder(rng, sleeve),
                rating=rng.choice((0, 0, 0, 0, 3, 4, 4, 5, 5)),
                added_at=added_at.astimezone(PACIFIC),
                notes=_notes(rng),
            )
        )
    return tuple(copies)


def _wants(rng: Random, sleeves: Sequence[Sleeve], until: datetime) -> tuple[Want, ...]:
    """A want of each, noted over the last years."""
    instants = _instants(rng, until - COLLECTING / 2, until, len(sleeves))
    return tuple(
        Want(
            sleeve=sleeve,
            added_at=added_at.astimezone(PACIFIC),
            rating=rng.choice((0, 0, 0, 4, 5)),
            notes=rng.choice(WISHES),
        )
        for sleeve, added_at in zip(_shuffled(rng, sleeves), instants, strict=True)
    )


def _folder(rng: Random, sleeve: Sleeve) -> int:
    """Jazz has a folder of its own; what stands in the living room, one; all else, none."""
    if "Jazz" in sleeve.genres:
        return JAZZ
    return LIVING_ROOM if rng.random() < 0.25 else UNCATEGORIZED


def _notes(rng: Random) -> tuple[tuple[int, str], ...]:
    """Conditions on half of the copies, a remark on some."""
    notes = []
    if rng.random() < 0.55:
        notes += [(MEDIA, rng.choice(CONDITIONS)), (SLEEVE, rng.choice(CONDITIONS))]
    if rng.random() < 0.15:
        notes.append((NOTES, rng.choice(REMARKS)))
    return tuple(notes)


def _instants(rng: Random, since: datetime, until: datetime, count: int) -> list[datetime]:
    """`count` whole seconds of the window, in order."""
    room = int((until - since).total_seconds())
    return sorted(since + timedelta(seconds=rng.randrange(room)) for _ in range(count))


def _shuffled(rng: Random, items: Sequence[Item]) -> list[Item]:
    """The same items in another order."""
    return rng.sample(items, len(items))
