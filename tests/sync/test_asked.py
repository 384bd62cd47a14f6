"""Who was asked for pictures, counted from the events of the runs that did."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from rewind_gql import clock
from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.asked import asked
from tests.databases import ME, OTHER
from tests.sync.pictured import Looking, heard, itunes, local, looking, serve, sold

SOLD = 3


@pytest.fixture
def faults() -> Faults:
    """What goes wrong at the shop: nothing, until a test says so."""
    return Faults()


@pytest.fixture
def shop(faults: Faults) -> Iterator[str]:
    """Where a shop of three covers answers."""
    with serve(itunes.app(sold(SOLD), faults)) as url:
        yield url


@pytest.fixture
async def there(
    store: Store, settings: Callable[..., Settings], shop: str, faults: Faults
) -> AsyncIterator[Looking]:
    """A worker on both databases."""
    async with looking(store, settings(**local(shop)), faults) as made:
        yield made


async def test_a_source_tells_how_often_each_outcome_came(there: Looking) -> None:
    await heard(there.store, SOLD + 2)
    since = clock.now() - clock.DAY

    await there.look(kinds=("albums",))

    [itunes_] = await there.store.ask(asked, ME, since=since)
    assert (itunes_.source, itunes_.asked) == ("itunes", SOLD + 2)
    assert (itunes_.found, itunes_.none + itunes_.unfit, itunes_.failed) == (SOLD, 2, 0)
    assert itunes_.mean_ms > 0
    assert itunes_.error_rate == 0


async def test_an_outage_shows_as_a_rate(there: Looking) -> None:
    await heard(there.store, 4)
    there.faults.add(broken(), match="/search", times=None)

    await there.look(kinds=("albums",))

    [itunes_] = await there.store.ask(asked, ME, since=clock.now() - clock.DAY)
    assert (itunes_.asked, itunes_.failed, itunes_.error_rate) == (4, 4, 1.0)


async def test_older_runs_and_other_peoples_do_not_count(there: Looking) -> None:
    await heard(there.store, 1)
    await there.look(kinds=("albums",))

    later = await there.store.ask(asked, ME, since=clock.now() + clock.DAY)
    others = await there.store.ask(asked, OTHER, since=clock.now() - clock.DAY)

    assert later == others == []
