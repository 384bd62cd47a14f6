"""Passwords: which are accepted, what is kept of them, and whether one is right."""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from rewind_gql.errors import BadInput, TooMany

A = TypeVar("A")

MIN_LENGTH = 8
MAX_LENGTH = 1024
MAX_WAITING = 32

_MEMORY_KIB = 65_536
_PASSES = 3
_LANES = 4
_SALT_BYTES = 16
_HASH_BYTES = 32

_ARGON2 = PasswordHash(
    [Argon2Hasher(_PASSES, _MEMORY_KIB, _LANES, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES)]
)
# Each takes 64 MiB while it runs, and more cores than there may be.
_THREADS = ThreadPoolExecutor(1, thread_name_prefix="rewind-password")


def _nobodys() -> str:
    """A hash no password has, as costly to compare with as any other."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}${salt}${digest}"


NOBODYS = _nobodys()


def accepted(password: str) -> str:
    """`password`, if it may be one. Raises `BadInput` for one that is too short or too long."""
    if len(password) < MIN_LENGTH:
        raise BadInput(f"A password needs at least {MIN_LENGTH} characters", path="password")
    if len(password) > MAX_LENGTH:
        raise BadInput(f"A password has at most {MAX_LENGTH:,} characters", path="password")
    return password


async def hashed(password: str) -> str:
    """What is kept of a password. Raises `BadInput` for one that is not accepted."""
    return await _on_a_thread(partial(_ARGON2.hash, _bytes(accepted(password))))


async def matches(password: str, kept: str | None) -> bool:
    """Whether `kept` was made of this password; without it, the answer takes as long."""
    given = _bytes(password[:MAX_LENGTH])
    right = await _on_a_thread(partial(_ARGON2.verify, given, kept or NOBODYS))
    return right and kept is not None and len(password) <= MAX_LENGTH


class Queue:
    """Where those who sign in wait for their turn, one after another.

    One at a time, so that of many guesses sent at once each knows how the others ended.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The only one inside. Raises `TooMany` when too many wait already."""
        if self._waiting >= MAX_WAITING:
            raise TooMany(retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


async def _on_a_thread(work: Callable[[], A]) -> A:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def _bytes(password: str) -> bytes:
    """One spelling, whichever way a keyboard composes an accent."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
