"""What an answer hangs on, noted while it is made: the tables read, and how long it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from math import inf


class Trace:
    """What was asked while an answer was made.

    `tables` are the names of those read, a set for each statement; `until` is the first instant, in
    seconds since 1970, at which the passing of time alone may change the answer. `fleeting` is
    whether it hangs on anything else: this very instant, memory, somebody else's server.
    """

    __slots__ = ("fleeting", "tables", "until")

    def __init__(self) -> None:
        self.tables: set[frozenset[str]] = set()
        self.until = inf
        self.fleeting = False


_TRACE: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def traced() -> Iterator[Trace]:
    """Notes what is asked inside, in tasks begun there as well."""
    trace = Trace()
    before = _TRACE.set(trace)
    try:
        yield trace
    finally:
        _TRACE.reset(before)


def read(tables: frozenset[str]) -> None:
    """Note that these tables were read."""
    trace = _TRACE.get()
    if trace is not None:
        trace.tables.add(tables)


def fleeting() -> None:
    """Note that what is being answered may be otherwise at any time, without a write."""
    trace = _TRACE.get()
    if trace is not None:
        trace.fleeting = True


def until(at: datetime) -> None:
    """Note that time alone may change what is being answered at that instant, not before."""
    trace = _TRACE.get()
    if trace is not None:
        trace.until = min(trace.until, at.timestamp())
