"""What follows from a run's rows in other rooms: each thing by itself, none able to undo a page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.across import cross_reference, wantlist
from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import derive as listening
from rewind_gql.domains.listening import grouping, packs
from rewind_gql.domains.listening.enrichment import tasks
from rewind_gql.sources import SOURCES
from rewind_gql.store import statistics
from rewind_gql.store.engine import Writing
from rewind_gql.sync.tables import Source

TAGS = "artist_tags"
"""What sources call it when they tell what listeners call artists."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to bring up to date: when it is due, and how, in a transaction of its own.

    What was touched is None when that is not known, after a worker was lost: all is looked at.
    """

    name: str
    due: Callable[[Touched], bool]
    work: Callable[[Writing, int, Touched | None], Awaitable[object]]


async def _group(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """Albums of many artists become one; what follows sees them so."""
    artists = None if touched is None else touched.artists
    stored = await grouping.group(conn, user_id, artists)
    await listening.derive(conn, user_id, stored.touched)
    if touched is not None:
        touched.add(stored.touched)


async def _cross_reference(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """New copies meet everything heard; new plays concern only the copies of their artists."""
    if touched is None:
        await cross_reference.refresh(conn, user_id)
        return
    if touched.items:
        await cross_reference.refresh(conn, user_id, items=touched.items)
    if touched.artists:
        await cross_reference.refresh(conn, user_id, artists=touched.artists)


async def _wanted(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """New wants meet everything heard; new plays concern only the wants of their artists."""
    if touched is None:
        await wantlist.refresh(conn, user_id)
        return
    if touched.wants:
        await wantlist.refresh(conn, user_id, wants=touched.wants)
    if touched.artists:
        await wantlist.refresh(conn, user_id, artists=touched.artists)


async def _gaps(conn: Writing, user_id: int, touched: Touched | None) -> None:
    await listening.gaps(conn, user_id)


async def _statistics(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """What was just stored for the first time is read with good plans from now on."""
    await statistics.refresh(conn)


async def _pack(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """Months that changed are packed again, once for a run and not for each of its pages."""
    await packs.pack(conn, user_id)


async def _tags(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """Who knows what artists are called is asked at once about those that are new."""
    if not await tasks.remaining(conn, user_id, task=tasks.TAGS, now=clock.now()):
        return
    asked = update(Source).where(
        col(Source.user_id) == user_id,
        col(Source.sync_type) == TAGS,
        col(Source.next_due_at) > clock.now(),
    )
    await conn.execute(asked.values(next_due_at=clock.now()))


async def _describe(conn: Writing, user_id: int, touched: Touched | None) -> None:
    """Who describes films is asked at once about those that are new."""
    describing = [name for name, card in SOURCES.items() if card.describes]
    asked = update(Source).where(
        col(Source.user_id) == user_id,
        col(Source.provider).in_(describing),
        col(Source.next_due_at) > clock.now(),
    )
    await conn.execute(asked.values(next_due_at=clock.now()))


TASKS = (
    Task("statistics", lambda it: it != Touched(), _statistics),
    Task("grouping", lambda it: bool(it.artists), _group),
    Task("cross_reference", lambda it: bool(it.artists or it.items), _cross_reference),
    Task("wanted", lambda it: bool(it.artists or it.wants), _wanted),
    Task("new_artists", lambda it: bool(it.artists), _tags),
    Task("new_films", lambda it: bool(it.movies), _describe),
    Task("pack", lambda it: bool(it.days), _pack),
    Task("gaps", lambda it: bool(it.artists or it.days), _gaps),
)


def due(touched: Touched | None) -> tuple[Task, ...]:
    """What a run that touched this has to bring up to date."""
    return tuple(task for task in TASKS if touched is None or task.due(touched))
