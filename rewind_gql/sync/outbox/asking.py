"""The side of the outbox that asks: an order is written down, handed to a worker, waited for."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rewind_gql.domains.collecting import outbox
from rewind_gql.domains.collecting.outbox import Kind, Order
from rewind_gql.errors import BadInput, NotFound, Refused
from rewind_gql.ports.jobs import Jobs
from rewind_gql.store.engine import Store

JOB = "deliver"
WAIT_S = 25.0
POLL_S = 0.05
KEY_CHARS = 255
PROVIDERS: Mapping[Kind, str] = {
    "add_release": "discogs",
    "add_media": "trakt",
    "remove_media": "trakt",
}
_NAMED_BY: Mapping[Kind, tuple[tuple[str, ...], str]] = {
    "add_release": (("discogs_id", "title", "artist"), "Give discogs_id, or title and artist"),
    "add_media": (("tmdb_id", "imdb_id", "title"), "Give tmdb_id, imdb_id or title"),
}


class UnderWay(Refused):
    """This is under way; ask again with the same Idempotency-Key."""

    status = 202
    code = "REQUEST_RUNNING"


class Unanswered(Refused):
    """The provider gave no answer that can be used."""

    status = 502
    code = "UNAVAILABLE"


class NotSetUp(Unanswered):
    """The provider is not connected."""

    status = 503


class TimedOut(Unanswered):
    """The provider did not answer."""

    status = 504


class Ambiguous(Refused):
    """Several things go by this name; ask for one of them by its number."""

    status = 422
    code = "AMBIGUOUS"

    def __init__(self, message: str, candidates: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message)
        self.candidates = [dict(each) for each in candidates]


REFUSALS: tuple[type[Refused], ...] = (BadInput, NotFound, Unanswered, NotSetUp, TimedOut)
"""What an order may have failed with, told by its status."""


async def submit(
    store: Store,
    jobs: Jobs,
    user_id: int,
    *,
    kind: Kind,
    request: Mapping[str, Any],
    key: str | None = None,
) -> Order:
    """Order something of a provider; it is done once per `key`, however often it is asked for.

    Raises `BadInput` for a key that is none and a request that names nothing, `Conflicting` for a
    key used for something else.
    """
    names, wanting = _NAMED_BY.get(kind, ((), ""))
    if names and not any(request.get(name) for name in names):
        raise BadInput(wanting)
    own = _checked(key) if key is not None else f"own:{secrets.token_hex(16)}"
    text = orjson.dumps([kind, dict(request)], option=orjson.OPT_SORT_KEYS)
    async with store.write() as conn:
        order = await outbox.ask(
            conn,
            user_id,
            key=own,
            request_hash=hashlib.sha256(text).hexdigest(),
            provider=PROVIDERS[kind],
            kind=kind,
            request=request,
        )
    if not order.answered:
        await enqueue(jobs, user_id, order.id)
    return order


async def answered(store: Store, user_id: int, order: Order, *, wait_s: float = WAIT_S) -> Order:
    """The order once it has an answer, or has failed and waits for its next try, or time is up."""
    deadline = asyncio.get_running_loop().time() + wait_s
    first_error = order.last_error
    while not order.answered and order.last_error == first_error:
        if asyncio.get_running_loop().time() >= deadline:
            break
        await asyncio.sleep(POLL_S)
        found = await store.ask(outbox.order_of, user_id, order.id)
        order = found or order
    return order


async def enqueue(jobs: Jobs, user_id: int, order_id: int, *, again: str = "") -> None:
    """Have a worker do an order; one job too many finds nothing to do."""
    job_id = ":".join(filter(None, (JOB, str(order_id), again)))
    await jobs.enqueue(JOB, job_id=job_id, user_id=user_id, order_id=order_id)


def told(order: Order) -> dict[str, Any]:
    """The answer to an order that is done.

    Raises what it was refused with; `Unanswered` where the provider is to blame; `UnderWay` when
    it is not done yet.
    """
    answer = order.answer or {}
    if order.state == "done":
        return answer
    if not order.answered:
        if order.last_error is None:
            raise UnderWay
        raise TimedOut("The provider did not answer; it is asked again")
    words, status = str(answer.get("error", "")), order.status or 0
    if status == Ambiguous.status:
        raise Ambiguous(words, answer["candidates"])
    raise next(each for each in REFUSALS if each.status == status)(words)


def _checked(key: str) -> str:
    if not (0 < len(key) <= KEY_CHARS and key.isascii() and key.isprintable()):
        raise BadInput(f"Idempotency-Key must have 1 to {KEY_CHARS} printable ASCII characters")
    return f"key:{key}"
