"""`rewind migrate`: the database made, and left alone when it is there."""

import json
from pathlib import Path

from rewind_gql.store import migrate
from tests.cli.world import rewind


def test_the_second_time_does_nothing(tmp_path: Path) -> None:
    first = rewind("migrate", "--json", folder=tmp_path)

    second = rewind("migrate", folder=tmp_path)

    newest = migrate.head()
    assert json.loads(first.out) == {"before": None, "after": newest, "backup": None}
    assert (second.code, second.out) == (0, f"The database is at {newest} already.\n")


def test_the_data_folder_is_where_it_was_asked_for(tmp_path: Path) -> None:
    rewind("migrate", "--data-dir", "given", folder=tmp_path, REWIND_DATA_DIR="unused")
    rewind("migrate", folder=tmp_path, REWIND_DATA_DIR="set")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "set"]
