"""What follows from a run's rows in other rooms: each thing by itself, none able to undo a page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rewind_gql.across import cross_reference
from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import derive as listening
from rewind_gql.store.engine import Writing


@dataclass(frozen=True, slots=True)
class Task:
    """Something to bring up to date: when it is due, and how, in a transaction of its own.

    What was touched is None when that is not known, after a worker was lost: all is looked at.
    """

    name: str
    due: Callable[[Touched], bool]
    work: Callable[[Writing, int, Touched | None], Awaitable[object]]


async def _cross_reference(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """New copies meet everything heard; new plays concern only the copies of their artists."""
    if touched is None:
        await cross_reference.refresh(conn, user_id)
        return
    if touched.items:
        await cross_reference.refresh(conn, user_id, items=touched.items)
    if touched.artists:
        await cross_reference.refresh(conn, user_id, artists=touched.artists)


async def _gaps(conn: Writing, user_id: int, touched: Touched | None) -> None:
    await listening.gaps(conn, user_id)


TASKS = (
    Task("cross_reference", lambda it: bool(it.artists or it.items), _cross_reference),
    Task("gaps", lambda it: bool(it.artists or it.days), _gaps),
)


def due(touched: Touched | None) -> tuple[Task, ...]:
    """What a run that touched this has to bring up to date."""
    return tuple(task for task in TASKS if touched is None or task.due(touched))
