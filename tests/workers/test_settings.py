"""What arq is told, and the table of recurring jobs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from arq.utils import import_string

from rewind_gql.errors import BadSettings
from rewind_gql.ports.jobs import from_bytes, to_bytes
from rewind_gql.settings import Settings, SyncSettings
from workers.jobs import HANDLERS
from workers.settings import worker_options
from workers.timetable import Entry, checked, every, timetable

AT = datetime(2026, 1, 1, 4, 9, 31, tzinfo=UTC)


def test_every_recurring_job_has_its_handler() -> None:
    entries = checked(timetable(SyncSettings()))

    jobs = {"tick", "reap", "heal", "prune", "sweep", "check"}
    assert {entry.job for entry in entries} == jobs <= set(HANDLERS)


def test_a_recurring_job_without_a_handler_is_refused() -> None:
    with pytest.raises(BadSettings, match="'water_plants'"):
        checked([*timetable(SyncSettings()), Entry(job="water_plants")])


def test_what_is_not_enabled_does_not_run() -> None:
    assert checked([Entry(job="tick", enabled=False)]) == []


@pytest.mark.parametrize(
    ("seconds", "next_at"),
    [
        (0.2, AT.replace(second=32)),
        (15, AT.replace(second=45)),
        (60, AT.replace(minute=10, second=0)),
        (300, AT.replace(minute=10, second=0)),
        (86_400, AT.replace(hour=5, minute=0, second=0)),
    ],
)
def test_times_follow_from_the_interval(seconds: float, next_at: datetime) -> None:
    assert every(seconds, "reap").after(AT) == next_at


def test_pruning_is_daily() -> None:
    prune = next(entry for entry in timetable(SyncSettings()) if entry.job == "prune")

    assert prune.after(AT) == AT.replace(minute=10, second=0)
    assert prune.after(prune.after(AT)) == AT.replace(day=2, minute=10, second=0)


def test_originals_are_compared_on_sundays() -> None:
    check = next(entry for entry in timetable(SyncSettings()) if entry.job == "check")

    assert check.after(AT) == datetime(2026, 1, 4, 4, 50, tzinfo=UTC)
    assert check.after(check.after(AT)) == datetime(2026, 1, 11, 4, 50, tzinfo=UTC)


def test_arq_finds_its_settings_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REWIND_REDIS_URL", "redis://127.0.0.1:6390/3")

    found = import_string("workers.settings.WorkerSettings")

    assert {function.name for function in found.functions} == set(HANDLERS)
    assert (found.redis_settings.port, found.redis_settings.database) == (6390, 3)
    assert found.keep_result == 0
    assert all(function.keep_result_s == 0 for function in found.functions)


def test_a_separate_worker_needs_redis(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="REWIND_REDIS_URL"):
        worker_options(Settings(data_dir=tmp_path))


def test_jobs_travel_as_json() -> None:
    job = {"t": None, "f": "sync", "a": [], "k": {"run_id": "pull_1", "attempt": 1}, "et": 1}

    assert to_bytes(job).startswith(b"{")
    assert from_bytes(to_bytes(job)) == job
