"""How far a person's data has come, known without asking while nothing is committed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from rewind_gql.store import versions
from rewind_gql.store.engine import Store

_MOST = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The versions of a person's domains, and the header that names them.

    The same object stands for the same versions as long as it is remembered.
    """

    of: Mapping[str, int]
    header: bytes

    def at(self, domains: tuple[str, ...]) -> tuple[int, ...]:
        """The versions of these domains, in their order."""
        return tuple([self.of.get(domain, 0) for domain in domains])


def written(of: Mapping[str, int]) -> str:
    """Versions as `X-Data-Version` names them: `collecting=0, focus=3`, by the alphabet."""
    return ", ".join([f"{domain}={version}" for domain, version in sorted(of.items())])


class Versions:
    """The versions of everybody's data, asked for again only once something was committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: int | None = None
        self._good: dict[int, Numbers] = {}
        self._last: dict[int, Numbers] = {}
        self._looked: dict[int, tuple[float, Numbers]] = {}

    async def of(self, user_id: int) -> Numbers:
        """How far this person's data is; whatever is read from now on is no older."""
        seen = self._store.version()
        if seen is not None:
            if seen != self._seen:
                self._seen = seen
                self._good.clear()
            elif (known := self._good.get(user_id)) is not None:
                return known
        found = self._remembered(user_id, await self._store.ask(versions.numbers, user_id))
        if seen is not None and seen == self._seen:
            self._good[user_id] = found
        return found

    async def lately(self, user_id: int, *, within_s: float) -> Numbers:
        """The versions, or those that were found for anybody in the last `within_s` seconds."""
        loop = asyncio.get_running_loop()
        if self._store.version() is None:
            at, known = self._looked.get(user_id, (0.0, None))
            if known is not None and loop.time() - at < within_s:
                return known
        found = await self.of(user_id)
        self._looked[user_id] = (loop.time(), found)
        return found

    def _remembered(self, user_id: int, found: dict[str, int]) -> Numbers:
        last = self._last.get(user_id)
        if last is not None and last.of == found:
            return last
        if len(self._last) >= _MOST:
            self._last.clear()
            self._looked.clear()
        made = self._last[user_id] = Numbers(found, written(found).encode())
        return made
