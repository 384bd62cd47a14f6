"""Invented records to store, with everything said for the test that does not care."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rewind_gql.domains.collecting import records

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PACIFIC = -480


def credit(name: str = "Maren Voss", discogs_id: int | None = 7, **more: Any) -> records.Credit:
    return records.Credit(name=name, discogs_id=discogs_id, **more)


def release(discogs_id: int = 1, title: str = "Glass Harbour", **more: Any) -> records.Release:
    given = {"credits": (credit(),), "year": 1998, "genres": ("Rock",), "formats": ("Vinyl",)}
    return records.Release(discogs_id=discogs_id, title=title, **{**given, **more})


def copy(
    instance_id: int | None = 100,
    of: records.Release | None = None,
    at: datetime = NOON,
    **more: Any,
) -> records.Copy:
    given = {"added_offset_min": PACIFIC}
    return records.Copy(
        release=of or release(), added_at=at, instance_id=instance_id, **{**given, **more}
    )


def from_file(
    copy_no: int = 0, of: records.Release | None = None, at: datetime = NOON, **more: Any
) -> records.Copy:
    """A copy as the collection file has it: no instance, no artist ids, no cover, no genres."""
    known = of or release()
    bare = records.Release(
        discogs_id=known.discogs_id,
        title=known.title,
        year=known.year,
        credits=tuple(records.Credit(discogs_id=None, name=each.name) for each in known.credits),
    )
    return copy(None, bare, at, copy_no=copy_no, **more)


def want(
    of: records.Release | None = None, at: datetime | None = NOON, **more: Any
) -> records.Want:
    return records.Want(release=of or release(), added_at=at, added_offset_min=PACIFIC, **more)
