"""A small shelf for tests: releases, copies and wants told apart by their numbers."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rewind_gql.demo.records import (
    Copy,
    Life,
    Person,
    Sleeve,
    SleeveArtist,
    SleeveFormat,
    SleeveLabel,
    Want,
)

BOUGHT = datetime(2026, 3, 1, 3, 23, 29, tzinfo=ZoneInfo("America/Los_Angeles"))
DAY = timedelta(days=1)


def sleeve(number: int, **changes: Any) -> Sleeve:
    facts: dict[str, Any] = {
        "release_id": number,
        "master_id": 52_000 + number,
        "title": f"Title {number:03}",
        "year": 1990 + number % 30,
        "artists": (SleeveArtist(1434, "Nirvana (2)"),),
        "labels": (SleeveLabel(29377, "!K7 Records", f"K7{number:03}"),),
        "formats": (SleeveFormat("Vinyl", "2", "180 g", ("LP", "Album")),),
        "genres": ("Electronic",),
        "styles": ("Dub",),
        "country": "Germany",
        "released": "1999-03-00",
        "tracklist": (("", "Side one", ""), ("A1", "Heroes", "6:45")),
        "have": 4211,
        "want": 1322,
        "lowest_price": 10.0,
        "for_sale": 21,
        "notes": "Reissue.\r\nTrifold cover.",
        "barcode": "7 30003 70731 9",
    }
    return Sleeve(**(facts | changes))


def copy(number: int, **changes: Any) -> Copy:
    facts: dict[str, Any] = {
        "instance_id": 800_000 + number,
        "sleeve": sleeve(number),
        "folder_id": 1,
        "rating": 0,
        "added_at": BOUGHT + number * DAY,
        "notes": (),
    }
    return Copy(**(facts | changes))


def want(number: int, **changes: Any) -> Want:
    facts: dict[str, Any] = {
        "sleeve": sleeve(number),
        "added_at": BOUGHT + number * DAY,
        "rating": 4,
        "notes": "Under 300 kr",
    }
    return Want(**(facts | changes))


def a_life(copies: tuple[Copy, ...] = (), wants: tuple[Want, ...] = ()) -> Life:
    return Life(Person(registered_at=BOUGHT), (), copies, wants, None)
