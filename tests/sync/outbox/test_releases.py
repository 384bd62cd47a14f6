"""Adding records at Discogs: once per key, found again after a lost answer, stored at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.demo.upstreams.effects import answer, broken, reset, stall
from rewind_gql.domains.collecting.outbox import KeyReused
from rewind_gql.domains.collecting.tables import CrossReference, Item, Outbox, Release
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.sync import outbox
from rewind_gql.sync.outbox.asking import NotSetUp, TimedOut, Unanswered
from rewind_gql.text import credited
from tests.databases import ME
from tests.sync.outbox.desk import Desk, posted


@pytest.fixture
def wanted(desk: Desk) -> int:
    """The number of a release that is wanted and not owned."""
    owned = {copy.sleeve.release_id for copy in desk.providers.shelf.copies()}
    wants = desk.providers.shelf.wants()
    return next(w.sleeve.release_id for w in wants if w.sleeve.release_id not in owned)


def copies(desk: Desk, release: int) -> list[int]:
    """The copies of a release that Discogs knows."""
    found = desk.providers.shelf.copies()
    return [copy.instance_id for copy in found if copy.sleeve.release_id == release]


async def stored(desk: Desk) -> list[tuple[int, int]]:
    """Every stored copy: its release and its instance."""
    statement = select(col(Release.discogs_id), col(Item.instance_id)).join(
        Item, col(Item.release_id) == col(Release.id)
    )
    async with desk.store.write() as conn:
        return [(release, instance) for release, instance in await conn.execute(statement)]


async def waited(desk: Desk) -> None:
    """As if an order's next try were due."""
    past = clock.now() - timedelta(minutes=1)
    async with desk.store.write() as conn:
        await conn.execute(update(Outbox).values(due_at=past, leased_until=None))


async def test_a_release_is_added_there_and_here(desk: Desk, wanted: int) -> None:
    told = await desk.done("add_release", discogs_id=wanted)

    assert told["discogs_id"] == wanted
    assert copies(desk, wanted) == [told["instance_id"]]
    assert await stored(desk) == [(wanted, told["instance_id"])]


async def test_what_follows_a_sync_follows_at_once(desk: Desk, wanted: int) -> None:
    told = await desk.done("add_release", discogs_id=wanted)

    async with desk.store.write() as conn:
        compared = (await conn.execute(select(col(CrossReference.item_id)))).scalars().all()
        read = (await conn.execute(select(col(Release.detail_at)))).scalar_one()
    assert compared == [told["item_id"]]
    assert read is not None


async def test_one_key_adds_one_copy_however_often_it_is_sent(desk: Desk, wanted: int) -> None:
    first = await desk.done("add_release", "k-1", discogs_id=wanted)

    again = await desk.done("add_release", "k-1", discogs_id=wanted)

    assert again == first
    assert len(copies(desk, wanted)) == 1


async def test_without_a_key_every_request_is_a_copy(desk: Desk, wanted: int) -> None:
    await desk.done("add_release", discogs_id=wanted)

    await desk.done("add_release", discogs_id=wanted)

    assert len(copies(desk, wanted)) == len(await stored(desk)) == 2


async def test_a_key_is_for_one_request(desk: Desk, wanted: int) -> None:
    await desk.order("add_release", "k-1", discogs_id=wanted)

    with pytest.raises(KeyReused):
        await desk.order("add_release", "k-1", discogs_id=wanted + 1)


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "a\nb"])
async def test_a_key_that_is_none_is_refused(desk: Desk, key: str) -> None:
    with pytest.raises(BadInput, match="Idempotency-Key"):
        await desk.order("add_release", key, discogs_id=1)


@pytest.mark.parametrize("effect", [stall(20, after=0), reset(hard=True), broken(500)])
async def test_an_answer_that_was_lost_is_found_and_not_asked_for_twice(
    desk: Desk, wanted: int, effect: Any
) -> None:
    desk.providers.discogs.add(effect, match=posted)
    with pytest.raises(TimedOut):
        await desk.done("add_release", "k-1", discogs_id=wanted)
    await waited(desk)

    told = await desk.done("add_release", "k-1", discogs_id=wanted)

    assert copies(desk, wanted) == [told["instance_id"]]
    assert await stored(desk) == [(wanted, told["instance_id"])]


async def test_a_copy_that_is_listed_only_later_is_not_added_again(desk: Desk, wanted: int) -> None:
    desk.providers.discogs.add(answer(404), match="/collection/releases/", times=2)
    with pytest.raises(TimedOut):
        await desk.done("add_release", "k-1", discogs_id=wanted)
    await waited(desk)

    told = await desk.done("add_release", "k-1", discogs_id=wanted)

    assert copies(desk, wanted) == [told["instance_id"]]
    assert desk.providers.discogs.count(posted) == 1


async def test_two_orders_whose_answers_were_lost_find_a_copy_each(desk: Desk, wanted: int) -> None:
    desk.providers.discogs.add(stall(20, after=0), match=posted, times=2)
    for key in ("k-1", "k-2"):
        with pytest.raises(TimedOut):
            await desk.done("add_release", key, discogs_id=wanted)
    await waited(desk)

    both = [await desk.done("add_release", key, discogs_id=wanted) for key in ("k-1", "k-2")]

    assert sorted(told["instance_id"] for told in both) == sorted(copies(desk, wanted))
    assert len(copies(desk, wanted)) == 2


async def test_too_many_requests_are_no_lost_answer(desk: Desk, wanted: int) -> None:
    desk.providers.discogs.add(answer(429, {"retry-after": "0"}), match=posted, times=2)

    told = await desk.done("add_release", discogs_id=wanted)

    assert copies(desk, wanted) == [told["instance_id"]]


async def test_a_release_by_name_and_year_is_the_first_found(desk: Desk, wanted: int) -> None:
    sleeve = desk.providers.shelf.sleeve(wanted)
    assert sleeve is not None

    told = await desk.done(
        "add_release", title=sleeve.title, artist=credited(sleeve.artists[0].name), year=sleeve.year
    )

    assert told["title"] == sleeve.title


async def test_several_of_a_name_are_to_be_chosen_from(desk: Desk) -> None:
    with pytest.raises(outbox.Ambiguous) as unclear:
        await desk.done("add_release", title="e")

    assert 1 < len(unclear.value.candidates) <= 5
    assert unclear.value.candidates[0].keys() == {
        "discogs_id", "title", "year", "format", "country",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ({"discogs_id": 999_999_999}, NotFound),
        ({"title": "There is no such record"}, NotFound),
        ({"year": 1999}, BadInput),
        ({}, BadInput),
    ],
)
async def test_what_cannot_be_added_says_why(
    desk: Desk, request_: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await desk.done("add_release", **request_)

    assert not any(posted(asked) for asked in desk.providers.discogs.requests)


async def test_a_provider_that_is_away_before_anything_was_sent_ends_the_order(
    desk: Desk, wanted: int
) -> None:
    rule = desk.providers.discogs.add(broken(503), times=None)
    with pytest.raises(TimedOut):
        await desk.done("add_release", "k-1", discogs_id=wanted)
    desk.providers.discogs.remove(rule)

    told = await desk.done("add_release", "k-1", discogs_id=wanted)

    assert copies(desk, wanted) == [told["instance_id"]]


async def test_a_refused_token_is_told_without_what_the_provider_said(
    desk: Desk, wanted: int
) -> None:
    desk.providers.discogs.add(answer(401, body={"message": "token 123"}), times=None)

    with pytest.raises(Unanswered, match="Discogs refused these credentials") as refused:
        await desk.done("add_release", discogs_id=wanted)

    assert refused.value.status == 502


async def test_a_provider_that_is_not_set_up_is_told_apart(desk: Desk) -> None:
    desk.deps.settings.__dict__["discogs_token"] = None

    with pytest.raises(NotSetUp, match="DISCOGS_TOKEN"):
        await desk.done("add_release", discogs_id=1)


async def test_an_order_is_done_by_one_worker(desk: Desk, wanted: int) -> None:
    order = await desk.order("add_release", discogs_id=wanted)

    first = await outbox.deliver(desk.deps, ME, order.id)
    second = await outbox.deliver(desk.deps, ME, order.id)

    assert (first, second) == ("done", None)
    assert len(copies(desk, wanted)) == 1
