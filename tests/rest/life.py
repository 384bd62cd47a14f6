"""A little of a life, written the way sources write it, for the routes to tell of."""

from datetime import UTC, datetime, timedelta

from rewind_gql.across import cross_reference
from rewind_gql.domains import collecting, listening
from rewind_gql.domains.collecting import intake as shelf
from rewind_gql.domains.collecting import records as shelved
from rewind_gql.domains.listening import intake, records
from rewind_gql.store.engine import Store
from tests.databases import ME

EVENING = datetime(2026, 3, 18, 22, 5, tzinfo=UTC)


def play(track: str, artist: str, *, minutes: int = 0, album: str | None = None) -> records.Play:
    """A play, so many minutes into the evening."""
    return records.Play(
        artist=artist,
        track=track,
        album=album,
        played_at=EVENING + timedelta(minutes=minutes),
        url=f"https://www.last.fm/music/{artist}/_/{track}",
    )


async def hear(store: Store, *plays: records.Play, user_id: int = ME) -> None:
    """Store plays and what is counted of them."""
    async with store.write() as conn:
        stored = await intake.plays(conn, user_id, plays, source="lastfm")
        await listening.DOMAIN.derive(conn, user_id, stored.touched)
        await cross_reference.refresh(conn, user_id)


def copy(discogs_id: int, title: str, artist: str, *, hours: int = 0) -> shelved.Copy:
    """An owned copy, added so many hours after the evening, in a zone seven hours behind."""
    release = shelved.Release(
        discogs_id=discogs_id,
        title=title,
        credits=(shelved.Credit(discogs_id=None, name=artist),),
        year=1991,
        formats=("Vinyl",),
        genres=("Rock",),
        styles=("Grunge",),
    )
    return shelved.Copy(
        release=release,
        instance_id=discogs_id * 10,
        added_at=EVENING + timedelta(hours=hours),
        added_offset_min=-7 * 60,
    )


async def own(store: Store, *copies: shelved.Copy, user_id: int = ME) -> None:
    """Store copies, and compare them with what was heard."""
    async with store.write() as conn:
        stored = await shelf.copies(conn, user_id, copies, source="discogs")
        await collecting.DOMAIN.derive(conn, user_id, stored.touched)
        await cross_reference.refresh(conn, user_id)
