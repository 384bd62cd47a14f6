"""`rewind sync`: everything in, once, whoever else is at it and whatever a provider does."""

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rewind_gql.demo.upstreams.exchange import Exchange
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries
from tests.cli.world import World, begin, pretending, rewind, small_life
from tests.crash.judging import judge, rows
from tests.databases import ME

RUNS = "SELECT sync_type, status, attempt, trigger FROM sync_run ORDER BY queued_at, id"


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'rewind.db'}"


@contextmanager
def held_page(world: World, number: int) -> Iterator[tuple[threading.Event, threading.Event]]:
    """One page of plays that waits; gives the sign that it was asked for, and the one to go on."""
    asked, go = threading.Event(), threading.Event()

    async def hold(exchange: Exchange) -> None:
        asked.set()
        while not go.is_set():  # noqa: ASYNC110  # an event of another thread
            await asyncio.sleep(0.02)
        await exchange.go()

    world.lastfm.add(hold, match="getrecenttracks", nth=number)
    yield asked, go
    go.set()


def test_without_settings_it_says_what_it_needs(tmp_path: Path) -> None:
    done = rewind("sync", folder=tmp_path)

    assert (done.code, done.out) == (1, "")
    assert "lastfm: LASTFM_API_KEY, LASTFM_USER" in done.err
    assert "discogs: DISCOGS_TOKEN" in done.err


async def test_a_sync_stores_everything_the_providers_have(synced: Path, world: World) -> None:
    verdict = await judge(database(synced), world.life, shelf=True)

    assert verdict.clean, f"{verdict} {verdict.faults}"


async def test_a_second_sync_adds_nothing(synced: Path, world: World) -> None:
    done = rewind("sync", folder=synced, **world.settings)

    verdict = await judge(database(synced), world.life, shelf=True)
    assert (done.code, done.out) == (0, "")
    assert "lastfm scrobbles: skipped: 0 new" in done.err
    assert verdict.clean, f"{verdict} {verdict.faults}"


def test_json_is_every_run_in_the_order_of_the_sources(synced: Path, world: World) -> None:
    done = rewind("sync", "--json", folder=synced, **world.settings)

    runs = json.loads(done.out)
    kinds = [(run["provider"], run["sync_type"]) for run in runs if run["ended_at"]]
    assert (done.code, done.err) == (0, "")
    assert kinds == [
        ("lastfm", "scrobbles"),
        ("lastfm", "top_lists"),
        ("lastfm", "user_stats"),
        ("lastfm", "artist_tags"),
        ("lastfm", "artist_bios"),
        ("lastfm", "artist_similar"),
        ("discogs", "full"),
        ("discogs", "details"),
    ]


def test_one_source_alone_asks_no_other(synced: Path, world: World) -> None:
    done = rewind("sync", "discogs", folder=synced, **world.settings)

    assert done.code == 0
    assert world.discogs.requests
    assert world.lastfm.requests == []


def test_a_plan_says_what_would_be_done_and_asks_nobody(tmp_path: Path, world: World) -> None:
    before = rewind("sync", "--plan", folder=tmp_path, **world.settings)

    rows_ = json.loads(rewind("sync", "--plan", "--json", folder=tmp_path, **world.settings).out)

    assert before.code == 0
    assert before.out.count("reads everything") == len(rows_) == 8
    assert {row["source"] for row in rows_ if row["due"]} == {"lastfm", "discogs"}
    assert world.lastfm.requests == world.discogs.requests == []


def test_a_plan_knows_only_the_account_that_is_set(synced: Path, world: World) -> None:
    other = world.settings | {"LASTFM_USER": "somebody-else"}

    plan = json.loads(rewind("sync", "lastfm", "--plan", "--json", folder=synced, **other).out)

    assert {row["account"] for row in plan} == {"somebody-else"}


async def test_of_two_at_once_the_second_follows_the_first(tmp_path: Path, world: World) -> None:
    with held_page(world, 3) as (asked, go):
        first = begin("sync", "lastfm", folder=tmp_path, **world.settings)
        assert asked.wait(30)
        second = begin("sync", "lastfm", folder=tmp_path, **world.settings)
        assert second.stderr is not None
        told = await asyncio.to_thread(second.stderr.readline)
        go.set()
        ends = [await asyncio.to_thread(each.communicate, timeout=60) for each in (first, second)]

    runs = [kind for kind, *_ in await rows(database(tmp_path), RUNS)]
    assert told == b"lastfm scrobbles: under way already, following it (or taking over soon)\n"
    assert (first.returncode, second.returncode) == (0, 0)
    assert all(b"lastfm scrobbles: success: 1,500 new" in err for _, err in ends)
    assert runs.count("scrobbles") == 1


async def test_stopped_by_ctrl_c_it_gives_the_run_back_and_goes_on_later(
    tmp_path: Path, world: World
) -> None:
    with held_page(world, 3) as (asked, go):
        stopped = begin("sync", "lastfm", folder=tmp_path, **world.settings)
        assert asked.wait(30)
        stopped.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(stopped.communicate, timeout=60)
        go.set()
    left = await rows(database(tmp_path), "SELECT stage, attempt, max_attempts FROM sync_run")

    done = rewind("sync", "lastfm", folder=tmp_path, **world.settings)

    runs = await rows(database(tmp_path), RUNS)
    assert (stopped.returncode, b"Traceback" in said) == (130, False)
    assert left == [("queued", 2, 4)]
    assert done.code == 0, done.said
    assert runs[0] == ("scrobbles", "success", 2, "manual")


def test_a_refused_key_is_told_and_the_other_source_synced(tmp_path: Path, world: World) -> None:
    done = rewind("sync", folder=tmp_path, **world.settings | {"LASTFM_API_KEY": "wrong" * 6})

    seen = rewind("sources", folder=tmp_path, **world.settings)

    assert done.code == 1
    assert "lastfm scrobbles: failed (Last.fm: Invalid API key" in done.err
    assert "discogs full: success" in done.err
    assert "wrong" not in done.said + seen.said


async def test_a_source_paused_by_hand_is_left_out_unless_named(synced: Path, world: World) -> None:
    store = await Store.open(database(synced))
    found = await store.ask(queries.sources, ME)
    paused = next(each.id for each in found if each.sync_type == "scrobbles")
    async with store.write() as conn:
        await ledger.pause(conn, ME, source_id=paused)
    await store.close()

    everything = rewind("sync", folder=synced, **world.settings)
    named = rewind("sync", "lastfm", folder=synced, **world.settings)

    assert everything.code == 0
    assert "lastfm scrobbles: paused, left out" in everything.err
    assert (named.code, named.err) == (1, "rewind: This source is paused; resume it first.\n")


def test_a_provider_that_answers_nonsense_is_told_without_a_trace(tmp_path: Path) -> None:
    async def nonsense(exchange: Exchange) -> None:
        reply = await exchange.capture()
        await exchange.reply(reply.with_body(b'{"recenttracks": 7}'))

    with pretending(small_life(plays=300)) as world:
        world.lastfm.add(nonsense, match="getrecenttracks", times=None)
        done = rewind("sync", "lastfm", folder=tmp_path, **world.settings)

    assert done.code == 1
    assert "lastfm scrobbles: failed (" in done.err
    assert "Traceback" not in done.said
