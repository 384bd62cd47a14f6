"""Adding a release to the collection at Discogs, found again where the answer was lost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import intake, outbox
from rewind_gql.domains.collecting.records import Copy, ReleaseDetail
from rewind_gql.errors import BadInput, NotFound, SourceBusy
from rewind_gql.sources import discogs_adding as adding
from rewind_gql.sources.discogs import Discogs
from rewind_gql.store.engine import Writing
from rewind_gql.sync.outbox.asking import Ambiguous
from rewind_gql.sync.outbox.delivery import Delivery
from rewind_gql.text import credited

SHOWN = 5
NEARBY = timedelta(days=7)


async def add_release(order: Delivery) -> None:
    """Add one copy of a release, whatever happened at an earlier try, and store it here.

    Raises `NotFound`, `BadInput` or `Ambiguous` when it is not clear which release is meant.
    """
    source = await order.source(Discogs)
    before, instance = order.order.before, None
    if before is None:
        discogs_id = await _meant(source, order.order.request)
    else:
        discogs_id = int(before["discogs_id"])
    detail = await adding.page(source, discogs_id)
    if detail is None:
        raise NotFound("Discogs has no such release")
    there = await adding.copies(source, discogs_id)
    if before is None:
        before = {"discogs_id": discogs_id, "instances": sorted(there)}
        await order.sending(before)
    elif "added" in before:
        instance = int(before["added"])
    else:
        instance = await _added(order, {*there} - {*before["instances"]})
    if instance is None:
        instance = await order.told(adding.add(source, discogs_id))
        await order.sending({**before, "added": instance})  # it may be listed only in a while
        there = await adding.copies(source, discogs_id)
    if instance not in there:
        raise SourceBusy("Discogs does not list the new copy yet")
    await _store(order, there[instance], instance, detail)


async def _meant(source: Discogs, request: Mapping[str, Any]) -> int:
    """The release asked for: by its number, else the only one, or the first of its year."""
    if request.get("discogs_id"):
        return int(request["discogs_id"])
    title, artist = request.get("title") or "", request.get("artist") or ""
    if not title and not artist:
        raise BadInput("Give discogs_id, or title and artist")
    year = request.get("year")
    hits = await adding.search(source, title=title, artist=artist, year=year)
    if not hits:
        raise NotFound("Discogs has no such release")
    if len(hits) > 1 and year is None:
        shown = [_candidate(hit) for hit in hits[:SHOWN]]
        raise Ambiguous("Several releases match; give the discogs_id of one, or a year", shown)
    return int(hits[0]["id"])


def _candidate(hit: Mapping[str, Any]) -> dict[str, Any]:
    year = str(hit.get("year") or "")
    return {
        "discogs_id": hit["id"],
        "title": hit.get("title"),
        "year": int(year) if year.isascii() and year.isdigit() else None,
        "format": ", ".join(hit.get("format") or ()) or None,
        "country": hit.get("country") or None,
    }


async def _added(order: Delivery, new: set[int]) -> int | None:
    """The copy that an earlier try has added: one that is new and no other order's."""
    others = await order.deps.store.ask(
        outbox.answers,
        order.order.user_id,
        kind="add_release",
        since=order.order.created_at - NEARBY,
    )
    return min(new - {each["instance_id"] for each in others}, default=None)


async def _store(order: Delivery, copy: Copy, instance_id: int, detail: ReleaseDetail) -> None:
    user_id, release = order.order.user_id, copy.release
    answer: dict[str, Any] = {
        "title": release.title,
        "artist": credited(release.credits[0].name) if release.credits else "",
        "year": release.year,
        "discogs_id": release.discogs_id,
        "format": release.formats[0] if release.formats else "Unknown",
        "instance_id": instance_id,
    }

    async def write(conn: Writing) -> Touched:
        touched = Touched()
        stored = await intake.copies(conn, user_id, [copy], source=Discogs.name)
        touched.add(stored.touched)
        told = await intake.details(conn, user_id, [detail], source=Discogs.name)
        touched.add(told.touched)
        answer["item_id"] = await intake.item_of(conn, user_id, instance_id)
        return touched

    await order.finish(answer, write)
