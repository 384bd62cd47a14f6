"""What can be done on the status page: each act is a form's fields in, a sentence out."""

from collections.abc import Awaitable, Callable, Mapping

from rewind_gql.errors import BadInput
from rewind_gql.rest.shim import Desk
from rewind_gql.server.pages.status_words import title
from rewind_gql.sync import ledger
from rewind_gql.sync.deps import enqueue
from rewind_gql.sync.devices import settling

Form = Mapping[str, str]
Act = Callable[[Desk, int, Form], Awaitable[str]]


async def sync(desk: Desk, user_id: int, form: Form) -> str:
    """Bring a source up to date now."""
    async with desk.store.write() as conn:
        source = await ledger.source_of(conn, user_id, _number(form, "source"))
        begun = await ledger.trigger(
            conn,
            user_id,
            source_id=source.id,
            trigger="manual",
            max_attempts=desk.settings.sync.max_attempts,
        )
    if not begun.coalesced:
        await enqueue(desk.jobs, begun.run_id, begun.attempt)
    name = title(source.provider, source.sync_type)
    return f"{name} is under way already." if begun.coalesced else f"{name} begins."


async def cancel(desk: Desk, user_id: int, form: Form) -> str:
    """Ask a run to stop."""
    async with desk.store.write() as conn:
        run = await ledger.cancel(conn, user_id, run_id=form.get("run", ""))
    name = title(run.provider, run.sync_type)
    return f"{name} is cancelled." if run.ended_at else f"{name} stops after this page."


async def pause(desk: Desk, user_id: int, form: Form) -> str:
    """Leave a source out of the schedule."""
    async with desk.store.write() as conn:
        source = await ledger.pause(conn, user_id, source_id=_number(form, "source"))
    return f"{title(source.provider, source.sync_type)} is paused."


async def resume(desk: Desk, user_id: int, form: Form) -> str:
    """Take a source into the schedule again."""
    async with desk.store.write() as conn:
        source = await ledger.resume(conn, user_id, source_id=_number(form, "source"))
    return f"{title(source.provider, source.sync_type)} is in the schedule again, due now."


async def resolve(desk: Desk, user_id: int, form: Form) -> str:
    """Settle a conflict in one of the ways offered."""
    keep = _number(form, "keep") if form.get("keep") else None
    members = [_digits(each, "members") for each in form.get("members", "").split(",") if each]
    settled = await settling.resolve(
        desk.store,
        desk.settings.sync,
        user_id,
        conflict_id=_number(form, "conflict"),
        resolution=form.get("resolution", ""),
        keep=keep,
        members=members or None,
    )
    return f"The conflict is {settled.state}."


async def undo(desk: Desk, user_id: int, form: Form) -> str:
    """Take the resolution of a conflict back."""
    conflict_id = _number(form, "conflict")
    await settling.undo(desk.store, desk.settings.sync, user_id, conflict_id=conflict_id)
    return "It is as it was before."


ACTS: Mapping[str, Act] = {
    "sync": sync,
    "cancel": cancel,
    "pause": pause,
    "resume": resume,
    "resolve": resolve,
    "undo": undo,
}


def _number(form: Form, name: str) -> int:
    return _digits(form.get(name, ""), name)


def _digits(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(f"The form names no {name}")
    return int(text)
