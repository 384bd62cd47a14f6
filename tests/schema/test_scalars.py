"""Scalars, ids and windows: what is taken, what is printed."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import time_machine
from graphql import GraphQLError
from strawberry.scalars import JSON

from rewind_gql import clock
from rewind_gql.errors import BadInput
from schema.ids import as_number, global_id, key_of, number_of, parse_id
from schema.scalars import SCALARS, DataVersion, SyncCursor, print_instant
from schema.windows import Period, Window, last_days

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
INSTANT = SCALARS[datetime]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-03-01T12:00:00Z", NOON),
        ("2025-03-01T13:00:00+01:00", NOON),
        ("2025-03-01T12:00:00.25Z", NOON.replace(microsecond=250_000)),
        ("2025-03-01T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
    ],
)
def test_an_instant_is_read_with_its_offset(text: str, at: datetime) -> None:
    assert INSTANT.parse_value is not None

    assert INSTANT.parse_value(text) == at


@pytest.mark.parametrize(
    "text",
    ["", "2025", "2025-03-01", "2025-03-01T12:00:00", "20250301T120000Z", "2025-W09-6", 5, None],
)
def test_other_forms_of_an_instant_are_refused(text: object) -> None:
    assert INSTANT.parse_value is not None

    with pytest.raises(GraphQLError, match="2026-03-18T21:00:00Z"):
        INSTANT.parse_value(text)


def test_an_instant_is_printed_in_utc_with_no_more_than_there_is() -> None:
    assert print_instant(NOON) == "2025-03-01T12:00:00Z"
    assert print_instant(NOON.replace(microsecond=5)) == "2025-03-01T12:00:00.000005Z"


@pytest.mark.parametrize("kind", [date, UUID, SyncCursor, DataVersion])
@pytest.mark.parametrize("value", [5, 0.5, True, ["listening=1"], {"listening": 1}])
def test_what_is_no_string_is_refused_by_the_name_of_the_scalar(
    kind: object, value: object
) -> None:
    scalar = SCALARS[kind]
    assert scalar.parse_value is not None

    with pytest.raises(GraphQLError, match=f"^{scalar.name} must be a string such as"):
        scalar.parse_value(value)


@pytest.mark.parametrize("value", [None, True, 2**40, 0.5, "Low", [1, [None]], {"a": {"b": []}}])
def test_what_json_can_say_goes_out_as_it_is(value: object) -> None:
    printed = SCALARS[JSON].serialize(value)  # type: ignore[misc]  # it has one

    assert printed is value


@pytest.mark.parametrize("value", [object(), {1: "a"}, [datetime(2026, 1, 1, tzinfo=UTC)], 2**64])
def test_what_json_cannot_say_is_refused_where_it_is(value: object) -> None:
    with pytest.raises(TypeError):
        SCALARS[JSON].serialize(value)  # type: ignore[misc]  # it has one


def test_a_global_id_leads_back_to_its_type_and_key() -> None:
    assert parse_id(global_id("Artist", 12)) == ("Artist", "12")
    assert number_of("Artist", global_id("Artist", 12)) == 12
    assert key_of("SyncRun", global_id("SyncRun", "pull_1")) == "pull_1"


def test_the_id_of_another_type_is_refused() -> None:
    with pytest.raises(BadInput, match="This is the id of an Album, not of an Artist"):
        number_of("Artist", global_id("Album", 12))
    with pytest.raises(BadInput, match="This is the id of a Track, not of a Device"):
        number_of("Device", global_id("Track", 12))


@pytest.mark.parametrize("key", ["", "٣", "1e3", " 1", "1_0", "9223372036854775808"])
def test_a_key_that_no_row_can_have_is_refused(key: str) -> None:
    with pytest.raises(BadInput):
        as_number(key)


def test_without_anything_the_window_is_all_of_time() -> None:
    assert Window().bounds() == {"since": None, "until": None}


def test_two_instants_make_a_window_as_they_are() -> None:
    window = Window(since=NOON, until=NOON + clock.DAY)

    assert window.bounds() == {"since": NOON, "until": NOON + clock.DAY}


def test_a_window_given_twice_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        Window(since=NOON, period=Period.OVERALL).bounds()

    assert refused.value.path == "period"


@time_machine.travel(datetime(2025, 3, 30, 22, 30, tzinfo=UTC), tick=False)
def test_a_period_is_of_whole_local_days() -> None:
    utc = last_days(Period.LAST_7_DAYS, None)
    oslo = last_days(Period.LAST_7_DAYS, "Europe/Oslo")

    assert utc["since"] == datetime(2025, 3, 24, tzinfo=UTC)
    assert utc["until"] == datetime(2025, 3, 31, tzinfo=UTC)
    # In Oslo it is past midnight already, and summer time began that morning.
    assert oslo["since"] == datetime(2025, 3, 24, 23, tzinfo=UTC)
    assert oslo["until"] == datetime(2025, 3, 31, 22, tzinfo=UTC)


def test_a_time_zone_without_a_period_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        Window(since=NOON, time_zone="Europe/Oslo").bounds()

    assert refused.value.path == "time_zone"


def test_an_unknown_time_zone_is_refused_by_name() -> None:
    with pytest.raises(BadInput) as refused:
        last_days(Period.LAST_7_DAYS, "Mars/Utopia")

    assert refused.value.path == "time_zone"
