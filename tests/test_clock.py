"""Windows, bounds and buckets."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.errors import BadInput

DATES = st.dates(date(1999, 1, 1), date(2031, 12, 31))


@given(DATES, DATES)
def test_cover_is_exactly_the_days_asked_for(one: date, other: date) -> None:
    since, until = sorted((one, other))

    found = clock.cover(since, until)

    edges = [edge for run in found for edge in (run.since, run.until)]
    assert edges == sorted(edges)
    assert edges[1:-1:2] == edges[2::2]
    assert (not edges) == (since == until)
    assert edges[:1] + edges[-1:] == ([since, until] if edges else [])


@given(DATES, DATES)
def test_cover_starts_months_and_years_on_their_first_day(one: date, other: date) -> None:
    since, until = sorted((one, other))

    for run in clock.cover(since, until):
        if run.grain != "day":
            assert run.since.day == run.until.day == 1
        if run.grain == "year":
            assert run.since.month == run.until.month == 1


def test_cover_of_a_long_window_takes_few_runs() -> None:
    found = clock.cover(date(2020, 11, 28), date(2024, 2, 3))

    assert [(run.grain, run.since, run.until) for run in found] == [
        ("day", date(2020, 11, 28), date(2020, 12, 1)),
        ("month", date(2020, 12, 1), date(2021, 1, 1)),
        ("year", date(2021, 1, 1), date(2024, 1, 1)),
        ("month", date(2024, 1, 1), date(2024, 2, 1)),
        ("day", date(2024, 2, 1), date(2024, 2, 3)),
    ]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_microseconds_come_back_exact(at: datetime) -> None:
    assert clock.from_microseconds(clock.microseconds(at)) == at


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2025", "2025-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ("2025-12", "2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
        ("20240229", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
        ("2025-02-01T10:30:00+02:00", "2025-02-01T08:30:00.000Z", "2025-02-01T08:30:00.000Z"),
        ("2025-02-01T10:30:00", "2025-02-01T10:30:00.000Z", "2025-02-01T10:30:00.000Z"),
    ],
)
def test_a_bound_covers_what_it_names(text: str, first: str, end: str) -> None:
    since, until = clock.parse_bound(text), clock.parse_bound(text, closing=True)

    assert (clock.iso(since), clock.iso(until)) == (first, end)
    assert until > since


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2025-02-31",
        "2025-13",
        "25",
        "0000",
        "2025-W01",
        "-2025",
        "2025-02-01T25:00",
        "2025-02-01x10:00",
        "2025-0201",
        "1" * 20,
        "2025-02-01T10:00:00." + "0" * 1_000,
        "９９９９",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    for closing in (False, True):
        with pytest.raises(BadInput):
            clock.parse_bound(text, closing=closing)


@pytest.mark.parametrize("text", ["9999", "9999-12", "9999-12-31"])
def test_the_end_of_time_is_refused_as_a_closing_bound(text: str) -> None:
    with pytest.raises(BadInput):
        clock.parse_bound(text, closing=True)


def test_iso_cuts_and_never_rounds_up() -> None:
    at = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

    assert clock.iso(at) == "2025-12-31T23:59:59.999Z"


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../etc/passwd", "a" * 5000, "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        clock.zone(name)


def test_span_holds_the_last_instant_of_the_last_day() -> None:
    window = clock.span({date(2025, 3, 2), date(2025, 3, 1)})

    assert window.until - window.since == timedelta(days=2)  # type: ignore[operator]
