"""Sources registered from settings, built for a run, and queued when they are due."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import SourceDenied
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.lastfm import Lastfm
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, schedule, sources
from rewind_gql.sync.tables import Source
from tests.databases import ME, OTHER
from tests.sync.engine import Engine

Make = Callable[..., Settings]
KEYS = {"lastfm_api_key": "key-of-lastfm", "lastfm_user": "ann"}


async def _register(store: Store, settings: Settings) -> list[tuple[str, str, int, bool]]:
    async with store.write() as conn:
        await sources.register(conn, ME, settings)
    found = await store.ask(queries.sources, ME)
    return [
        (each.account, each.sync_type, each.interval_s, each.next_due_at is not None)
        for each in found
        if each.provider == "lastfm"
    ]


async def test_every_sync_type_of_a_configured_provider_is_due_at_once(
    store: Store, settings: Make
) -> None:
    made = [await _register(store, settings(**KEYS)) for _ in range(2)]

    types = {stream.sync_type for stream in SOURCES["lastfm"].streams()}
    assert made[0] == made[1]
    assert {sync_type for _, sync_type, _, _ in made[0]} == types
    assert {(account, due) for account, _, _, due in made[0]} == {("ann", True)}
    assert ("ann", "scrobbles", 900, True) in made[0]


async def test_a_provider_without_its_keys_is_not_there(store: Store, settings: Make) -> None:
    assert await _register(store, settings(lastfm_user="ann")) == []


async def test_a_provider_whose_keys_are_gone_leaves_the_schedule(
    store: Store, settings: Make
) -> None:
    await _register(store, settings(**KEYS))

    gone = await _register(store, settings())
    back = await _register(store, settings(**KEYS))

    assert {due for *_, due in gone} == {False}
    assert {due for *_, due in back} == {True}


async def test_waiting_for_keys_ends_with_the_next_start_but_a_persons_pause_does_not(
    engine: Engine,
) -> None:
    async def paused_with(reason: str) -> bool:
        async with engine.store.write() as conn:
            await ledger.pause(conn, ME, source_id=engine.source_id, reason=reason)
            await sources.register(conn, ME, engine.deps.settings, cards=engine.deps.sources)
        return (await engine.source()).paused

    assert [await paused_with("auth_required"), await paused_with("manual")] == [False, True]


def test_options_are_text_and_tell_which_are_secret(settings: Make) -> None:
    found, secret = sources.options(settings(**KEYS), Lastfm)

    assert found["lastfm_api_key"] == "key-of-lastfm"
    assert found["lastfm_user"] == "ann"
    assert secret == ["key-of-lastfm"]


async def test_a_run_without_its_keys_says_which(engine: Engine) -> None:
    run_id = await engine.trigger()
    async with engine.store.write() as conn:
        claimed = await ledger.claim(conn, run_id, 1, worker="one", lease=engine.deps.lease)
    assert claimed is not None
    claimed.provider = "lastfm"
    engine.deps.sources["lastfm"] = Lastfm  # type: ignore[index]  # a dict in tests

    with pytest.raises(SourceDenied, match="LASTFM_API_KEY, LASTFM_USER"):
        await sources.build(engine.deps, claimed)


async def test_sealed_secrets_reach_the_source(engine: Engine) -> None:
    async with engine.store.write() as conn:
        await engine.deps.vault.put(conn, ME, "songs", "", "songs_token", "abc")
        await engine.deps.vault.put(conn, OTHER, "songs", "", "songs_other", "xyz")
    run_id = await engine.trigger()
    async with engine.store.write() as conn:
        claimed = await ledger.claim(conn, run_id, 1, worker="one", lease=engine.deps.lease)
    assert claimed is not None

    source = await sources.build(engine.deps, claimed)

    assert (source.option("songs_token"), source.option("songs_other")) == ("abc", "")


async def test_due_sources_are_queued_one_run_for_an_account_at_a_time(engine: Engine) -> None:
    first = await schedule.enqueue_due(engine.deps)
    second = await schedule.enqueue_due(engine.deps)

    assert (first, second, len(engine.queue.runs())) == (1, 0, 1)


async def test_what_is_not_due_or_paused_is_left_alone(engine: Engine) -> None:
    later = clock.now() + timedelta(minutes=1)
    await engine.change(update(Source).values(next_due_at=later))
    not_due = await schedule.enqueue_due(engine.deps)
    await engine.change(
        update(Source).values(next_due_at=clock.EPOCH, paused=True, pause_reason="manual")
    )

    paused = await schedule.enqueue_due(engine.deps)

    assert (not_due, paused) == (0, 0)


async def test_a_failing_source_is_tried_again_after_its_long_wait(engine: Engine) -> None:
    failing = {"paused": True, "pause_reason": "failing", "next_due_at": clock.EPOCH}
    later = clock.now() + timedelta(hours=1)
    await engine.change(update(Source).values(**failing, backoff_until=later))
    waiting = await schedule.enqueue_due(engine.deps)
    await engine.change(
        update(Source).where(col(Source.id) == engine.source_id).values(backoff_until=clock.EPOCH)
    )

    tried = await schedule.enqueue_due(engine.deps)

    assert (waiting, tried) == (0, 1)
