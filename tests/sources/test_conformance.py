"""What every source does alike, whatever its provider: a new one is held to this by being there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rewind_gql.clock import now
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams.edits import transform
from rewind_gql.demo.upstreams.effects import answer, broken, reset, stall, too_many, truncate
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES, trakt
from rewind_gql.store import versions
from rewind_gql.store.engine import Store
from rewind_gql.sync import run
from rewind_gql.sync.views import Run
from tests.databases import ME
from tests.sources.pretend import PRETENDS, Rig, rig_on

PASSING = {
    "an error page": broken(),
    "a body cut off": truncate(),
    "silence": stall(30),
    "silence halfway": stall(30, after=40),
    "a dropped connection": reset(hard=True),
    "a page in place of JSON": answer(200, body=b"<html>Down for maintenance</html>"),
    "a bad gateway": broken(502),
}
HICCUPS = [
    (name, label, effect)
    for name, pretend in PRETENDS.items()
    for label, effect in {**PASSING, **pretend.passing}.items()
]
GARBAGE = {"garbage": True}
# These have no lists of their own: they describe what others named, one thing at a time. Apple
# Music has one, of thirty songs without times.
DESCRIBING = {"tmdb", "apple_music", "itunes", "musicbrainz"}


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses a source makes up where its provider names none are short."""
    for pause in ("WINDOW_S", "BROKEN_S"):
        monkeypatch.setattr(trakt, pause, 0.01)


@pytest.fixture(params=sorted(PRETENDS))
def name(request: pytest.FixtureRequest) -> str:
    """Every source of lists."""
    return str(request.param)


@pytest.fixture
async def rig(
    sqlite_store: Store, settings: Callable[..., Settings], name: str, life: Life
) -> AsyncIterator[Rig]:
    """A source on SQLite."""
    async with rig_on(sqlite_store, settings, name, life) as made:
        yield made


@pytest.fixture
async def rig_on_both(
    store: Store, settings: Callable[..., Settings], name: str, life: Life
) -> AsyncIterator[Rig]:
    """A source on both databases."""
    async with rig_on(store, settings, name, life) as made:
        yield made


def test_every_source_has_a_card_and_a_pretend_provider() -> None:
    assert SOURCES.keys() == PRETENDS.keys() | DESCRIBING
    for name, card in SOURCES.items():
        assert card.name == name
        assert card.docs.startswith("https://")
        assert card.needs
    for name, pretend in PRETENDS.items():
        assert pretend.sync_type in {each.sync_type for each in SOURCES[name].streams()}


async def test_stores_all_there_is(rig_on_both: Rig, life: Life) -> None:
    done = await rig_on_both.sync()

    assert done.status == "success"
    assert await rig_on_both.stored() == rig_on_both.pretend.expected(life)


async def test_adds_nothing_the_second_time(rig_on_both: Rig) -> None:
    await rig_on_both.sync()
    before = await rig_on_both.stored()
    numbers = await rig_on_both.deps.store.ask(versions.numbers, ME)

    again = await rig_on_both.sync()

    assert (again.items_inserted, again.items_updated) == (0, 0)
    assert await rig_on_both.stored() == before
    after = await rig_on_both.deps.store.ask(versions.numbers, ME)
    risen = {name for name in after if after[name] != numbers[name]}
    assert risen == {"sync"} | rig_on_both.pretend.news


@pytest.mark.parametrize("pages", [1, 2])
async def test_loses_and_doubles_nothing_when_it_is_stopped(
    rig: Rig, life: Life, pages: int
) -> None:
    rule = rig.faults.add(stall(30), match=rig.pretend.listing, nth=pages + 1, times=None)
    run_id = await rig.trigger()
    worker = asyncio.create_task(run.run(rig.deps, run_id, 1))
    for _ in range(1_000):
        if rig.faults.count(rig.pretend.listing) > pages:
            break
        await asyncio.sleep(0.01)

    worker.cancel()
    await asyncio.wait({worker})
    rig.faults.remove(rule)
    done = await run.run(rig.deps, run_id, 2)

    assert done.status == "success"
    assert await rig.stored() == rig.pretend.expected(life)


async def test_loses_and_doubles_nothing_when_the_provider_fails_halfway(
    rig: Rig, life: Life
) -> None:
    rule = rig.faults.add(broken(), match=rig.pretend.listing, nth=2, times=None)
    failed = await rig.sync()
    kept = await rig.stored()
    rig.faults.remove(rule)

    done = await rig.sync()

    assert failed.status in ("failed", "partial")
    assert kept
    assert done.status == "success"
    assert await rig.stored() == rig.pretend.expected(life)


async def test_says_when_to_come_back(rig: Rig) -> None:
    rig.faults.add(too_many(retry_after=777), match=rig.pretend.listing)

    with pytest.raises(SourceBusy) as busy:
        await rig.batches()

    assert busy.value.retry_after == 777
    assert busy.value.kind == "rate_limit"
    assert rig.faults.count(rig.pretend.listing) == 1


async def test_stays_away_as_long_as_it_is_told(rig: Rig) -> None:
    rig.faults.add(too_many(retry_after=3_600), match=rig.pretend.listing, times=None)

    done = await rig.sync()

    row = await rig.row()
    assert (done.status in ("failed", "partial"), done.error_kind) == (True, "rate_limit")
    assert row.backoff_until is not None
    assert (row.backoff_until - now()).total_seconds() > 3_500


@pytest.mark.parametrize("status", [401, 403])
async def test_stops_at_once_when_it_is_refused(rig: Rig, status: int) -> None:
    refused = answer(status, body={"message": "You must authenticate"})
    rig.faults.add(refused, match=rig.pretend.listing, times=None)

    with pytest.raises(SourceDenied):
        await rig.batches()

    assert rig.faults.count(rig.pretend.listing) == 1


async def test_waits_for_a_person_when_it_is_refused(rig: Rig) -> None:
    rig.faults.add(answer(401, body={"message": "You must authenticate"}), times=None)

    done = await rig.sync()

    row = await rig.row()
    assert (done.status, done.error_kind) == ("failed", "auth")
    assert (row.paused, row.pause_reason) == (True, "auth_required")


async def test_keeps_an_unreadable_item_as_a_reject_and_stores_the_rest(
    rig: Rig, life: Life
) -> None:
    rig.faults.add(transform(_spoilt(rig, slice(10, 11))), match=rig.pretend.listing, nth=2)

    done = await rig.sync()

    assert (done.status, done.items_failed) == ("partial", 1)
    assert len(await rig.rejects()) == 1
    missing = rig.pretend.expected(life) - await rig.stored()
    assert missing.total() == 1


async def test_a_page_of_nothing_readable_stops_the_stream(rig: Rig) -> None:
    rig.faults.add(transform(_spoilt(rig, slice(None))), match=rig.pretend.listing, nth=2)

    with pytest.raises(SourceChanged):
        await rig.batches()


async def test_what_was_unreadable_is_read_by_the_next_run(rig: Rig, life: Life) -> None:
    rig.faults.add(transform(_spoilt(rig, slice(None))), match=rig.pretend.listing, nth=2)
    await rig.sync()

    done = await rig.sync()

    assert done.status in ("success", "skipped")
    assert await rig.stored() == rig.pretend.expected(life)


@pytest.mark.parametrize(
    ("which", "effect"),
    [pytest.param(name, effect, id=f"{name}-{label}") for name, label, effect in HICCUPS],
)
async def test_a_hiccup_costs_nothing(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life, which: str, effect: Any
) -> None:
    async with rig_on(sqlite_store, settings, which, life) as rig:
        rig.faults.add(effect, match=rig.pretend.listing, nth=2, times=2)

        done: Run = await rig.sync()

        assert done.status == "success"
        assert await rig.stored() == rig.pretend.expected(life)


async def test_an_answer_of_another_form_is_told_from_a_busy_provider(rig: Rig) -> None:
    rig.faults.add(answer(200, body={"unheard": "of"}), match=rig.pretend.listing)

    with pytest.raises((SourceChanged, LookupError)):
        await rig.batches()

    assert rig.faults.count(rig.pretend.listing) == 1


def _spoilt(rig: Rig, which: slice) -> Callable[[Any], Any]:
    """A page some of whose items are nothing of the kind."""

    def change(body: Any) -> Any:
        rows = body
        for step in rig.pretend.items:
            rows = rows[step]
        rows[which] = [GARBAGE] * len(rows[which])
        return body

    return change
