"""Nothing is lost and nothing doubled, whenever a process of ours is killed."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.__main__ import main
from tests.crash.campaigns import LEASE_S, REAP_S, campaign
from tests.crash.places import Places

SLACK_S = 15.0
KILLS = 50


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with Places(tmp_path) as made:
        yield made


@pytest.fixture
def seed() -> int:
    """A new one every time; it stands in the output of a test that fails."""
    chosen = random.SystemRandom().randrange(1_000_000)
    print(f"seed {chosen}")  # noqa: T201  # needed to repeat a failure
    return chosen


async def test_a_killed_sync_goes_on_where_it_was(places: Places, seed: int) -> None:
    verdict = await campaign("sync", places.of("sqlite"), kills=2, seed=seed)

    assert verdict.clean, f"{verdict} {verdict.faults}"


async def test_a_killed_import_repeated_stores_the_rest(places: Places, seed: int) -> None:
    verdict = await campaign("import", places.of("postgresql"), kills=2, seed=seed)

    assert verdict.clean, f"{verdict} {verdict.faults}"


async def test_another_worker_takes_over_from_a_killed_one(places: Places, seed: int) -> None:
    verdict = await campaign("worker", places.of("sqlite"), kills=2, seed=seed)

    assert verdict.clean, f"{verdict} {verdict.faults}"
    assert all(waited < LEASE_S + REAP_S + SLACK_S for waited in verdict.takeovers_s)


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_fifty_kills_lose_and_double_nothing(seed: int) -> None:
    verdict = await main(KILLS, seed, [])

    assert verdict.kills == KILLS
    assert verdict.clean, f"{verdict} {verdict.faults}"
