"""Which domains have changed, told as it is committed, and without a gap after a break."""

from typing import Any

import pytest

from tests.databases import OTHER
from tests.schema.conftest import Asking
from tests.schema.life import DAY, NOON, hear, play
from tests.schema.test_subscriptions import followed

CHANGES = """subscription($since: DataVersion, $domains: [String!]) {
  changes(since: $since, domains: $domains) { changed { domain version } version }
}"""


async def heard(ask: Asking, name: str, user_id: int = 1) -> None:
    """One more play."""
    async with ask.deps.store.write() as conn:
        await hear(conn, play("Low", "Hey What", name, NOON + 30 * DAY), user_id=user_id)


async def version(ask: Asking, user_id: int = 1) -> str:
    """What an answer's header says now."""
    return (await ask.deps.caching.versions.of(user_id)).header.decode()


def domains(told: dict[str, Any]) -> list[str]:
    """The domains that one change names."""
    return [each["domain"] for each in told["data"]["changes"]["changed"]]


async def test_what_changed_since_an_answer_comes_first(own_ask: Asking) -> None:
    since = await version(own_ask)
    await heard(own_ask, "Days Like These")

    async with followed(own_ask, CHANGES, {"since": since}) as follower:
        [told] = await follower.data(1)

    assert domains(told) == ["listening"]
    assert told["data"]["changes"]["version"] == await version(own_ask)


async def test_a_change_is_told_as_it_is_committed(own_ask: Asking) -> None:
    async with followed(own_ask, CHANGES, {"since": await version(own_ask)}) as follower:
        await heard(own_ask, "Days Like These")
        [first] = await follower.data(1)
        await heard(own_ask, "White Horses")
        [second] = await follower.data(1)

    assert domains(first) == domains(second) == ["listening"]


async def test_only_the_domains_asked_for_are_told(own_ask: Asking) -> None:
    since = await version(own_ask)
    wanted = {"since": since, "domains": ["collecting", "listening"]}
    await heard(own_ask, "Days Like These")

    async with followed(own_ask, CHANGES, wanted) as follower:
        [told] = await follower.data(1)

    assert domains(told) == ["listening"]


async def test_changes_of_others_are_not_told(own_ask: Asking) -> None:
    since = await version(own_ask)
    await heard(own_ask, "Days Like These", OTHER)
    await heard(own_ask, "Days Like These")

    async with followed(own_ask, CHANGES, {"since": since}) as follower:
        [told] = await follower.data(1)

    [number] = [each["version"] for each in told["data"]["changes"]["changed"]]
    assert f"listening={number}" in await version(own_ask)


async def test_a_version_put_back_is_a_change(own_ask: Asking) -> None:
    since = "listening=999999999999999"

    async with followed(own_ask, CHANGES, {"since": since, "domains": ["listening"]}) as follower:
        [told] = await follower.data(1)

    assert domains(told) == ["listening"]


async def test_what_others_were_told_before_is_not_told_to_who_has_newer(own_ask: Asking) -> None:
    await own_ask.deps.caching.versions.lately(1, within_s=60)
    await heard(own_ask, "Days Like These")
    since = await version(own_ask)

    async with followed(own_ask, CHANGES, {"since": since}) as follower:
        await heard(own_ask, "White Horses")
        [told] = await follower.data(1)

    assert told["data"]["changes"]["version"] == await version(own_ask) != since


@pytest.mark.either
@pytest.mark.parametrize(
    "given", [{"since": "listening"}, {"since": "a=b"}, {"domains": ["cooking"]}]
)
async def test_what_is_no_version_or_domain_is_refused(own_ask: Asking, given: Any) -> None:
    async with followed(own_ask, CHANGES, given) as follower:
        result = await follower.next()

    assert result is not None
    assert result.errors
