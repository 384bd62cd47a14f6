"""What a card is asked for: which days, how many, how wide and in which colours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from rewind_gql import clock
from rewind_gql.domains.listening.periods import DAYS
from rewind_gql.domains.listening.records import Period
from rewind_gql.errors import BadInput

Theme = Literal["auto", "light", "dark"]
Takes = Literal["period", "year", "from", "to", "limit"]

W = TypeVar("W", bound=str)
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
WINDOW: tuple[Takes, ...] = ("period", "year", "from", "to")
FIRST_YEAR = 1970
NARROWEST_PX = 320
WIDEST_PX = 1_200
STEP_PX = 20
"""Widths are rounded to whole steps, so that nobody has endlessly many pictures drawn."""
_DATES = (len("2025"), len("2025-02"), len("2025-02-17"))
_LONGEST = 4  # digits of the largest number there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a card is drawn, whatever it tells."""

    theme: Theme = "auto"
    width: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a card is to tell; `until` is the day after the last one."""

    period: Period | None = None
    year: int | None = None
    since: date | None = None
    until: date | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a card can be asked for, and what it tells unless asked."""

    takes: tuple[Takes, ...] = ()
    usual: Asked = Asked()
    most: int = 0
    """The highest `limit`."""
    periods: tuple[Period, ...] = tuple(DAYS)


class When(NamedTuple):
    """Whose days are meant, and what day it is there."""

    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        """The present day in that zone."""
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The first instant of a day there. Raises `BadInput` at the ends of the calendar."""
        return clock.utc(datetime.combine(day, time(), self.zone))


class Days(NamedTuple):
    """Whole days `[first, end)`; None leaves an end open."""

    first: date | None
    end: date | None

    def window(self, when: When) -> clock.Window:
        """The instants between which plays count."""
        return clock.Window(*(None if day is None else when.midnight(day) for day in self))


def read_look(given: Mapping[str, str]) -> Look:
    """The look that `theme` and `width` ask for. Raises `BadInput`."""
    look = Look()
    if (theme := given.get("theme")) is not None:
        look = replace(look, theme=_word("theme", theme, THEMES))
    if (width := given.get("width")) is not None:
        asked = _whole("width", width, NARROWEST_PX, WIDEST_PX)
        look = replace(look, width=round(asked / STEP_PX) * STEP_PX)
    return look


def read(rules: Rules, given: Mapping[str, str], *, today: date) -> Asked:
    """What a card is asked for by words; its usual days and number where it is not said.

    Raises `BadInput` for a word or number that cannot be, for days that are given twice, and for
    what this card does not take.
    """
    for name in (*WINDOW, "limit"):
        if name in given and name not in rules.takes:
            raise BadInput(f"This card does not take {name}", path=name)
    days = _days(rules, given, today)
    limit = rules.usual.limit
    if "limit" in given:
        limit = _whole("limit", given["limit"], 1, rules.most)
    return replace(days or rules.usual, limit=limit)


def days_of(asked: Asked, when: When) -> Days:
    """The whole days that are asked for; those of a period end with today."""
    if asked.year is not None:
        return Days(date(asked.year, 1, 1), date(asked.year + 1, 1, 1))
    length = DAYS[asked.period] if asked.period else None
    if length is not None:
        end = when.today + clock.DAY
        return Days(end - length * clock.DAY, end)
    return Days(asked.since, asked.until)


def _days(rules: Rules, given: Mapping[str, str], today: date) -> Asked | None:
    kinds = ("period" in given) + ("year" in given) + ("from" in given or "to" in given)
    if kinds > 1:
        raise BadInput("Give a period, a year, or from and to; not several", path="period")
    if "period" in given:
        return Asked(period=_word("period", given["period"], rules.periods))
    if "year" in given:
        return Asked(year=_whole("year", given["year"], FIRST_YEAR, today.year))
    since, until = _day("from", given), _day("to", given)
    if since is None and until is None:
        return None
    if since is not None and until is not None and since >= until:
        raise BadInput("from must not lie after to", path="from")
    return Asked(since=since, until=until)


def _day(name: str, given: Mapping[str, str]) -> date | None:
    """A bare year, month or day: the first of its days, or the day after the last of them."""
    text = given.get(name)
    if text is None:
        return None
    if len(text) not in _DATES:
        raise BadInput(
            f"{name} must be a year, month or day: YYYY, YYYY-MM or YYYY-MM-DD", path=name
        )
    try:
        return clock.parse_bound(text, closing=name == "to").astimezone(UTC).date()
    except BadInput as wrong:
        raise BadInput(f"{name}: {wrong.message}", path=name) from wrong


def _whole(name: str, text: str, least: int, most: int) -> int:
    known = text.isascii() and text.isdecimal() and len(text) <= _LONGEST
    if not known or not least <= int(text) <= most:
        raise BadInput(f"{name} must be a whole number from {least} to {most}", path=name)
    return int(text)


def _word(name: str, text: str, words: tuple[W, ...]) -> W:
    for word in words:
        if word == text:
            return word
    raise BadInput(f"{name} must be one of {', '.join(words)}", path=name)
