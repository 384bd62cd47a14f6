"""Work that may take only so long."""

import asyncio

import pytest

from rewind_gql.patience import Late, within

pytestmark = pytest.mark.either


class Broken(Exception):
    """What the work raises."""


async def test_what_is_done_at_once_is_given() -> None:
    async def work() -> int:
        return 1

    assert await within(work(), 0.001) == 1


async def test_what_waits_a_little_is_given_with_all_it_waited_for() -> None:
    async def work() -> list[int]:
        found = [await asyncio.sleep(0.001, n) for n in range(3)]
        return [*found, *await asyncio.gather(asyncio.sleep(0, 7), asyncio.sleep(0.001, 8))]

    assert await within(work(), 5) == [0, 1, 2, 7, 8]


async def test_what_waits_too_long_is_broken_off_and_may_clean_up() -> None:
    told = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0.001)
            told.append("cleaned")

    with pytest.raises(Late):
        await within(work(), 0.01)

    assert told == ["cleaned"]
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]  # a test is a task


@pytest.mark.parametrize("waits", [False, True])
async def test_what_the_work_raises_is_raised(waits: bool) -> None:
    async def work() -> None:
        if waits:
            await asyncio.sleep(0)
        raise Broken

    with pytest.raises(Broken):
        await within(work(), 5)


async def test_a_time_out_of_the_works_own_is_its_own() -> None:
    async def work() -> None:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        await within(work(), 5)


async def test_who_is_cancelled_cancels_the_work() -> None:
    told = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    task = asyncio.create_task(within(work(), 5))
    await asyncio.sleep(0.001)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == ["cancelled"]
