"""The rules themselves: asked for, added, enabled, taken away; every change is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening.filters import views
from rewind_gql.domains.listening.filters.matching import (
    BETWEEN,
    FilterType,
    Judge,
    Rule,
    Scope,
    expression,
    written,
)
from rewind_gql.domains.listening.filters.shipped import SHIPPED
from rewind_gql.domains.listening.queries.columns import OWNER, of
from rewind_gql.domains.listening.tables import Filter, Filtering
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

MAX_PATTERN = 200
MAX_REASON = 500


class FilterNotFound(NotFound):
    """There is no such filter."""


class FilterExists(Conflicting):
    """There is such a filter already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How often a user's rules have changed, and up to which change the library follows them."""

    user_id: int
    wanted: int
    applied: int


async def judge(conn: Conn, user_id: int) -> Judge:
    """The user's rules, ready to be asked. Source: `listening_filter`, one statement."""
    return Judge.of(await conn.rows(_RULES, user_id=user_id))


async def filters(conn: Conn, user_id: int) -> list[views.Filter]:
    """Every rule, by type, then by what it looks at, then by its pattern.

    Shape: those that everybody begins with are there from the first play on.
    """
    found = await conn.rows(_FILTERS, user_id=user_id)
    # Sorted here, for databases disagree about the order of words.
    return sorted(found, key=lambda each: (each.filter_type, each.scope, each.pattern, each.id))


async def filters_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Filter]:
    """The rules with these ids, those taken away left out."""
    wanted = set(ids)
    found = await filters(conn, user_id)
    return {each.id: each for each in found if each.id in wanted}


async def add(
    conn: Writing, user_id: int, *, filter_type: str, scope: str, pattern: str, reason: str | None
) -> views.Filter:
    """A new rule; one that was taken away or not enabled is there again.

    Raises `BadInput` for what is no rule, `FilterExists` when it is there and enabled.
    """
    pattern = _checked(filter_type, scope, pattern)
    said = _reason(reason)
    await begin(conn, user_id)
    place = {"user_id": user_id, "filter_type": filter_type, "scope": scope, "pattern": pattern}
    known = await conn.first(_SAME, **place)
    if known and known.enabled and known.removed_at is None:
        raise FilterExists
    fresh = {"reason": said, "enabled": True, "created_at": clock.now(), "removed_at": None}
    if known and known.removed_at is None:  # a rule of the beginning keeps its words and its date
        fresh = {"enabled": True} | ({"reason": said} if said else {})
        await conn.execute(update(Filter).where(col(Filter.id) == known.id).values(**fresh))
    else:
        await upsert(conn, Filter, [place | fresh], key=_KEY, update=list(fresh))
    await changed(conn, user_id)
    made = await conn.value(_SAME, **place)
    return (await filters_by_id(conn, user_id, [made.id]))[made.id]


async def enable(conn: Writing, user_id: int, *, filter_id: int, enabled: bool) -> views.Filter:
    """Let a rule count or not. Raises `FilterNotFound`."""
    found = (await filters_by_id(conn, user_id, [filter_id])).get(filter_id)
    if found is None:
        raise FilterNotFound
    if found.enabled != enabled:
        statement = update(Filter).where(
            col(Filter.user_id) == user_id, col(Filter.id) == filter_id
        )
        await conn.execute(statement.values(enabled=enabled))
        await changed(conn, user_id)
        found.enabled = enabled
    return found


async def remove(conn: Writing, user_id: int, *, filter_id: int) -> None:
    """Take a rule away; what it hid is shown again when the library was looked at.

    Raises `FilterNotFound`.
    """
    statement = update(Filter).where(
        col(Filter.user_id) == user_id,
        col(Filter.id) == filter_id,
        col(Filter.removed_at).is_(None),
    )
    gone = await conn.execute(statement.values(removed_at=clock.now()))
    if not gone.rowcount:
        raise FilterNotFound
    await changed(conn, user_id)


async def begin(conn: Writing, user_id: int) -> None:
    """Write the rules that everybody begins with, once."""
    if await conn.first(_STANDING, user_id=user_id) is not None:
        return
    standing = {"user_id": user_id, "wanted": 0, "applied": 0}
    await upsert(conn, Filtering, [standing], key=["user_id"])
    now = clock.now()
    rows = [
        {**rule._asdict(), "user_id": user_id, "created_at": now, "removed_at": None}
        for rule in SHIPPED
    ]
    await upsert(conn, Filter, rows, key=_KEY)


async def changed(conn: Writing, user_id: int) -> None:
    """Count a change of the rules, so that the library is looked at again."""
    mine = update(Filtering).where(col(Filtering.user_id) == user_id)
    await conn.execute(mine.values(wanted=col(Filtering.wanted) + 1))
    conn.announce(user_id)


async def standing(conn: Conn, user_id: int) -> Standing:
    """How far the library follows the rules."""
    return await conn.first(_STANDING, user_id=user_id) or Standing(user_id, 0, 0)


async def behind(conn: Conn) -> list[Standing]:
    """Everybody whose library does not follow the rules; a question about the installation."""
    return await conn.rows(_BEHIND)


async def applied(conn: Writing, user_id: int, *, up_to: int) -> None:
    """Note that the library follows the rules as they were after that many changes."""
    mine = update(Filtering).where(
        col(Filtering.user_id) == user_id, col(Filtering.applied) < up_to
    )
    await conn.execute(mine.values(applied=up_to))


def _checked(filter_type: str, scope: str, pattern: str) -> str:
    """The pattern as it is saved. Raises `BadInput` naming what is wrong with the rule."""
    _one_of("filter_type", filter_type, get_args(FilterType))
    _one_of("scope", scope, get_args(Scope))
    saved = written(scope, pattern.replace("\x00", ""))
    if not saved:
        raise BadInput("pattern must not be empty", path="pattern")
    if len(saved) > MAX_PATTERN:
        raise BadInput(f"pattern must have at most {MAX_PATTERN} characters", path="pattern")
    if scope == "track_regex" and expression(saved) is None:
        raise BadInput("pattern is not a regular expression that can be used", path="pattern")
    if scope == "artist_track":
        by, mark, title = saved.partition(BETWEEN)
        if not (mark and by.strip() and title.strip()):
            raise BadInput(f"pattern must read artist{BETWEEN}track", path="pattern")
    return saved


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput(f"{name} must be one of {', '.join(known)}", path=name)


def _reason(text: str | None) -> str | None:
    said = " ".join((text or "").replace("\x00", "").split())
    if len(said) > MAX_REASON:
        raise BadInput(f"reason must have at most {MAX_REASON} characters", path="reason")
    return said or None


@dataclass(slots=True)
class _Same:
    id: int
    enabled: bool
    removed_at: datetime | None


_KEY = ("user_id", "filter_type", "scope", "pattern")
_MINE = col(Filter.user_id) == OWNER
_THERE = col(Filter.removed_at).is_(None)
_RULES = Read(
    select(col(Filter.id), col(Filter.scope), col(Filter.pattern))
    .where(_MINE, _THERE, col(Filter.enabled))
    .order_by(col(Filter.id)),
    Rule,
)
_FILTERS = Read(
    select(*of(views.Filter, Filter))
    .where(_MINE, _THERE)
    .order_by(col(Filter.filter_type), col(Filter.scope), col(Filter.pattern), col(Filter.id)),
    views.Filter,
)
_SAME = Read(
    select(col(Filter.id), col(Filter.enabled), col(Filter.removed_at)).where(
        _MINE,
        col(Filter.filter_type) == bindparam("filter_type"),
        col(Filter.scope) == bindparam("scope"),
        col(Filter.pattern) == bindparam("pattern"),
    ),
    _Same,
)
_HOW_FAR = select(col(Filtering.user_id), col(Filtering.wanted), col(Filtering.applied))
_STANDING = Read(_HOW_FAR.where(col(Filtering.user_id) == OWNER), Standing)
_BEHIND = Read(
    _HOW_FAR.where(col(Filtering.wanted) > col(Filtering.applied)).order_by(col(Filtering.user_id)),
    Standing,
)
