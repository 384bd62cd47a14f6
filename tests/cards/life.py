"""A little of a life for cards to tell of, and cards asked of a store."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rewind_gql.cards.asked import When, read
from rewind_gql.cards.shown import CARDS
from rewind_gql.domains.listening import records
from rewind_gql.store.engine import Store
from tests.databases import ME

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 18, 22, 30, tzinfo=UTC)


def heard(
    *at: str, artist: str = "Low", album: str | None = "Double Negative"
) -> list[records.Play]:
    """A play at each of these instants."""
    return [
        records.Play(
            artist=artist,
            track=f"{artist} song",
            album=album,
            played_at=datetime.fromisoformat(each).replace(tzinfo=UTC),
            url=None,
        )
        for each in at
    ]


async def shown(
    store: Store,
    name: str,
    *,
    zone: str = "UTC",
    now: datetime = NOW,
    user_id: int = ME,
    **given: str,
) -> Any:
    """What a card tells; names of parameters that are words of Python end with an underscore."""
    when = When(ZoneInfo(zone), now)
    words = {key.rstrip("_"): value for key, value in given.items()}
    asked = read(CARDS[name].rules, words, today=when.today)
    return await store.ask(CARDS[name].ask, user_id, asked, when)
