"""What is asked of Discogs to add a release to the collection, and to see whether it was."""

from typing import Any

from rewind_gql.domains.collecting.records import Copy, ReleaseDetail
from rewind_gql.errors import SourceChanged
from rewind_gql.sources.discogs import Discogs, parse_copy, parse_detail

UNCATEGORIZED, NAME = 1, "Uncategorized"
HITS = 10


async def search(
    source: Discogs, *, title: str, artist: str, year: int | None
) -> list[dict[str, Any]]:
    """At most ten releases of that title, artist and year as Discogs lists them, best first."""
    words = " - ".join(part for part in (artist, title) if part)
    found = await source.get_json(
        "/database/search",
        q=words,
        type="release",
        artist=artist or None,
        year=year,
        per_page=HITS,
        page=1,
    )
    return [each for each in found.get("results") or () if isinstance(each.get("id"), int)]


async def page(source: Discogs, discogs_id: int) -> ReleaseDetail | None:
    """What a release's own page tells; None where there is no such release."""
    currency = source.option("discogs_currency") or "USD"
    try:
        raw = await source.get_json(f"/releases/{discogs_id}", curr_abbr=currency)
    except SourceChanged as gone:
        if gone.code != "404":
            raise
        return None
    return parse_detail(raw, currency)


async def copies(source: Discogs, discogs_id: int) -> dict[int, Copy]:
    """The account's copies of a release, by instance."""
    user = await source.user()
    path = f"/users/{user}/collection/releases/{discogs_id}"
    try:
        body = await source.get_json(path, per_page=100, page=1)
    except SourceChanged as gone:
        if gone.code != "404":
            raise
        return {}
    rows = [parse_copy(raw, {UNCATEGORIZED: NAME}, {}) for raw in body["releases"]]
    return {copy.instance_id: copy for copy in rows if copy.instance_id is not None}


async def add(source: Discogs, discogs_id: int) -> int:
    """Add a copy and give its instance. It is sent once: sent twice it would be two copies."""
    path = f"/users/{await source.user()}/collection/folders/{UNCATEGORIZED}/releases/{discogs_id}"
    told = (await source.send("POST", path, repeat=False)).document
    return int(told["instance_id"])
