"""Health over REST."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from rewind_gql import clock
from rewind_gql.sync import ledger
from rewind_gql.sync.tables import Run, Source
from tests.databases import ME, OTHER
from tests.serving import Api, desk_of, serving

SYNC = "/v1/health/sync"
SIX = ["listening", "running", "watching", "collecting", "reading", "attending"]
NEVER = {
    "last_sync": None,
    "status": "never",
    "sync_type": "unknown",
    "items_synced": None,
    "duration_ms": None,
    "error": None,
    "error_rate": 0,
}


async def source(api: Api, sync_type: str = "scrobbles", **given: Any) -> int:
    """A registered Last.fm source."""
    row = {
        "user_id": ME,
        "provider": "lastfm",
        "account": "somebody",
        "domain": "listening",
        "sync_type": sync_type,
        "cursor": {},
        "checkpoint": {},
        "interval_s": 900,
        "next_due_at": None,
        "paused": False,
        "pause_reason": None,
        "backoff_until": None,
        "consecutive_failures": 0,
        "last_success_at": None,
        "last_run_id": None,
        **given,
    }
    async with api.desk.store.write() as conn:
        made = await conn.execute(insert(Source).values(row).returning(Source.__table__.c.id))  # type: ignore[attr-defined]  # a table
        made_id: int = made.scalar_one()
    return made_id


async def run(api: Api, status: str, *, ago: timedelta, user_id: int = ME, **given: Any) -> None:
    """A run that started so long ago and took 100 seconds; unfinished when in progress."""
    at = clock.now() - ago
    row = ledger.blank(
        user_id, source="pull", provider="lastfm", domain="listening", sync_type="scrobbles"
    )
    ended: datetime | None = None if status == "in_progress" else at + timedelta(seconds=100)
    row |= {"status": status, "queued_at": at, "started_at": at, "ended_at": ended, **given}
    async with api.desk.store.write() as conn:
        await conn.execute(insert(Run).values(row))


async def test_the_clock_is_read_at_each_request(quick_api: Api) -> None:
    before = clock.iso(clock.now())

    told = (await quick_api.ask("/v1/health", key=None)).json()["timestamp"]

    assert before <= told <= clock.iso(clock.now())


async def test_the_six_domains_are_always_there(api: Api) -> None:
    answered = await api.ask(SYNC)

    body = answered.json()
    assert answered.headers["cache-control"] == "private, max-age=15"
    assert list(body) == ["status", "domains", "enrichment", "integrity"]
    assert body["status"] == "ok"
    assert list(body["domains"]) == SIX
    assert body["domains"]["running"] == {**NEVER, "sources": {}}
    assert body["enrichment"] == {
        "artists_missing_apple_music_url_with_plays": 0,
        "artists_missing_apple_music_url": 0,
        "tracks_missing_itunes_enrichment": 0,
    }
    assert body["integrity"] == {"lastfm_album_artist_mismatch_count": 0}


async def test_the_newest_run_speaks_for_its_domain(api: Api) -> None:
    await run(api, "failed", ago=timedelta(hours=3), error="too old to tell")
    await run(api, "success", ago=timedelta(hours=2))
    await run(api, "success", ago=timedelta(hours=1), items_inserted=8, items_updated=2)
    await run(api, "failed", ago=timedelta(minutes=1), user_id=OTHER)

    told = (await api.ask(SYNC)).json()["domains"]["listening"]

    last_sync = told.pop("last_sync")
    assert last_sync.endswith("Z")
    assert told == {
        "status": "completed",
        "sync_type": "scrobbles",
        "items_synced": 10,
        "duration_ms": 100_000,
        "error": None,
        "error_rate": 0.33,
        "sources": {},
    }


@pytest.mark.parametrize(
    ("status", "word", "duration"),
    [
        ("in_progress", "running", None),
        ("partial", "completed", 100_000),
        ("skipped", "completed", 100_000),
        ("failed", "failed", 100_000),
    ],
)
async def test_each_outcome_has_its_word(
    quick_api: Api, status: str, word: str, duration: int | None
) -> None:
    await run(quick_api, status, ago=timedelta(hours=1), error="what went wrong")

    told = (await quick_api.ask(SYNC)).json()["domains"]["listening"]

    assert (told["status"], told["duration_ms"]) == (word, duration)
    assert told["error"] == ("what went wrong" if status == "failed" else None)


async def test_whole_rates_are_printed_as_whole_numbers(quick_api: Api) -> None:
    await run(quick_api, "failed", ago=timedelta(hours=1))

    assert '"error_rate":1,' in (await quick_api.ask(SYNC)).text


async def test_each_source_is_told_by_itself(quick_api: Api) -> None:
    now = clock.now()
    await source(quick_api, last_success_at=now - timedelta(minutes=20), next_due_at=now)
    bad = await source(
        quick_api,
        "top_lists",
        last_success_at=now - timedelta(minutes=46),
        consecutive_failures=4,
        last_run_id="run-1",
    )
    await run(quick_api, "failed", ago=timedelta(hours=1), id="run-1", source_id=bad, error="gone")

    told = (await quick_api.ask(SYNC)).json()["domains"]["listening"]["sources"]

    assert list(told) == ["lastfm/scrobbles", "lastfm/top_lists"]
    assert told["lastfm/scrobbles"] == {
        **NEVER,
        "sync_type": "scrobbles",
        "next_run": clock.iso(now),
        "consecutive_failures": 0,
        "stale": False,
    }
    listed = told["lastfm/top_lists"]
    assert (listed["status"], listed["error"], listed["error_rate"]) == ("failed", "gone", 1)
    assert (listed["consecutive_failures"], listed["stale"]) == (4, True)
    assert listed["next_run"] is None


async def test_it_needs_a_key(quick_api: Api) -> None:
    assert (await quick_api.ask(SYNC, key=None)).status_code == 401
    assert (await quick_api.ask(SYNC, key="admin")).status_code == 200


async def test_an_open_one_keeps_its_errors_to_itself(quick_api: Api) -> None:
    await run(quick_api, "failed", ago=timedelta(hours=1), error="/home/somebody")
    settings = quick_api.desk.settings.model_copy(update={"health_public": True})

    async with serving(desk_of(quick_api.desk.store, settings)) as api:
        without = await api.ask(SYNC, key=None)
        with_key = await api.ask(SYNC)
        wrong_key = await api.ask(SYNC, key="rw_live_wrong")

    assert without.json()["domains"]["listening"]["error"] is None
    assert without.json()["domains"]["listening"]["status"] == "failed"
    assert with_key.json()["domains"]["listening"]["error"] == "/home/somebody"
    assert wrong_key.status_code == 401


async def test_parameters_and_methods(quick_api: Api) -> None:
    assert (await quick_api.ask(f"{SYNC}?limit=x&limit=y")).status_code == 200
    refused = await quick_api.ask(SYNC, method="POST")

    assert refused.json() == {"error": "Method not allowed", "status": 405}
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_an_unchanged_state_is_304(quick_api: Api) -> None:
    tag = (await quick_api.ask(SYNC)).headers["etag"]

    assert (await quick_api.ask(SYNC, headers={"If-None-Match": tag})).status_code == 304
