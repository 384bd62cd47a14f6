"""Instants and dates that are left to whoever writes the answer look as our scalars print them."""

from datetime import UTC, date, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.execution import written
from schema.scalars import print_instant

pytestmark = pytest.mark.either


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_are_written_as_they_are_printed(at: datetime) -> None:
    assert orjson.loads(written({"at": at})) == {"at": print_instant(at)}


@given(st.dates())
def test_dates_are_written_as_they_are_printed(day: date) -> None:
    assert orjson.loads(written({"on": day})) == {"on": day.isoformat()}
