"""Films as arrays of their numbers: counting those is quicker than rows the database puts together.

A database gives a whole column at once as a list, and one list is told from another in memory.
"""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.listening.bulk import gathered
from rewind_gql.domains.watching.tables import Watch
from rewind_gql.store.read import Conn, Read

Numbers = NDArray[np.int64]


def numbers_of(*lists: str | None) -> Numbers:
    """The numbers that a database gathered as lists, one after the other; none where none are."""
    inside = ",".join(filter(None, [(each or "").strip("[] ") for each in lists]))
    return np.fromstring(inside, np.int64, sep=",") if inside else np.empty(0, np.int64)


_MEDIA = Read(select(gathered(col(Media.movie_id))).where(mine(Media)), numbers_of)
_WATCHES = Read(select(gathered(col(Watch.movie_id))).where(mine(Watch)), numbers_of)


class Owned:
    """The films of some media: each once, with how many media it is on."""

    def __init__(self, media: Numbers) -> None:
        self.films, self._media = np.unique(media, return_counts=True)
        self.media = int(media.size)

    def on(self, films: Numbers) -> int:
        """How many media these films are on; those that are not owned are on none."""
        if not self.films.size:
            return 0
        at = np.minimum(np.searchsorted(self.films, films), self.films.size - 1)
        return int(self._media[at][self.films[at] == films].sum())

    def among(self, films: Numbers) -> "Owned":
        """Those of them that are among others, which may be named more than once."""
        held = np.isin(self.films, films)
        return Owned(np.repeat(self.films[held], self._media[held]))


async def owned(conn: Conn, user_id: int) -> Owned:
    """All films owned."""
    return Owned(await conn.value(_MEDIA, user_id=user_id))


async def watched(conn: Conn, user_id: int) -> Numbers:
    """The film of every watch."""
    return await conn.value(_WATCHES, user_id=user_id)
