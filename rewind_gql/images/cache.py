"""Derived sizes of pictures, kept in a folder for as long as there is room for them."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Lock

from rewind_gql import clock, log
from rewind_gql.ports import files
from rewind_gql.settings import Settings

Make = Callable[[], Awaitable[bytes]]

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=,-]{0,99}", re.ASCII)
_KEPT = 0.9
"""Part of the budget that is left full when room is made."""
_LOOKS = 16
"""The folder is looked through again whenever this part of the budget was written."""

_log = log.get("images")


def cache(settings: Settings) -> "Cache":
    """The cache that the settings ask for, in the data folder."""
    return Cache(
        settings.data_dir / "images-derived", max_bytes=settings.image_cache_mb * 1024 * 1024
    )


class Cache:
    """Files made from originals, the least recently used of which go first.

    Several processes may share a folder; each keeps to the budget by what it sees of it. A cache
    that cannot be written, or read, costs time and nothing else.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.hits = 0
        self.misses = 0
        self._folder = folder
        self._max = max_bytes
        self._lock = Lock()
        self._size: int | None = None
        self._written = 0
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, content_hash: str, variant: str, make: Make) -> bytes:
        """The `variant` of the original with this hash; `make` makes it where it is not there.

        However many ask at once, it is made once, and goes on being made when they turn away.
        Raises what `make` raises, to all of them.
        """
        name = _name(content_hash, variant)
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._had(name, make))
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._settle(name, done))
        return await asyncio.shield(task)

    async def drop(self, content_hash: str) -> None:
        """Take away every variant of an original. Raises `OSError` when that is not possible."""
        await asyncio.to_thread(self._drop, _name(content_hash, "all"), content_hash)

    async def close(self) -> None:
        """Wait until what is being made is made."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _had(self, name: str, make: Make) -> bytes:
        found = await asyncio.to_thread(self._read, name)
        if found:
            self.hits += 1
            return found
        self.misses += 1
        made = await make()
        await asyncio.to_thread(self._keep, name, made)
        return made

    def _settle(self, name: str, task: asyncio.Task[bytes]) -> None:
        del self._under_way[name]
        if not task.cancelled():
            task.exception()  # taken note of, for the callers may be gone

    def _read(self, name: str) -> bytes | None:
        path = self._folder / name
        try:
            found = path.read_bytes()
            now = int(clock.now().timestamp() * 1e6) * 1_000
            os.utime(path, ns=(now, now))
        except OSError:
            return None
        return found

    def _keep(self, name: str, body: bytes) -> None:
        """Write a file, once there is room for it; one larger than the budget is not kept."""
        if not body or len(body) > self._max:
            return
        try:
            with self._lock:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._make_room(len(body))
                files.write(self._folder, self._folder / name, body)
                self._size = (self._size or 0) + len(body)
                self._written += len(body)
        except OSError as wrong:
            self._size = None  # what is true of the folder is no longer known
            _log.warning("a derived image could not be kept", reason=wrong.strerror)

    def _make_room(self, more: int) -> None:
        known = self._size is not None and self._written <= self._max // _LOOKS
        if known and (self._size or 0) + more <= self._max:
            return
        files.drop_drafts(self._folder)
        found = sorted(files.walk(self._folder), key=lambda entry: entry.changed_ns)
        size = sum(entry.size_bytes for entry in found)
        if size + more > self._max:
            least = min(self._max - more, int(self._max * _KEPT))
            for entry in found:
                if size <= least:
                    break
                entry.path.unlink(missing_ok=True)
                size -= entry.size_bytes
        self._size, self._written = size, 0

    def _drop(self, name: str, content_hash: str) -> None:
        with self._lock:
            self._size = None
            for entry in files.walk((self._folder / name).parent):
                if entry.path.name.startswith(content_hash):
                    entry.path.unlink(missing_ok=True)


def _name(content_hash: str, variant: str) -> str:
    if not _HASH.fullmatch(content_hash) or not _VARIANT.fullmatch(variant):
        raise ValueError("this is no name of a derived image")
    return f"{content_hash[:2]}/{content_hash}.{variant}"
