"""Looking for missing pictures over REST: asked for, waited for, and counted kind by kind."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql.rest.bodies import WHOLE
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.sync import WAIT_S, ended
from rewind_gql.rest.shim import Call, Said
from rewind_gql.sync import pictures, queries
from rewind_gql.sync.ledger import AlreadyRunning
from rewind_gql.sync.pictures import Wanted
from rewind_gql.sync.views import Reject, RunPart

LISTENING, COLLECTING, WATCHING = "listening", "collecting", "watching"
ARTISTS, RELEASES, MOVIES = "artists", "releases", "movies"
BY_ID = 500
"""Artists looked for by their stored ids at most, however many are asked for."""

Limit = Annotated[int, Ge(1), Le(200), WHOLE]
Nearly = Annotated[int, Doc("How many to look for; too few and too many are the nearest allowed.")]
RunStatus = Literal["completed", "running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Which pictures are to be looked for: `limit` of each kind at most.

    With `retry`, also where none was found lately; `artist` is a part of the name.
    """

    type: Literal["albums", "artists", "all"] = "albums"
    limit: Limit = 50
    retry: bool = False
    artist: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """How many covers or posters are to be looked for at most."""

    limit: Limit = 50


class Failure(TypedDict):
    """A thing that could not be looked for to the end."""

    entity_id: str
    error: str


class Counts(TypedDict):
    """What came of the things of a kind; `skipped` ones have no other picture than before."""

    queued: int
    succeeded: int
    skipped: int
    failed: int
    errors: list[Failure]


class KindCounts(Counts):
    """The same, saying of what kind."""

    domain: str
    entityType: str


class HeardResults(TypedDict):
    """What came of each kind; while the run is under way, so far."""

    success: bool
    results: dict[str, Counts]
    status: RunStatus
    run_id: str


class KindResults(TypedDict):
    """What came of one kind; while the run is under way, so far."""

    success: bool
    results: KindCounts
    status: RunStatus
    run_id: str


async def backfill_listening(call: Call, *, body: Heard = Heard()) -> HeardResults | Said:
    """Backfill listening images

    Looks for missing pictures of albums, artists or both, the most played first. Waits up to 25
    seconds; what takes longer goes on in the run that is named, and the counts are those so far.
    """
    kinds = ("albums", "artists") if body.type == "all" else (body.type,)
    which: Literal["again", "missing"] = "again" if body.retry else "missing"
    wanted = Wanted(which=which, kinds=kinds, limit=body.limit, artist=body.artist)
    done = await _looked(call, LISTENING, wanted)
    if isinstance(done, Said):
        return done
    return {
        "success": True,
        "results": {kind: done.counts(kind) for kind in kinds},
        "status": done.status,
        "run_id": done.run_id,
    }


async def refresh_artists(call: Call, *, limit: Nearly = 100) -> KindResults | Said:
    """Refresh artist images via stored Apple Music id

    Looks for missing pictures of artists whose id at Apple Music is known, the most played first,
    500 at most, there first of all. Does nothing while the server has no token of Apple Music.
    """
    most = min(max(limit, 1), BY_ID)
    wanted = Wanted(which="again", kinds=(ARTISTS,), limit=most, by_apple_id=True)
    return await _one_kind(call, LISTENING, ARTISTS, wanted)


async def backfill_collecting(call: Call, *, body: Owned = Owned()) -> KindResults | Said:
    """Backfill collection images

    Looks for missing covers of records, the newest first; those of albums that were heard, too,
    have the picture of the album. Waits as the other backfills do.
    """
    wanted = Wanted(kinds=(RELEASES,), limit=body.limit)
    return await _one_kind(call, COLLECTING, RELEASES, wanted)


async def backfill_films(call: Call, *, body: Owned = Owned()) -> KindResults | Said:
    """Backfill media poster images

    Looks for missing posters of films, owned or watched, those that came last first. Waits as the
    other backfills do.
    """
    wanted = Wanted(kinds=(MOVIES,), limit=body.limit)
    return await _one_kind(call, WATCHING, MOVIES, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A run that looks for pictures, as far as it has come."""

    run_id: str
    status: RunStatus
    parts: dict[str, RunPart]
    rejects: list[Reject]

    def counts(self, kind: str) -> Counts:
        part = self.parts.get(kind)
        if part is None:
            return {"queued": 0, "succeeded": 0, "skipped": 0, "failed": 0, "errors": []}
        done = part.inserted + part.updated + part.skipped + part.failed
        return {
            "queued": max(part.reported or 0, done),
            "succeeded": part.inserted + part.updated,
            "skipped": part.skipped,
            "failed": part.failed,
            "errors": _failures(each for each in self.rejects if each.part == kind),
        }


async def _one_kind(call: Call, domain: str, kind: str, wanted: Wanted) -> KindResults | Said:
    done = await _looked(call, domain, wanted)
    if isinstance(done, Said):
        return done
    return {
        "success": True,
        "results": {"domain": domain, "entityType": kind, **done.counts(kind)},
        "status": done.status,
        "run_id": done.run_id,
    }


async def _looked(call: Call, domain: str, wanted: Wanted) -> _Looked | Said:
    """A run of these, once it has ended or has taken too long to be waited for."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    run_id = await _asked(call, domain, wanted, deadline)
    run = await ended(call, run_id, deadline)
    if run is not None and run.status == "failed":
        return Said(500, {"error": run.error or "The run failed", "status": 500})
    parts = (await call.ask(queries.parts_by_run, [run_id])).get(run_id, [])
    return _Looked(
        run_id=run_id,
        status="running" if run is None else "completed",
        parts={part.part: part for part in parts},
        rejects=await call.ask(queries.rejects_of_run, run_id=run_id),
    )


async def _asked(call: Call, domain: str, wanted: Wanted, deadline: float) -> str:
    """The id of a run of these; one that looks for others is let through first.

    Raises `AlreadyRunning` when that takes too long.
    """
    while True:
        try:
            return (await pictures.ask_for(call.desk, call.user_id, domain, wanted)).run_id
        except AlreadyRunning as other:
            if await ended(call, other.run_id, deadline) is None:
                raise


def _failures(rejects: Iterable[Reject]) -> list[Failure]:
    return [
        {"entity_id": (each.place or "").rpartition("/")[2], "error": each.reason}
        for each in rejects
    ]


ROUTES = (
    REWIND.post(
        "/listening/admin/backfill-images",
        backfill_listening,
        returns=HeardResults,
        refuses=(409, 500),
        name="backfillListeningImages",
        tag="Listening",
    ),
    REWIND.post(
        "/listening/admin/refresh-artist-images",
        refresh_artists,
        returns=KindResults,
        refuses=(409, 500),
        name="refreshListeningArtistImages",
        tag="Listening",
    ),
    REWIND.post(
        "/admin/collecting/backfill-images",
        backfill_collecting,
        returns=KindResults,
        refuses=(409, 500),
        name="adminCollectingBackfillImages",
        tag="Collecting",
    ),
    REWIND.post(
        "/admin/collecting/media/backfill-images",
        backfill_films,
        returns=KindResults,
        refuses=(409, 500),
        name="adminCollectingMediaBackfillImages",
        tag="Collecting",
    ),
)
