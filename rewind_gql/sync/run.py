"""The one loop: claim a run, store its parts page by page, see to what follows, end it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql import clock, log
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.errors import Cancelled, LostRun, SourceBusy, SourceChanged, SourceError
from rewind_gql.sources.base import STUMBLES, Batch, NothingReadable, Position
from rewind_gql.store.engine import Writing
from rewind_gql.store.finishing import whole
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import after, ledger, pictures, sources, views
from rewind_gql.sync.deps import Deps, enqueue
from rewind_gql.sync.heart import Heart
from rewind_gql.sync.ledger.pages import without
from rewind_gql.sync.ledger.rows import RUN_COLUMNS
from rewind_gql.sync.ledger.words import CONFIRMED, GOOD, PICTURES, outcome
from rewind_gql.sync.plan import Feed, Plan
from rewind_gql.sync.tables import Run

WAIT_INSIDE_S = 60.0
"""A pause the provider asks for is waited for up to this long; a longer one ends the part."""
WAITS = 3
"""Pauses in a row without a page between them, after which the part has failed."""

_ANY_RUN = Read(select(*RUN_COLUMNS).where(col(Run.id) == bindparam("run_id")), views.Run)
_log = log.get("sync")


async def run(deps: Deps, run_id: str, attempt: int) -> views.Run:
    """Work on an attempt of a run until it ends; gives the run as it is then.

    Safe to call twice and from anywhere: who comes second, or too late, changes nothing. Raises
    `RunNotFound`; cancelled by a stopping worker, it gives the run back first.
    """
    async with deps.store.write() as conn:
        claimed = await ledger.claim(conn, run_id, attempt, worker=deps.worker, lease=deps.lease)
    if claimed is not None:
        await work(deps, claimed, lambda: plan(deps, claimed))
        # What waited for this account's lock is due now.
        await deps.jobs.enqueue("tick", job_id=f"tick:{run_id}:{attempt}")
    return await deps.store.system(_run, run_id)


async def work(
    deps: Deps,
    claimed: ledger.Claimed,
    plan: Callable[[], Awaitable[Plan]],
    *,
    on_page: Callable[[ledger.State], None] | None = None,
) -> None:
    """Do what `plan` says for a claimed run and end it, whatever happens.

    `on_page` is told of every page. What goes wrong at the provider, or here, is in the run, not
    raised; only the cancellation of this task is, after the run was given back.
    """
    run_log = _log.bind(run=claimed.run_id, attempt=claimed.attempt, provider=claimed.provider)
    try:
        async with Heart(deps, claimed) as heart:
            loop = await _Loop.begin(deps, claimed, heart, plan, on_page)
            await loop.through()
            ending = loop.ending()
        await whole(_end(deps, claimed, *ending))
        if loop.brought:
            await whole(_picture(deps, claimed))
    except LostRun as lost:
        run_log.info("lost", why=lost.message)
    except Cancelled:
        await whole(_end(deps, claimed, "cancelled", None, "cancelled"))
    except asyncio.CancelledError:
        await whole(_give_back(deps, claimed))
        raise
    except SourceError as refused:
        await whole(_end(deps, claimed, "failed", fault_of(refused), None))
    except Exception as error:  # the one place where anything may be caught: a run always ends
        run_log.exception("failed")
        fault = ledger.Fault(kind="internal", text=_mistake(error))
        await whole(_end(deps, claimed, "failed", fault, None))


async def plan(deps: Deps, claimed: ledger.Claimed) -> Plan:
    """The streams of the run's source that belong to it and are still to be done."""
    if claimed.provider == PICTURES:
        return await pictures.plan(deps, claimed)
    source = await sources.build(deps, claimed)
    skipped = set(claimed.meta.get("args", {}).get("skip_parts", ()))
    feeds = [
        Feed(each.part, each.kind, each.into, lambda at, read=each.read: read(source, at))  # type: ignore[misc]  # bound early
        for each in type(source).streams()
        if each.sync_type == claimed.sync_type and each.part not in skipped
    ]
    return Plan(feeds, source.unit)


async def _run(conn: Conn, run_id: str) -> views.Run:
    found = await conn.first(_ANY_RUN, run_id=run_id)
    if found is None:
        raise ledger.RunNotFound
    return found


async def _end(
    deps: Deps,
    claimed: ledger.Claimed,
    status: str,
    fault: ledger.Fault | None,
    message: str | None,
) -> None:
    """Write the one terminal event, unless the run is not ours to end any more."""
    with contextlib.suppress(LostRun):
        async with deps.store.write() as conn:
            await ledger.close(
                conn,
                claimed.user_id,
                claimed.run_id,
                claimed.attempt,
                status,
                fault=fault,
                message=message,
            )
        _log.info("ended", run=claimed.run_id, status=status, error=fault and fault.text)


async def _picture(deps: Deps, claimed: ledger.Claimed) -> None:
    """Have the pictures of what a run brought looked for, in a run of their own."""
    try:
        async with deps.store.write() as conn:
            await pictures.due(conn, claimed.user_id, claimed.domain)
    except Exception:  # the run has ended, and an hour later they are looked for in any case
        _log.exception("pictures not asked for", run=claimed.run_id)


async def _give_back(deps: Deps, claimed: ledger.Claimed) -> None:
    """Put the run back into the queue, for this worker stops."""
    with contextlib.suppress(LostRun):
        async with deps.store.write() as conn:
            waiting = await ledger.give_back(conn, claimed)
        if waiting:
            await enqueue(deps.jobs, waiting.run_id, waiting.attempt)


class _Loop:
    """The parts of one attempt, page by page; `state` is what has been committed."""

    def __init__(
        self,
        deps: Deps,
        heart: Heart,
        plan: Plan,
        state: ledger.State,
        on_page: Callable[[ledger.State], None] | None,
    ) -> None:
        self._deps = deps
        self._heart = heart
        self._plan = plan
        self._on_page = on_page
        self._now = clock.now()
        self._faults: list[ledger.Fault] = []
        self._touched = Touched()
        # What an attempt before this one touched is not known any more.
        self._all = _changed(state)
        self._pages = 0
        self._confirmed = bool(state.checkpoint.get(CONFIRMED))
        self.state = replace(state, checkpoint=without(state.checkpoint, CONFIRMED))

    @classmethod
    async def begin(
        cls,
        deps: Deps,
        claimed: ledger.Claimed,
        heart: Heart,
        plan: Callable[[], Awaitable[Plan]],
        on_page: Callable[[ledger.State], None] | None,
    ) -> "_Loop":
        """The loop at the position that earlier attempts and runs have reached."""
        made = await plan()
        state = ledger.State(
            claimed=claimed,
            unit=made.unit,
            planned=tuple(feed.part for feed in made.feeds),
            parts=await deps.store.system(ledger.parts_of, claimed.run_id),
            cursor=claimed.cursor or {},
            checkpoint=claimed.checkpoint or {},
        )
        return cls(deps, heart, made, state, on_page)

    async def through(self) -> None:
        """Do every part that is not done, then what follows from their rows."""
        for feed in self._plan.feeds:
            known = self.state.parts.get(feed.part)
            if known and known.status in GOOD:
                continue
            if not await self._part(feed):
                break
        touched = None if self._all else self._touched
        for task in after.due(touched) if self._plan.follows else ():
            await self._follow(task, touched)

    @property
    def brought(self) -> bool:
        """Whether there is anything new that something may follow from."""
        return self._plan.follows and _changed(self.state)

    def ending(self) -> tuple[str, ledger.Fault | None, str]:
        """The status, the first fault and the closing words of the run."""
        parts = [part for name, part in self.state.parts.items() if name in self.state.planned]
        status = outcome(parts)
        if status in ("success", "skipped") and self._faults:
            status = "partial"
        fault = next(iter(self._faults), None)
        nothing = "failed" if status == "failed" else "nothing new"
        return status, fault, self._summary(parts) or nothing

    def _summary(self, parts: Sequence[ledger.Part]) -> str:
        """What became of the items, in words; empty when there were none."""
        numbers = {
            "new": sum(part.inserted for part in parts),
            "changed": sum(part.updated for part in parts),
            "known": sum(part.skipped for part in parts),
            "unreadable": sum(part.failed for part in parts),
        }
        return ", ".join(f"{number} {name}" for name, number in numbers.items() if number)

    async def _part(self, feed: Feed) -> bool:
        """Do one part; False when the parts after it would fare no better."""
        known = self.state.parts.get(feed.part, ledger.Part(part=feed.part, kind=feed.kind))
        part = replace(known, status="in_progress", error=None, error_code=None)
        await self._save(part, stage="fetching", message=f"{feed.part}: fetching")
        try:
            await self._feed(feed)
        except SourceError as error:
            await self._failed(feed.part, error)
            return error.kind not in ("auth", "rate_limit")
        ended = self.state.parts[feed.part].ended()
        state = self.state.at(feed.part, checkpoint=None)
        await self._save(ended, base=state, message=f"{feed.part}: {ended.status}")
        return True

    async def _feed(self, feed: Feed) -> None:
        """Every batch of a part; a short pause the provider asks for is waited for here."""
        waits = 0
        while True:
            before = self._pages
            try:
                return await self._read(feed)
            except SourceBusy as busy:
                waits = 1 if self._pages > before else waits + 1
                pause = busy.retry_after
                if pause is None or pause > WAIT_INSIDE_S or waits > WAITS:
                    raise
                await self._heart.watch(asyncio.sleep(pause))

    async def _read(self, feed: Feed) -> None:
        key = self.state.key(feed.part)
        # Who asks for what is old asks for all of it, even when it was all read once.
        live = self.state.claimed.scope == "live"
        position = Position(
            cursor=self.state.cursor.get(key) if live else None,
            checkpoint=self.state.checkpoint.get(key),
            now=self._now,
            confirmed=self._confirmed,
            limit=self.state.claimed.meta.get("args", {}).get("limit"),
        )
        async with aclosing(feed.open(position)) as batches:  # type: ignore[type-var]  # generators close
            while (batch := await self._heart.watch(_next(batches))) is not None:
                await whole(self._store(feed, batch))
                self._pages += 1
                if self._on_page:
                    self._on_page(self.state)
                if self.state.stop:
                    raise Cancelled

    async def _store(self, feed: Feed, batch: Batch[Any]) -> None:
        """One batch and everything that belongs to it, in one transaction."""
        claimed = self.state.claimed
        async with self._deps.store.write() as conn:
            stored = await self._intake(conn, feed, batch)
            domain = self._deps.domains[claimed.domain]
            await domain.derive(conn, claimed.user_id, stored.touched)
            part = self.state.parts[feed.part].plus(
                stored,
                failed=len(batch.rejects),
                reported=batch.total,
                done=batch.progress_done,
                covered=batch.covered,
            )
            state = self.state.at(feed.part, cursor=batch.cursor, checkpoint=batch.checkpoint)
            words = batch.message or _words(part, self.state.unit)
            state = replace(state.with_part(part), stage="saving", message=words)
            saved = await ledger.save(
                conn,
                state,
                part,
                lease=self._deps.lease,
                spacing=self._spacing,
                rejects=batch.rejects,
                facts=batch.facts,
                always=self.state.stage != "saving" or bool(batch.facts),
            )
        self.state = saved
        self._touched.add(stored.touched)

    async def _intake(self, conn: Writing, feed: Feed, batch: Batch[Any]) -> Stored:
        """What became of a batch's records and of the work around them."""
        claimed = self.state.claimed
        total = Stored()
        if batch.before:
            _count(total, await batch.before(conn, claimed.user_id))
        if batch.records:
            into = feed.into(conn, claimed.user_id, batch.records, source=claimed.provider)
            _count(total, await into)
        if batch.after:
            _count(total, await batch.after(conn, claimed.user_id))
        return total

    async def _failed(self, name: str, error: SourceError) -> None:
        """Write down that a part failed. Its cursor stays where its last good page put it."""
        fault = fault_of(error)
        self._faults.append(fault)
        rejects = error.rejects if isinstance(error, NothingReadable) else ()
        known = self.state.parts[name]
        part = replace(
            known,
            status="failed",
            error=fault.text,
            error_code=fault.code,
            failed=known.failed + len(rejects),
        )
        await self._save(part, rejects=rejects, message=f"{name}: {fault.text}")

    async def _follow(self, task: after.Task, touched: Touched | None) -> None:
        """Bring something up to date as well as it goes; the pages stay whatever happens."""
        part = ledger.Part(part=task.name, kind="task")
        await self._save(part, stage="processing", message=f"{task.name}: bringing up to date")
        try:
            await self._heart.watch(whole(self._task(task, touched)))
        except (LostRun, Cancelled):
            raise
        except Exception as error:  # what follows must not undo what was stored
            _log.exception("failed", run=self.state.claimed.run_id, task=task.name)
            text = _mistake(error)
            self._faults.append(ledger.Fault(kind="internal", text=text))
            await self._save(replace(part, status="failed", error=text), message=text)
        else:
            await self._save(replace(part, status="success"), message=f"{task.name}: done")

    async def _task(self, task: after.Task, touched: Touched | None) -> None:
        async with self._deps.store.write() as conn:
            await task.work(conn, self.state.claimed.user_id, touched)

    async def _save(
        self,
        part: ledger.Part,
        *,
        message: str,
        base: ledger.State | None = None,
        stage: str | None = None,
        rejects: Sequence[Any] = (),
    ) -> None:
        """Write down where a part stands, with an event."""
        state = replace((base or self.state).with_part(part), message=message)
        await whole(self._saved(replace(state, stage=stage or state.stage), part, rejects))
        if self.state.stop:
            raise Cancelled

    async def _saved(self, state: ledger.State, part: ledger.Part, rejects: Sequence[Any]) -> None:
        async with self._deps.store.write() as conn:
            saved = await ledger.save(
                conn,
                state,
                part,
                lease=self._deps.lease,
                spacing=self._spacing,
                rejects=rejects,
                always=True,
            )
        self.state = saved

    @property
    def _spacing(self) -> timedelta:
        return timedelta(milliseconds=self._deps.settings.sync.progress_min_ms)


def fault_of(error: SourceError) -> ledger.Fault:
    """What the ledger keeps of what a provider did."""
    return ledger.Fault(
        kind=error.kind,
        text=error.message,
        code=error.code,
        retry_after=error.retry_after if isinstance(error, SourceBusy) else None,
    )


def _changed(state: ledger.State) -> bool:
    """Whether a run has stored anything that was not there."""
    return any(part.inserted + part.updated for part in state.parts.values())


def _mistake(error: Exception) -> str:
    """An error of ours or of the database in a line, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {(str(cause) or 'no words').splitlines()[0]}"


async def _next(batches: AsyncIterator[Batch[Any]]) -> Batch[Any] | None:
    """The next batch; None after the last. An answer a source stumbles over has changed."""
    try:
        return await anext(batches, None)
    except STUMBLES as odd:
        text = f"The answer has another form than documented ({type(odd).__name__}: {odd})"
        _log.exception("unexpected answer")
        raise SourceChanged(text, code="shape") from odd


def _count(total: Stored, more: Stored) -> None:
    total.inserted += more.inserted
    total.updated += more.updated
    total.skipped += more.skipped
    total.touched.add(more.touched)


def _words(part: ledger.Part, unit: str) -> str:
    """Such as `plays: 400 of 20000 scrobbles`."""
    of = f" of {part.total}" if part.total is not None else ""
    return f"{part.part}: {part.processed}{of} {unit}s"
