"""Parameters: what texts become, and how each wrong one is named."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.errors import BadInput
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Invalid, Lenient, Named, Params, Range, parse_query


async def listing(
    conn: object,
    user_id: int,
    *,
    limit: Annotated[int, Ge(1), Le(50)] = 10,
    page: Annotated[int, Ge(1)] = 1,
    order: Literal["up", "down"] = "down",
    sort: Annotated[Literal["plays", "added"], Lenient()] = "plays",
    window: clock.Window,
) -> None:
    """A query with one parameter of every kind."""


async def one(
    conn: object,
    user_id: int,
    *,
    id: Annotated[int, Ge(1), Named("key ID")],  # noqa: A002  # the path's name
) -> None:
    """A query for one thing."""


async def choosing(
    conn: object,
    user_id: int,
    *,
    year: Annotated[int | None, Ge(1)] = None,
    compare: Literal["before"] | None = None,
    name: str | None = None,
    drawn: bool = False,
    window: Range,
) -> None:
    """A query with parameters that may be None, a switch, and a window without a date."""


LISTING = Params(listing, [])
CHOOSING = Params(choosing, [])
ONE = Params(one, ["id"])
FEBRUARY = datetime(2025, 2, 1, tzinfo=UTC)


def read(query: str) -> dict[str, Any]:
    """The keywords that a query string stands for."""
    return LISTING.read(query.encode(), {})


def test_defaults_come_from_the_signature() -> None:
    assert read("") == {
        "limit": 10,
        "page": 1,
        "order": "down",
        "sort": "plays",
        "window": clock.Window(None, None),
    }


def test_texts_become_values() -> None:
    found = read("limit=50&page=3&order=up&sort=added")

    assert (found["limit"], found["page"], found["order"], found["sort"]) == (50, 3, "up", "added")


@pytest.mark.parametrize(
    "limit", ["", "0", "51", "-1", "2.5", "abc", "5.0", "1e1", " 5", "+5", "٣", "9" * 31, "5\x00"]
)
def test_a_limit_out_of_range_or_not_whole_is_named(limit: str) -> None:
    with pytest.raises(Invalid) as refused:
        LISTING.read(f"limit={limit}".replace(" ", "%20").encode(), {})

    assert refused.value.message == "Invalid limit"
    assert refused.value.details == (("limit", "must be a whole number from 1 to 50"),)


def test_every_wrong_parameter_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read("limit=x&page=0&order=sideways")

    assert refused.value.message == "Invalid limit, page, order"
    assert [detail.path for detail in refused.value.details] == ["limit", "page", "order"]


def test_a_repeated_parameter_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read("limit=5&limit=5")

    assert refused.value.details == (("limit", "must be given once"),)


def test_unknown_parameters_do_not_matter() -> None:
    assert read("colour=red&colour=blue&=&x") == read("")


@pytest.mark.parametrize("sort", ["", "rating", "PLAYS"])
def test_unknown_words_of_a_lenient_choice_mean_its_default(sort: str) -> None:
    assert read(f"sort={sort}")["sort"] == "plays"


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("date=2025-02-28", datetime(2025, 2, 28, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)),
        ("from=2025-02-01&to=2025-02-28", FEBRUARY, datetime(2025, 3, 1, tzinfo=UTC)),
        ("from=2025-02&to=2025-02", FEBRUARY, datetime(2025, 3, 1, tzinfo=UTC)),
        ("from=2025-02-01T02:00:00%2B02:00", FEBRUARY, None),
        ("to=2025-01-31T23:59:59.999999Z", None, FEBRUARY),
        ("date=2025-01-31&from=garbage&to=", FEBRUARY - timedelta(days=1), FEBRUARY),
        ("date=2025-01-31&from=2026&from=2027", FEBRUARY - timedelta(days=1), FEBRUARY),
    ],
)
def test_dates_are_half_open_windows(query: str, since: Any, until: Any) -> None:
    assert read(query)["window"] == clock.Window(since, until)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("date=2025-02-30", "date"),
        ("date=2025-2-3", "date"),
        ("date=2025", "date"),
        ("date=", "date"),
        ("date=9999-12-31", "date"),
        ("date=2025-02-01&date=2025-02-01", "date"),
        ("from=yesterday", "from"),
        ("from=", "from"),
        ("to=2025-13", "to"),
        ("to=9999", "to"),
        ("from=0000", "from"),
        ("from=2025-02-02&to=2025-02-01", "from"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
    ],
)
def test_what_is_no_date_is_named(query: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(query)

    assert [detail.path for detail in refused.value.details] == [path]


def test_from_and_to_of_one_instant_include_it() -> None:
    window = read("from=2025-02-01T00:00:00Z&to=2025-02-01T00:00:00Z")["window"]

    assert window == clock.Window(FEBRUARY, FEBRUARY + clock.MICROSECOND)


@pytest.mark.parametrize("id_", ["0", "abc", "12abc", "", "-1", str(2**63), "1" * 30])
def test_an_id_in_the_path_is_called_by_its_name(id_: str) -> None:
    with pytest.raises(Invalid) as refused:
        ONE.read(b"", {"id": id_})

    assert refused.value.message == "Invalid key ID"


def test_an_id_in_the_path_is_not_taken_from_the_query() -> None:
    assert ONE.read(b"id=9", {"id": "7"}) == {"id": 7}


@pytest.mark.parametrize("query", [b"limit=%FF", b"\xff\xfe", b"&" * 2_000 + b"a=1&" * 200])
def test_a_broken_query_string_is_bad_input(query: bytes) -> None:
    with pytest.raises(BadInput):
        parse_query(query)


@given(st.binary(max_size=200))
def test_no_query_string_does_worse_than_being_refused(query: bytes) -> None:
    with suppress(BadInput):
        assert LISTING.read(query, {}).keys() == LISTING.read(b"", {}).keys()


def test_a_keyword_of_an_unreadable_kind_is_a_programming_error() -> None:
    async def strange(conn: object, user_id: int, *, what: set[int]) -> None:
        """A query nobody can ask from a query string."""

    with pytest.raises(TypeError):
        Params(strange, [])


def test_what_may_be_none_is_read_like_what_may_not() -> None:
    nothing = CHOOSING.read(b"", {})
    found = CHOOSING.read(b"year=2024&compare=before&name=low", {})

    assert nothing["year"] is nothing["compare"] is nothing["name"] is None
    assert (found["year"], found["compare"], found["name"]) == (2024, "before", "low")
    with pytest.raises(Invalid):
        CHOOSING.read(b"year=0", {})


@pytest.mark.parametrize(
    ("text", "on"), [("true", True), ("1", True), ("TRUE", False), ("yes", False), ("", False)]
)
def test_a_switch_is_on_for_two_words_alone(text: str, on: bool) -> None:
    assert CHOOSING.read(f"drawn={text}".encode(), {})["drawn"] is on


def test_a_range_has_no_date() -> None:
    found = CHOOSING.read(b"from=2025-02-01&date=nonsense", {})

    assert found["window"] == clock.Window(FEBRUARY, None)
    assert [param.name for param in CHOOSING.all][-2:] == ["from", "to"]


def test_what_a_short_text_says_is_remembered_and_a_long_one_is_read_anew() -> None:
    page = REWIND.page("/things", listing, cache=None, name="listThings", tag="Things")

    assert page.read(b"limit=5", ()) is page.read(b"limit=5", ())
    long = b"limit=5&other=" + b"a" * 1_024
    assert page.read(long, ()) is not page.read(long, ())
    assert page.read(long, ()) == page.read(b"limit=5", ())
