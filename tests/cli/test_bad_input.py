"""Odd arguments, settings, files and databases: every one refused in words, none with a trace."""

import os
from pathlib import Path

import pytest

from tests.cli.world import Ran, rewind

HALF = "\udcff\udcfe"
"""What a shell hands over for bytes that are no text."""
MIGRATE = ("migrate",)
NEW_KEY = ("keys", "create", "--name")
CONFIG = ("config", "show")

ARGUMENTS = [
    ((*NEW_KEY, "   "), "required"),
    ((*NEW_KEY, "x" * 101), "100 characters"),
    ((*NEW_KEY, HALF), "required"),
    ((*NEW_KEY, "x", "--expires", "1999"), "future"),
    ((*NEW_KEY, "x", "--expires", "soon"), "'soon' is not a date or time"),
    (("keys", "revoke", "9" * 40), "not found"),
    (("sync", "spotify"), "there are apple_music, discogs, itunes, lastfm"),
    (("import", "nowhere.csv"), "There is no file nowhere.csv"),
    (("import", f"{HALF}.csv"), "There is no file"),
    (("import", "."), "not a file"),
    (("import", "/dev/zero"), "not a file"),
    ((*MIGRATE, "--data-dir", "/dev/null/x"), "Not a directory"),
    ((*MIGRATE, "--data-dir", "x" * 300), "too long"),
    (("doctor", "--data-dir", "/proc/nowhere"), "/proc/nowhere"),
    (("worker",), "REWIND_REDIS_URL"),
]
SETTINGS = [
    ("REWIND_PORTT", "1", "Did you mean REWIND_PORT?"),
    ("REWIND_PORT", "9" * 20, "less than or equal to 65535"),
    ("PORT", "http", "environment PORT"),
    ("REWIND_CONFIG", "/nowhere.toml", "/nowhere.toml"),
    ("REWIND_SECRET_FILE", "/nowhere", "REWIND_SECRET_FILE points to /nowhere"),
    ("REWIND_SECRET", "hunter2", "at least 32 characters"),
    ("REWIND_UNPACED", "1", "only for pretend providers"),
    ("REWIND_TIME_ZONE", "Mars/Olympus", "IANA time zone"),
    ("REWIND_REDIS_URL", "http://:hunter2@here", "redis://host:6379/0"),
    ("SYNC_LEASE_SECONDS", "1", "SYNC_HEARTBEAT_SECONDS must be below"),
    ("SYNC_LEASE_SECONDS", "nan", "greater than 0"),
]
TOML = [
    (b"this is = = not toml", "cannot be read as TOML"),
    (b"\xff\xfe\x00", "cannot be read as TOML"),
    (b"prot = 1", "Did you mean port?"),
    (b"sync = 3", "[sync]"),
    (b"[sync]\nlease = 3", "Did you mean sync.lease_seconds?"),
    (b"allowed_origins = [1]", "REWIND_ALLOWED_ORIGINS"),
    (b"[port]\na = 1", "REWIND_PORT"),
]
DATABASES = [
    ("nonsense", "sqlite:////folder/rewind.db or postgresql://"),
    ("mysql://here/x", "sqlite:////folder/rewind.db or postgresql://"),
    ("sqlite://", "in memory"),
    ("sqlite:////proc/x.db", "unable to open database file"),
    ("sqlite:////etc", "unable to open database file"),
    ("postgresql://[::1", "sqlite:////folder/rewind.db or postgresql://"),
    ("postgresql://here:port/x", "sqlite:////folder/rewind.db or postgresql://"),
    ("postgresql://me:hunter2@127.0.0.1:1/x", "cannot be used"),
]
FOLDERS = [
    (MIGRATE, "data/rewind.db", b"this is not a database" * 100, "file is not a database"),
    ((*NEW_KEY, "x"), "data/secret.key", b"short", "too short"),
    ((*NEW_KEY, "x"), "data/secret.key/in-the-way", b"", "Is a directory"),
    (MIGRATE, "data/rewind.db/in-the-way", b"", "unable to open database file"),
    (MIGRATE, "data", b"", "File exists"),
]


def refused(done: Ran, words: str) -> bool:
    """Whether a command failed in the words asked for, and neither traced nor told a secret."""
    assert done.code in (1, 2), done.said
    assert words in done.said
    return not any(slip in done.said for slip in ("Traceback", "hunter2", "mistake of ours"))


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS, ids=lambda value: str(value)[:40])
def test_odd_arguments_are_refused(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    given = [os.fsencode(argument) for argument in arguments]

    assert refused(rewind(*given, folder=tmp_path), words)


@pytest.mark.parametrize(("name", "value", "words"), SETTINGS)
def test_odd_settings_are_refused(name: str, value: str, words: str, tmp_path: Path) -> None:
    assert refused(rewind(*CONFIG, folder=tmp_path, **{name: value}), words)


@pytest.mark.parametrize(("content", "words"), TOML)
def test_an_odd_rewind_toml_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "rewind.toml").write_bytes(content)

    assert refused(rewind(*CONFIG, folder=tmp_path), words)


@pytest.mark.parametrize(("url", "words"), DATABASES)
def test_an_unusable_database_is_refused(url: str, words: str, tmp_path: Path) -> None:
    done = rewind("migrate", "--json", folder=tmp_path, REWIND_DATABASE_URL=url)

    assert done.err == ""
    assert refused(done, words)


@pytest.mark.parametrize(("arguments", "path", "content", "words"), FOLDERS)
def test_an_unusable_data_folder_is_refused(
    arguments: tuple[str, ...], path: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(content)

    assert refused(rewind(*arguments, folder=tmp_path), words)
