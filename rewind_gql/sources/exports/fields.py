"""Fields that files of several formats have: instants, lengths of time, MusicBrainz ids."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from rewind_gql import clock
from rewind_gql.sources.base import Unreadable

# Players with a wrong clock send years that never were; nobody scrobbled before 2002.
FIRST_S = 1_000_000_000
# Unix seconds have ten digits for centuries to come; from twelve on they are milliseconds.
MILLISECOND_DIGITS = 12
DAY_MS = 86_400_000
# From here on somebody listened to a song; less is as good as skipped.
HEARD_MS = 30_000

_MONTHS = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
}
WORDED = re.compile(r"(\d{1,2}) ([a-z]{3}) (\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))?", re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?"
    r" ?(?:(?P<utc>Z|UTC)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?"
)
_UUID_CHARS = 36


def parse_instant(text: str) -> tuple[datetime, bool]:
    """The instant a file's date stands for, and whether its seconds are known.

    Unix seconds or milliseconds, `31 Dec 2025, 21:38` with or without the comma, and ISO 8601;
    without an offset they are UTC. Raises `Unreadable` for any other form.
    """
    text = text.strip()
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            at = number if len(text) < MILLISECOND_DIGITS else number // 1000
            return clock.from_seconds(at), True
        found = WORDED.fullmatch(text) or _ISO.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return _instant(found).astimezone(UTC), found[6] is not None
    except (ValueError, KeyError, OverflowError) as wrong:
        raise Unreadable(f"{text[:50]!r} is not a date of a known form") from wrong


def _instant(found: re.Match[str]) -> datetime:
    names = found.groupdict()
    if found.re is WORDED:
        day, month, year = int(found[1]), _MONTHS[found[2].casefold()], int(found[3])
    else:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    zone = UTC
    if names.get("sign"):
        offset = timedelta(hours=int(names["hours"]), minutes=int(names["minutes"]))
        zone = timezone(offset if names["sign"] == "+" else -offset)
    second = int(found[6] or 0)
    return datetime(year, month, day, int(found[4]), int(found[5]), second, tzinfo=zone)


def after_all(at: datetime) -> datetime:
    """An instant that can be. Raises `Unreadable` for one before anybody kept a history."""
    if clock.seconds(at) < FIRST_S:
        raise Unreadable(f"the date {clock.iso(at)} is before any scrobbling")
    return at


def mbid(text: Any) -> str | None:
    """A MusicBrainz id; whatever else stands in its place is none."""
    known = isinstance(text, str) and len(text) == _UUID_CHARS and text.isascii()
    return text if known else None


def milliseconds(value: Any) -> int | None:
    """A length in whole milliseconds, from nothing to a day; None for anything else.

    Exports hold negative and absurd ones.
    """
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= DAY_MS else None


def of_seconds(value: Any) -> int | None:
    """A length given in seconds, in milliseconds as above; None for nothing."""
    length = milliseconds(value)
    return milliseconds(length * 1000) or None if length else None


def text_in(raw: Any, *names: str) -> str | None:
    """The first of these fields of an object that is a text with something in it."""
    found = (raw.get(name) for name in names) if isinstance(raw, dict) else ()
    return next((text for text in found if isinstance(text, str) and text.strip()), None)
