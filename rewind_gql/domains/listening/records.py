"""What a source must hand us of listening: clean, frozen, in our words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Period = Literal["7day", "1month", "3month", "6month", "12month", "overall"]
PERIODS: tuple[Period, ...] = ("7day", "1month", "3month", "6month", "12month", "overall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One play. Names are as the source shows them; empty means unknown and is None.

    `exact` is False where the source does not know the second: such a play is the same as any play
    of the same track in that minute, or, with `spread_s`, in that many seconds from `played_at`, a
    day at most. Batches must not part plays that share an instant. `url` is the track's page.
    """

    artist: str
    track: str
    played_at: datetime
    album: str | None = None
    album_artist: str | None = None
    artist_mbid: str | None = None
    album_mbid: str | None = None
    track_mbid: str | None = None
    url: str | None = None
    artist_url: str | None = None
    album_url: str | None = None
    duration_ms: int | None = None
    exact: bool = True
    spread_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartEntry:
    """One line of a source's own top list."""

    kind: Literal["artist", "album", "track"]
    period: Period
    rank: int
    plays: int
    name: str
    artist: str
    mbid: str | None = None
    artist_mbid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A source's whole top list of one kind and period, best first; it replaces the one before."""

    kind: Literal["artist", "album", "track"]
    period: Period
    entries: tuple[ChartEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The account plays come from."""

    name: str
    url: str | None
    country: str | None
    plays: int | None
    registered_at: datetime | None
