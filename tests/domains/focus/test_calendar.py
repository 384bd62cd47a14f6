"""Calendar days in time zones: where they begin, and how sessions spread over them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rewind_gql.domains.focus.calendar import Pages, day_of, days_of, midnight, split

OSLO = ZoneInfo("Europe/Oslo")
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = OSLO) -> datetime:
    """An instant from a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("Europe/Oslo", date(2025, 3, 12), "2025-03-11T23:00:00+00:00"),
        ("Europe/Oslo", date(2025, 7, 12), "2025-07-11T22:00:00+00:00"),
        # Clocks went from 00:00 to 01:00.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00+00:00"),
        # Clocks went from 01:00 back to 00:00.
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00:00+00:00"),
        # Clocks went from 00:00 back to 23:00.
        ("Asia/Beirut", date(2024, 10, 27), "2024-10-26T22:00:00+00:00"),
        # The day was left out.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00+00:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00+00:00"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, first: str) -> None:
    assert midnight(day, ZoneInfo(zone)) == datetime.fromisoformat(first)


def test_an_instant_lies_on_the_day_the_clock_shows() -> None:
    assert day_of(at("2025-03-12T23:59:59"), OSLO) == date(2025, 3, 12)
    assert day_of(at("2025-03-13T00:00:00"), OSLO) == date(2025, 3, 13)
    assert day_of(at("2025-03-12T23:30:00"), NEW_YORK) == date(2025, 3, 12)


def test_an_evening_that_is_repeated_belongs_to_the_day_that_had_begun() -> None:
    zone = ZoneInfo("America/St_Johns")  # 00:01 on 7 November 2010 was followed by 23:01
    begun = midnight(date(2010, 11, 7), zone)

    days = [day_of(begun + timedelta(minutes=minutes), zone) for minutes in (-1, 0, 1, 30, 70)]

    assert days == [date(2010, 11, 6), *[date(2010, 11, 7)] * 4]


def test_a_session_over_midnight_gives_each_day_its_seconds() -> None:
    parts = list(split(at("2025-03-12T23:50:00"), at("2025-03-13T00:15:00"), OSLO))

    assert parts == [(date(2025, 3, 12), 600), (date(2025, 3, 13), 900)]


def test_a_session_that_ends_at_midnight_stays_on_its_day() -> None:
    assert list(split(at("2025-03-12T23:50:00"), at("2025-03-13T00:00:00"), OSLO)) == [
        (date(2025, 3, 12), 600)
    ]


def test_an_hour_that_clocks_skip_does_not_count() -> None:
    parts = list(split(at("2025-03-30T01:30:00"), at("2025-03-30T03:30:00"), OSLO))

    assert parts == [(date(2025, 3, 30), 3600)]


def test_an_hour_that_clocks_repeat_counts_twice() -> None:
    parts = list(split(at("2025-10-26T01:30:00"), at("2025-10-26T03:30:00"), OSLO))

    assert parts == [(date(2025, 10, 26), 3 * 3600)]


def test_fractions_of_seconds_add_up() -> None:
    parts = list(split(at("2025-03-12T23:59:59.700"), at("2025-03-13T00:00:01.200"), OSLO))

    assert parts == [(date(2025, 3, 12), 1), (date(2025, 3, 13), 1)]


def test_a_session_without_length_lies_on_its_day() -> None:
    instant = at("2025-03-12T10:00:00")

    assert list(split(instant, instant, OSLO)) == [(date(2025, 3, 12), 0)]


def test_a_day_left_out_of_the_calendar_gets_nothing() -> None:
    zone = ZoneInfo("Pacific/Apia")
    begun = midnight(date(2011, 12, 31), zone)

    days = days_of(begun - timedelta(hours=1), begun + timedelta(hours=1), zone)

    assert days == {date(2011, 12, 29), date(2011, 12, 31)}


@pytest.mark.parametrize(
    "zone", ["Europe/Oslo", "America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Apia"]
)
def test_many_sessions_are_spread_as_each_alone_is(zone: str) -> None:
    calendar = ZoneInfo(zone)
    first, last = date(2010, 11, 5), date(2012, 1, 2)
    pages = Pages(first, last, calendar)
    begins = datetime(2010, 11, 3, 0, 7, tzinfo=UTC)

    for at in range(0, 60 * 24 * 430, 411):
        since = begins + timedelta(minutes=at, milliseconds=at)
        until = since + timedelta(minutes=at % 4_000, milliseconds=999)
        alone = list(split(since, until, calendar))

        assert list(pages.split(since, until)) == [
            (day, seconds, place == 0)
            for place, (day, seconds) in enumerate(alone)
            if first <= day <= last
        ]
