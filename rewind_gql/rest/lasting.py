"""Answers that stay true until something is stored, kept for those who ask the same again."""

import secrets
from hashlib import blake2b
from typing import NamedTuple

from starlette.types import Scope

from rewind_gql.auth.views import Caller
from rewind_gql.rest.answers import Answer
from rewind_gql.rest.door import header
from rewind_gql.store.engine import Store

MOST = 4_096
LONGEST = 4_096
"""Of a longer address the answer is not kept, or those kept could take hundreds of megabytes."""


class Asked(NamedTuple):
    """What was asked, where, by whom; of a key, no more than it takes to tell it from others."""

    path: str
    query: bytes
    scheme: str
    host: bytes
    key: bytes


class Known(NamedTuple):
    """An answer, and to whom it was given."""

    caller: Caller
    answer: Answer


class Lasting:
    """Answers to the same request of the same caller, all forgotten at the next commit.

    Whoever writes it, and in whichever process: what is taken back is refused at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._salt = secrets.token_bytes(16)
        self.version: int | None = None
        """Of the database, as `find` saw it last; None where there is none to go by."""
        self._known: dict[Asked, Known] = {}

    def asked(self, scope: Scope) -> Asked | None:
        """What a request asks; None for one whose answer is not kept."""
        key, host = header(scope, b"authorization"), header(scope, b"host")
        if key is None or host is None:
            return None
        if len(scope["path"]) + len(scope["query_string"]) + len(host) > LONGEST:
            return None
        told_apart = blake2b(key, digest_size=16, key=self._salt).digest()
        return Asked(scope["path"], scope["query_string"], scope["scheme"], host, told_apart)

    def find(self, asked: Asked) -> Known | None:
        """The answer that was given to this, if it is still true."""
        version = self._store.version()
        if version != self.version or len(self._known) >= MOST:
            self._known.clear()
            self.version = version
        return self._known.get(asked)

    def keep(self, asked: Asked, known: Known, version: int | None) -> None:
        """Keep an answer that was begun at this `version`, unless another one was seen since."""
        if version is not None and version == self.version:
            self._known[asked] = known
