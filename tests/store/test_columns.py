"""What columns refuse to store."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Utc


def test_an_instant_that_could_never_be_read_again_is_refused() -> None:
    late = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))

    with pytest.raises(BadInput, match="9999"):
        Utc().process_bind_param(late, sqlite.dialect())
