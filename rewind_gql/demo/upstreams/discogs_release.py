"""One release in full, as Discogs writes it, with its price in the currency asked for."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from rewind_gql.demo.records import Sleeve
from rewind_gql.demo.upstreams.discogs_rows import (
    API,
    artist_row,
    credit,
    format_row,
    label_row,
    master_url,
    picture,
)

# What a dollar buys of each currency Discogs trades in.
RATES = {
    "USD": 1.0,
    "GBP": 0.78,
    "EUR": 0.92,
    "CAD": 1.37,
    "AUD": 1.52,
    "JPY": 151.0,
    "CHF": 0.89,
    "MXN": 17.2,
    "BRL": 5.1,
    "NZD": 1.66,
    "SEK": 10.5,
    "ZAR": 18.6,
}
PACIFIC = timezone(timedelta(hours=-8))
ENTERED = datetime(2005, 1, 1, 1, 0, tzinfo=PACIFIC)
DAY = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RELEASED = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
DISC_GRAMS, SLEEVE_GRAMS = 180, 50


def release(sleeve: Sleeve, *, currency: str, owner: bool) -> dict[str, Any]:
    """Everything about a release; `currency` must be one of `RATES`."""
    number = sleeve.release_id
    quantity = sum(int(medium.qty) for medium in sleeve.formats)
    return {
        "id": number,
        "status": "Accepted",
        "year": sleeve.year,
        "resource_url": f"{API}/releases/{number}",
        "uri": f"https://www.discogs.com/release/{number}-{_slug(sleeve)}",
        "artists": [artist_row(artist) for artist in sleeve.artists],
        "artists_sort": credit(sleeve),
        "labels": [label_row(label) for label in sleeve.labels],
        "series": [],
        "companies": [],
        "formats": [format_row(medium) for medium in sleeve.formats],
        "data_quality": "Correct",
        "community": _community(sleeve),
        "format_quantity": quantity,
        **_entered(number),
        "num_for_sale": sleeve.for_sale,
        "lowest_price": price(sleeve, currency),
        "master_id": sleeve.master_id,
        "master_url": master_url(sleeve),
        "title": sleeve.title,
        "country": sleeve.country,
        "released": sleeve.released,
        "notes": sleeve.notes,
        "released_formatted": spoken(sleeve.released),
        "identifiers": _identifiers(sleeve),
        "videos": [],
        "genres": list(sleeve.genres),
        "styles": list(sleeve.styles),
        "tracklist": [_track(*line) for line in sleeve.tracklist],
        "extraartists": [],
        "images": _images(sleeve, owner),
        "thumb": picture(sleeve, 150) if owner else "",
        "estimated_weight": quantity * DISC_GRAMS + SLEEVE_GRAMS,
        "blocked_from_sale": False,
    }


def price(sleeve: Sleeve, currency: str) -> float | None:
    """The lowest price asked for a release; None when nobody sells it."""
    if sleeve.lowest_price is None:
        return None
    return round(sleeve.lowest_price * RATES[currency], 2)


def spoken(released: str) -> str:
    """A release date as the site shows it: `18 Mar 1999`, `Mar 1999` or `1999`."""
    found = RELEASED.fullmatch(released)
    if found is None:
        return released
    year, month, day = found.groups()
    parts = [day] if day != "00" else []
    parts += [MONTHS[int(month) - 1]] if month != "00" else []
    return " ".join([*parts, year])


def _slug(sleeve: Sleeve) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{credit(sleeve)} {sleeve.title}").strip("-")


def _community(sleeve: Sleeve) -> dict[str, Any]:
    """One owner in ten rates a release; the average lies between 3.5 and 5."""
    rated = sleeve.have // 10
    average = 3.5 + sleeve.release_id % 150 / 100 if rated else 0.0
    return {
        "have": sleeve.have,
        "want": sleeve.want,
        "rating": {"count": rated, "average": round(average, 2)},
        "status": "Accepted",
        "data_quality": "Correct",
    }


def _entered(number: int) -> dict[str, str]:
    """When a release was entered and last edited: the higher its number, the later, roughly."""
    added = ENTERED + number // 5000 * DAY
    changed = added + number % 400 * DAY
    return {"date_added": added.isoformat(), "date_changed": changed.isoformat()}


def _identifiers(sleeve: Sleeve) -> list[dict[str, str]]:
    if not sleeve.barcode:
        return []
    return [{"type": "Barcode", "value": sleeve.barcode, "description": "Text"}]


def _track(position: str, title: str, duration: str) -> dict[str, str]:
    kind = "track" if position else "heading"
    return {"position": position, "type_": kind, "title": title, "duration": duration}


def _images(sleeve: Sleeve, owner: bool) -> list[dict[str, Any]]:
    """The front cover, its addresses left empty for those who are not signed in."""
    full = picture(sleeve, 600)
    if not full:
        return []
    uri, small = (full, picture(sleeve, 150)) if owner else ("", "")
    sizes = {"width": 600, "height": 600}
    return [{"type": "primary", "uri": uri, "resource_url": uri, "uri150": small} | sizes]
