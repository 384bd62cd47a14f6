"""The side of the outbox that does: an order claimed, carried out, answered, or tried again."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rewind_gql import clock, log
from rewind_gql.domains.collecting import outbox
from rewind_gql.domains.collecting.outbox import MOST_ATTEMPTS
from rewind_gql.errors import (
    LostRun,
    Refused,
    SourceBusy,
    SourceChanged,
    SourceDenied,
    SourceError,
)
from rewind_gql.sources.base import STUMBLES
from rewind_gql.store.finishing import whole
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.outbox.asking import Ambiguous, NotSetUp, TimedOut, Unanswered, enqueue
from rewind_gql.sync.outbox.delivery import Delivery
from rewind_gql.sync.outbox.media import add_media, remove_media
from rewind_gql.sync.outbox.releases import add_release

DEEDS: Mapping[str, Callable[[Delivery], Awaitable[None]]] = {
    "add_release": add_release,
    "add_media": add_media,
    "remove_media": remove_media,
}
NOT_SET_UP = {"not_configured", "not_connected", "disconnected", "sealed"}
IN_OUR_WORDS = {"account_limit", "account_locked"}
"""Refusals whose text is ours and says what a person can do."""
_log = log.get("outbox")


async def deliver(deps: Deps, user_id: int, order_id: int) -> str | None:
    """Do an order; gives its state then, None when somebody else is at it or it is done.

    Safe to call twice and from anywhere, after a crash as well.
    """
    owner = f"{deps.worker}:{secrets.token_hex(4)}"
    async with deps.store.write() as conn:
        order = await outbox.claim(conn, user_id, order_id, owner=owner, lease=deps.lease)
    if order is None:
        return None
    delivery = Delivery(deps, order, owner)
    try:
        await _done(delivery)
    except LostRun:
        _log.info("another worker has it", order=order_id)
    except asyncio.CancelledError:
        with contextlib.suppress(LostRun):  # it may just have been done
            await whole(_released(delivery))
        raise
    found = await deps.store.ask(outbox.order_of, user_id, order_id)
    return found.state if found else None


async def heal(deps: Deps) -> int:
    """Have every order done that waits and that nobody works on; gives how many."""
    waiting = await deps.store.system(outbox.due)
    again = str(clock.seconds(clock.now()))
    for user_id, order_id in waiting:
        await enqueue(deps.jobs, user_id, order_id, again=again)
    return len(waiting)


async def _done(delivery: Delivery) -> None:
    """Carry an order out, and write down what came of it whatever that is."""
    try:
        await DEEDS[delivery.order.kind](delivery)
    except Refused as refused:
        await _failed(delivery, refused.status, _said(refused), refused.message)
    except (SourceError, *STUMBLES) as error:
        await _troubled(delivery, error)


async def _troubled(delivery: Delivery, error: Exception) -> None:
    """What the provider did, or did not: tried again where it may have been carried out."""
    order = delivery.order
    text = error.message if isinstance(error, SourceError) else f"{type(error).__name__}: {error}"
    _log.warning("failed", order=order.id, provider=order.provider, error=text)
    if _perhaps_done(delivery, error) and order.attempts < MOST_ATTEMPTS:
        async with delivery.deps.store.write() as conn:
            await outbox.later(conn, order, owner=delivery.owner, error=text)
        return
    status, words = _fault(error, delivery.asking or order.provider.title())
    await _failed(delivery, status, {"error": words}, text)


def _perhaps_done(delivery: Delivery, error: Exception) -> bool:
    """Whether the provider may have carried the order out though nobody here knows.

    An answer that was lost may have been a good one. A refusal means that this try was none, so
    that only an earlier one may have been.
    """
    if isinstance(error, SourceBusy):
        return delivery.order.before is not None
    return isinstance(error, SourceDenied) and delivery.sent_before


def _fault(error: Exception, title: str) -> tuple[int, str]:
    """The status of an order that failed at a provider, and words that are safe to show."""
    if isinstance(error, SourceBusy):
        return TimedOut.status, f"{title} did not answer"
    if isinstance(error, SourceDenied) and error.code in NOT_SET_UP:
        return NotSetUp.status, error.message
    if isinstance(error, SourceDenied) and error.code in IN_OUR_WORDS:
        return Unanswered.status, error.message
    if isinstance(error, SourceDenied):
        return Unanswered.status, f"{title} refused these credentials"
    if isinstance(error, SourceChanged) and error.code == "404":
        return Unanswered.status, f"{title} does not know what was asked for"
    if isinstance(error, SourceChanged) and (error.code or "").startswith("4"):
        return Unanswered.status, f"{title} refused the request ({error.code})"
    return Unanswered.status, f"{title} gave an answer that cannot be read"


async def _failed(delivery: Delivery, status: int, answer: dict[str, Any], error: str) -> None:
    async with delivery.deps.store.write() as conn:
        await outbox.failed(
            conn,
            delivery.order,
            owner=delivery.owner,
            status=status,
            answer=answer,
            error=error,
        )


async def _released(delivery: Delivery) -> None:
    async with delivery.deps.store.write() as conn:
        await outbox.released(conn, delivery.order, owner=delivery.owner)


def _said(refused: Refused) -> dict[str, Any]:
    """A refusal as it is kept; with what there is to choose from where it is ambiguous."""
    if isinstance(refused, Ambiguous):
        return {"error": refused.message, "candidates": refused.candidates}
    return {"error": refused.message}
