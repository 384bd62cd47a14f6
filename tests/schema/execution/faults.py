"""A store that answers wrongly now and then: the same way to the same questions."""

import asyncio
import dataclasses
import random
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from rewind_gql.store.engine import Store


class Broken(Exception):
    """Something that goes wrong in a query."""


class Odd:
    """Something nobody expects."""

    def __repr__(self) -> str:
        return "odd"


class Faulty:
    """A store, of whose answers a share is wrong, missing, late or an error."""

    def __init__(self, store: Store, seed: int, share: float) -> None:
        self._store = store
        self._seed = seed
        self._share = share

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def ask(self, query: Any, user_id: int, *args: Any, **kwargs: Any) -> Any:
        """What the query answers, more or less."""
        name = getattr(getattr(query, "func", query), "__qualname__", "query")
        rng = self._rng(name)
        if rng.random() < self._share:
            match rng.randint(0, 2):
                case 0:
                    raise Broken(name)
                case 1:
                    await asyncio.sleep(0)
                case 2:
                    await asyncio.sleep(0.0001)
        found = await self._store.ask(query, user_id, *args, **kwargs)
        if isinstance(found, Mapping):
            return {key: self._spoilt(each, name, key) for key, each in found.items()}
        return self._spoilt(found, name, 0)

    def _rng(self, *what: object) -> random.Random:
        return random.Random(crc32(repr((self._seed, *what)).encode()))

    def _spoilt(self, found: Any, *where: object) -> Any:
        if self._share == 0:
            return found
        if isinstance(found, list):
            return [self._item(each, *where, at) for at, each in enumerate(found)]
        if dataclasses.is_dataclass(found):
            read = [each for each in dataclasses.fields(found) if hasattr(found, each.name)]
            for each in read:
                self._field(found, each.name, *where)
        return found

    def _item(self, found: Any, *where: object) -> Any:
        rng = self._rng(*where)
        if rng.random() < self._share / 4:
            return rng.choice((None, Broken("item"), Odd()))
        return self._spoilt(found, *where)

    def _field(self, found: Any, name: str, *where: object) -> None:
        rng = self._rng(*where, name)
        value = getattr(found, name)
        if rng.random() < self._share / 4:
            value = rng.choice((None, Broken(name), Odd(), "x", 2**40, [value, None], 0.5))
        else:
            value = self._spoilt(value, *where, name)
        object.__setattr__(found, name, value)
