"""`rewind config show`: what is set, and where."""

import json
from pathlib import Path

from tests.cli.world import rewind

SECRETS = {
    "LASTFM_API_KEY": "hunter2hunter2",
    "DISCOGS_TOKEN": "hunter2token",
    "REWIND_SECRET": "hunter2" * 8,
    "REWIND_DATABASE_URL": "postgresql://me:hunter2@here/rewind",
    "REWIND_REDIS_URL": "redis://:hunter2@here:6379/0",
}


def test_origin_tells_where_every_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "rewind.toml").write_text("port = 9000\n[sync]\nlease_seconds = 120\n")
    (tmp_path / "user").write_text("somebody\n")
    given = {"LASTFM_USER_FILE": str(tmp_path / "user"), "REWIND_HOST": "0.0.0.0"}  # noqa: S104  # only shown

    done = rewind("config", "show", "--origin", "--data-dir", "elsewhere", folder=tmp_path, **given)

    lines = {line.split()[0]: " ".join(line.split()[2:]) for line in done.out.splitlines()}
    assert lines["REWIND_PORT"] == "9000 rewind.toml"
    assert lines["SYNC_LEASE_SECONDS"] == "120.0 rewind.toml"
    assert lines["REWIND_HOST"] == "0.0.0.0 environment REWIND_HOST"
    assert lines["REWIND_DATA_DIR"] == "elsewhere command line"
    assert lines["LASTFM_USER"].startswith("somebody file ")
    assert lines["DISCOGS_CURRENCY"] == "USD default"


def test_no_secret_is_ever_shown(tmp_path: Path) -> None:
    people = rewind("config", "show", "--origin", folder=tmp_path, **SECRETS)

    machines = rewind("config", "show", "--json", folder=tmp_path, **SECRETS)

    assert (people.code, machines.code) == (0, 0)
    assert "hunter2" not in people.said + machines.said


def test_json_has_value_and_origin_of_every_setting(tmp_path: Path) -> None:
    shown = json.loads(rewind("config", "show", "--json", folder=tmp_path, PORT="81").out)

    assert shown["REWIND_PORT"] == {"value": "81", "origin": "environment PORT"}
    assert {"REWIND_DATA_DIR", "LASTFM_API_KEY", "SYNC_RUN_DAYS"} <= shown.keys()
