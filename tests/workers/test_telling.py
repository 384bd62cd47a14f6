"""Workers tell the servers what they commit, so that live streams need not look for it."""

from collections.abc import Callable

import pytest

from rewind_gql.ports.jobs import RedisJobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Hub, signals
from rewind_gql.sync.live import hub as live_hub
from tests.sync.streaming import listening
from tests.workers.conftest import Redis, Workers
from tests.workers.runs import queued

WORKERS = {"supervised": (), "arq": ("-m", "arq", "workers.settings.WorkerSettings")}


@pytest.mark.parametrize("command", WORKERS.values(), ids=WORKERS)
async def test_a_stream_is_told_by_a_worker_of_every_event(
    store: Store,
    lastfm_settings: Settings,
    workers: Workers,
    redis: Redis,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    settings: Callable[..., Settings],
) -> None:
    monkeypatch.setattr(live_hub, "POLL_S", 3_600)  # nothing is found by looking
    jobs = RedisJobs(redis.url)
    by = signals(store, settings(redis_url=redis.url))
    hub = Hub(store, lastfm_settings.sync, by)
    async with hub.running(), listening(hub, replay=1) as reader:
        await queued(store, lastfm_settings, jobs)
        workers.start(*command)

        await reader.until(lambda one: bool(one.items) and one.items[-1].stage == "completed")
    await jobs.close()

    assert reader.seqs == list(range(1, len(reader.seqs) + 1))
