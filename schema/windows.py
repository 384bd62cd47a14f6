"""Windows of time as arguments: two instants, or a period that ends today."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.errors import BadInput
from schema.shape import Bundle, Choice, choices


class Bounds(TypedDict):
    """A half-open window as queries take it; None leaves that end open."""

    since: datetime | None
    until: datetime | None


@choices
class Period(Choice):
    """A number of whole days that ends with today, or all time."""

    LAST_7_DAYS = "7", "Today and the 6 days before it."
    LAST_30_DAYS = "30", "Today and the 29 days before it."
    LAST_90_DAYS = "90", "Today and the 89 days before it."
    LAST_180_DAYS = "180", "Today and the 179 days before it."
    LAST_365_DAYS = "365", "Today and the 364 days before it."
    OVERALL = "", "From the first instant to the last."


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Bundle):
    """What of time is meant: `since` and `until`, or a period; all of it when nothing is given."""

    since: Annotated[datetime | None, Doc("From this instant on.")] = None
    until: Annotated[datetime | None, Doc("Up to but without this instant.")] = None
    period: Annotated[Period | None, Doc("In place of `since` and `until`.")] = None
    time_zone: Annotated[
        str | None,
        Doc("With a period: whose days are meant, such as Europe/Oslo; UTC unless told."),
    ] = None

    def bounds(self) -> Bounds:
        """The window's two instants. Raises `BadInput` when it is given twice."""
        if self.period is None:
            if self.time_zone is not None:
                raise BadInput("A time zone goes with a period", path="time_zone")
            return Bounds(since=self.since, until=self.until)
        if self.since is not None or self.until is not None:
            raise BadInput("Give a period, or since and until, not both", path="period")
        return last_days(self.period, self.time_zone)


def last_days(period: Period, time_zone: str | None) -> Bounds:
    """The whole local days of a period: from a local midnight to the end of today.

    Raises `BadInput` for an unknown time zone.
    """
    zone = _zone(time_zone or "UTC")
    if period is Period.OVERALL:
        return Bounds(since=None, until=None)
    tomorrow = clock.today(zone) + timedelta(days=1)
    first = tomorrow - timedelta(days=int(period))
    since, until = (
        datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, tomorrow)
    )
    return Bounds(since=since, until=until)


def _zone(name: str) -> ZoneInfo:
    try:
        return clock.zone(name)
    except BadInput as unknown:
        raise BadInput(unknown.message, path="time_zone") from unknown
