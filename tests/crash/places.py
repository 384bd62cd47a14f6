"""Empty databases for the rounds, on SQLite and on PostgreSQL."""

import itertools
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.crash.campaigns import NewPlace, Place
from tests.databases import Databases

EMPTY = "template1"


class Places:
    """Gives every round a folder and an empty database of its own, as long as its block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._databases = Databases(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._databases.stop()

    def of(self, kind: str) -> NewPlace:
        """What makes new places on that kind of database."""

        async def new_place() -> Place:
            folder = self._folder / f"round-{next(self._numbers)}"
            folder.mkdir()
            if kind == "sqlite":
                return Place(f"sqlite:///{folder / 'rewind.db'}", folder)
            return Place(await self._databases.postgresql(template=EMPTY), folder)

        return new_place
