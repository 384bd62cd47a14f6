"""Limits: so many in any sixty seconds, in memory and in Redis."""

import itertools
import time
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from rewind_gql.auth.limits import Allowance, Limits, MemoryLimits, RedisLimits, limits, tell


class Time:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", "redis"])
async def any_limits(request: pytest.FixtureRequest) -> AsyncIterator[Limits]:
    """Limits of either kind."""
    if request.param == "memory":
        yield limits(None)
        return
    redis = request.getfixturevalue("redis_url")
    shared = limits(redis)
    yield shared
    await shared.close()


async def test_a_minute_holds_as_many_as_allowed(any_limits: Limits) -> None:
    spent = [await any_limits.hit("one", 3) for _ in range(5)]

    assert [each.allowed for each in spent] == [True, True, True, False, False]
    assert [each.remaining for each in spent] == [2, 1, 0, 0, 0]
    assert {each.limit for each in spent} == {3}


async def test_names_are_counted_apart(any_limits: Limits) -> None:
    first = await any_limits.hit("a", 1)
    second = await any_limits.hit("b", 1)

    assert (first.allowed, second.allowed) == (True, True)


async def test_the_window_moves_and_refusals_do_not_hold_it_up() -> None:
    at = Time()
    memory = MemoryLimits(at)
    await memory.hit("one", 2)
    at.now += 30
    await memory.hit("one", 2)
    for _ in range(5):
        refused = await memory.hit("one", 2)
        assert (refused.allowed, refused.retry_after(at.now)) == (False, 30)

    at.now += 30
    again = await memory.hit("one", 2)
    over = await memory.hit("one", 2)

    assert again.allowed
    assert not over.allowed
    assert over.reset_at == 1_000.0 + 30 + 60


async def test_no_sixty_seconds_hold_more_than_the_limit() -> None:
    at = Time()
    memory = MemoryLimits(at)
    let_through = []
    for step in itertools.islice(itertools.cycle([0.1, 7, 0.4, 11, 2]), 500):
        at.now += step
        if (await memory.hit("one", 5)).allowed:
            let_through.append(at.now)

    assert all(
        late - early >= 60 for early, late in zip(let_through, let_through[5:], strict=False)
    )


async def test_a_lowered_limit_counts_what_was_used_before() -> None:
    at = Time()
    memory = MemoryLimits(at)
    for _ in range(10):
        await memory.hit("one", 10)
        at.now += 1

    lowered = await memory.hit("one", 4)

    assert (lowered.allowed, lowered.remaining) == (False, 0)
    assert lowered.reset_at == 1_000.0 + 6 + 60


async def test_names_not_seen_for_a_minute_are_forgotten() -> None:
    at = Time()
    memory = MemoryLimits(at)
    for number in range(5_000):
        at.now += 1
        await memory.hit(str(number), 60)

    assert len(memory._hits) <= 1_000


async def test_without_redis_each_process_counts_for_itself() -> None:
    away = RedisLimits("redis://127.0.0.1:1/0")

    spent = [(await away.hit("one", 2)).allowed for _ in range(3)]

    assert spent == [True, True, False]
    await away.close()


async def test_two_processes_share_one_limit(redis_url: str) -> None:
    first, second = RedisLimits(redis_url), RedisLimits(redis_url)

    spent = [(await each.hit("shared", 3)).allowed for each in (first, second, first, second)]

    assert spent == [True, True, True, False]
    await first.close()
    await second.close()


async def test_a_dear_request_counts_as_several(any_limits: Limits) -> None:
    spent = [await any_limits.hit("dear", 5, cost) for cost in (3, 3, 2, 1)]

    assert [each.allowed for each in spent] == [True, False, True, False]
    assert [each.remaining for each in spent] == [2, 2, 0, 0]


async def test_a_request_dearer_than_the_limit_never_fits(any_limits: Limits) -> None:
    spent = await any_limits.hit("dearest", 2, 3)

    assert (spent.allowed, spent.remaining) == (False, 2)


async def test_a_redis_that_is_away_is_left_alone_for_a_while() -> None:
    away = RedisLimits("redis://127.0.0.1:1/0")

    with capture_logs() as logged:
        for _ in range(20):
            await away.hit("one", 100)
            await away.left("one", 100)

    assert len(logged) == 1
    assert (await away.left("one", 100)).remaining == 80
    await away.close()


def test_what_is_left_is_told_by_headers() -> None:
    spent = Allowance(True, 60, 59, time.time() + 30)

    told = dict(spent.headers())

    assert told[b"x-ratelimit-limit"] == b"60"
    assert told[b"x-ratelimit-remaining"] == b"59"
    assert told[b"ratelimit-policy"] == b'"minute";q=60;w=60'
    assert told[b"ratelimit"] in (b'"minute";r=59;t=30', b'"minute";r=59;t=29')


def test_what_is_told_last_counts() -> None:
    headers = [(b"x-request-id", b"1"), *Allowance(True, 60, 59, 0.0).headers()]

    tell(headers, Allowance(True, 60, 50, 0.0))

    assert dict(headers)[b"x-ratelimit-remaining"] == b"50"
    assert len(headers) == 6
