"""What a card is asked for: every parameter, right and wrong."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from rewind_gql.cards.asked import WINDOW, Asked, Days, Look, Rules, When, days_of, read, read_look
from rewind_gql.cards.shown import CARDS, card_named
from rewind_gql.errors import BadInput, NotFound

TODAY = date(2026, 3, 18)
TOP = Rules(takes=(*WINDOW, "limit"), usual=Asked(period="12month", limit=10), most=20)
OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Asked(period="12month", limit=10)),
        ({"limit": "3"}, Asked(period="12month", limit=3)),
        ({"period": "7day"}, Asked(period="7day", limit=10)),
        ({"year": "2024"}, Asked(year=2024, limit=10)),
        ({"from": "2024"}, Asked(since=date(2024, 1, 1), limit=10)),
        ({"to": "2024"}, Asked(until=date(2025, 1, 1), limit=10)),
        (
            {"from": "2024-02", "to": "2024-02-29"},
            Asked(since=date(2024, 2, 1), until=date(2024, 3, 1), limit=10),
        ),
    ],
)
def test_words_become_what_is_asked(given: dict[str, str], expected: Asked) -> None:
    assert read(TOP, given, today=TODAY) == expected


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "21"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "1e3"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "9" * 5_000}, "limit"),
        ({"period": "week"}, "period"),
        ({"period": ""}, "period"),
        ({"year": "1969"}, "year"),
        ({"year": "2027"}, "year"),
        ({"year": "2026.0"}, "year"),
        ({"from": "2025-02-30"}, "from"),
        ({"from": "2025-02-01T00:00:00Z"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2025-13"}, "to"),
        ({"to": "9999"}, "to"),
        ({"from": "2025-03", "to": "2025-02"}, "from"),
        ({"period": "7day", "year": "2025"}, "period"),
        ({"year": "2025", "to": "2025-02"}, "period"),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, str], path: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(TOP, given, today=TODAY)

    assert refused.value.path == path
    assert path in refused.value.message or "not several" in refused.value.message


@pytest.mark.parametrize("name", [*WINDOW, "limit"])
def test_a_card_says_what_it_does_not_take(name: str) -> None:
    with pytest.raises(BadInput, match=f"does not take {name}"):
        read(Rules(), {name: "1"}, today=TODAY)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Look()),
        ({"theme": "dark"}, Look(theme="dark")),
        ({"width": "320"}, Look(width=320)),
        ({"width": "1200"}, Look(width=1200)),
        ({"width": "777"}, Look(width=780)),
    ],
)
def test_a_width_goes_in_steps(given: dict[str, str], expected: Look) -> None:
    assert read_look(given) == expected


@pytest.mark.parametrize(
    ("name", "text"), [("theme", "pink"), ("theme", ""), ("width", "319"), ("width", "1201")]
)
def test_a_look_that_cannot_be_is_named(name: str, text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_look({name: text})

    assert refused.value.path == name


def test_days_end_with_today_where_the_person_is() -> None:
    evening = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    when = When(OSLO, evening)

    found = days_of(Asked(period="7day"), when)

    assert found == Days(date(2025, 12, 26), date(2026, 1, 2))
    assert found.window(when).since == datetime(2025, 12, 25, 23, tzinfo=UTC)


def test_a_year_has_all_its_days_where_the_person_is() -> None:
    when = When(ZoneInfo("America/Los_Angeles"), datetime(2026, 1, 1, tzinfo=UTC))

    window = days_of(Asked(year=2024), when).window(when)

    assert window.since == datetime(2024, 1, 1, 8, tzinfo=UTC)
    assert window.until == datetime(2025, 1, 1, 8, tzinfo=UTC)


def test_the_edge_of_the_calendar_is_refused() -> None:
    asked = read(TOP, {"from": "0001-01-01"}, today=TODAY)
    when = When(OSLO, datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(BadInput, match="lies outside"):
        days_of(asked, when).window(when)


def test_every_card_is_found_by_its_name_and_no_other() -> None:
    assert [card_named(name).name for name in CARDS] == list(CARDS)
    with pytest.raises(NotFound, match="there are listening-calendar"):
        card_named("top-albums.svg")
