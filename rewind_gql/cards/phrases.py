"""Numbers, days and months as cards write them."""

from collections.abc import Sequence
from datetime import date

from rewind_gql import clock
from rewind_gql.cards.asked import Asked
from rewind_gql.cards.lettering import plain

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
TEN = 10
_PERIODS = {
    "7day": "the last 7 days",
    "1month": "the last 30 days",
    "3month": "the last 90 days",
    "6month": "the last 180 days",
    "12month": "the last 12 months",
    "overall": "all time",
}


def number(value: int) -> str:
    """`1,234`."""
    return f"{value:,}"


def average(total: int, parts: int) -> str:
    """`573`, or `0.5` where it is small."""
    found = total / parts
    return f"{found:,.0f}" if found >= TEN else f"{found:.1f}"


def counted(value: int, one: str) -> str:
    """`1 play`, `2 plays`."""
    return f"{value:,} {several(value, one)}"


def day(at: date) -> str:
    """`3 Mar 2026`."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def several(value: int, one: str) -> str:
    """`play`, or `plays`; `day with music`, or `days with music`."""
    if value == 1:
        return one
    first, _, rest = one.partition(" ")
    return f"{first}s {rest}".strip()


def month_of(month: date, *, short: bool = False) -> str:
    """`March 2026`, or `Mar 2026`."""
    names = MONTHS if short else LONG_MONTHS
    return f"{names[month.month - 1]} {month.year}"


def days_in_words(asked: Asked) -> str:
    """The days a card is of, as its title says them."""
    if asked.year is not None:
        return str(asked.year)
    if asked.period is not None:
        return _PERIODS[asked.period]
    last = asked.until - clock.DAY if asked.until else None
    if asked.since and last:
        return day(last) if asked.since == last else f"{day(asked.since)} to {day(last)}"
    if asked.since:
        return f"since {day(asked.since)}"
    return f"until {day(last)}" if last else _PERIODS["overall"]


def all_told(lines: Sequence[str]) -> str:
    """All of it for those who do not see the card."""
    return "; ".join(map(plain, lines))
