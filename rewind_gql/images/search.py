"""Asking one finder after another for a picture of a thing, until one that is fit is at hand."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from rewind_gql import log
from rewind_gql.errors import SourceBusy, SourceDenied, SourceError
from rewind_gql.images.finders import Finder
from rewind_gql.images.keeping import Missed, Original, Provenance
from rewind_gql.images.measured import Unfit, WorkerBusy
from rewind_gql.images.records import Candidate, Found, Thing
from rewind_gql.images.worker import Worker

ALTERNATIVES_S = 8.0
MAX_TRIED = 6
"""Candidates of one finder whose bytes are fetched, at most."""

Verdict = Literal["found", "none", "unfit", "failed", "skipped"]


@dataclass(slots=True, kw_only=True)
class Tried:
    """What became of one finder: whether it gave a picture, why not, and how long it took."""

    finder: str
    outcome: Verdict
    reason: str | None = None
    retry_after: float | None = None
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A picture that is fit to be kept, and where it is from."""

    original: Original
    origin: Provenance


@dataclass(slots=True, kw_only=True)
class Searched:
    """What came of a search: a picture, or why there is none, from everyone who was asked."""

    hit: Hit | None = None
    tried: list[Tried] = field(default_factory=list)

    @property
    def missed(self) -> Missed:
        """Why there is none. One who could not be asked may have had it."""
        outcomes = {each.outcome for each in self.tried}
        return "failed" if "failed" in outcomes else "unfit" if "unfit" in outcomes else "none"

    @property
    def reason(self) -> str | None:
        """The same in words, of those that count."""
        said = [each.reason for each in self.tried if each.outcome == self.missed and each.reason]
        return "; ".join(said)[:_LONGEST_REASON] or None

    @property
    def retry_after(self) -> float | None:
        """Seconds that somebody asked to be left alone for; the longest of them."""
        return max((each.retry_after or 0.0 for each in self.tried), default=0.0) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """Every candidate there is for a thing, in the order of the finders, and who failed."""

    candidates: tuple[Candidate, ...]
    failed: tuple[Tried, ...]


_LONGEST_REASON = 500


async def search(finders: Sequence[Finder], worker: Worker, thing: Thing) -> Searched:
    """The first picture that is fit, by the order of the finders; nobody behind it is asked.

    A candidate whose name only begins alike counts when nobody has one by the very name.
    """
    searched = Searched()
    alike: list[tuple[Finder, Candidate, Tried]] = []
    for finder in finders:
        tried = Tried(finder=finder.name, outcome="none")
        searched.tried.append(tried)
        with _timed(tried):
            found = await finder.find(thing)
            _note(tried, found)
            exact = [each for each in found.candidates if each.exact]
            alike += [(finder, each, tried) for each in found.candidates if not each.exact]
            searched.hit = await _first(finder, worker, exact[:MAX_TRIED], tried)
        if searched.hit:
            return searched
    for finder, candidate, tried in alike:
        with _timed(tried):
            searched.hit = await _first(finder, worker, [candidate], tried)
        if searched.hit:
            return searched
    return searched


async def alternatives(
    finders: Sequence[Finder], thing: Thing, *, within_s: float = ALTERNATIVES_S
) -> Alternatives:
    """What every finder has for a thing, all asked at once and none waited for for long."""
    found = await asyncio.gather(*(_within(finder, thing, within_s) for finder in finders))
    return Alternatives(
        candidates=tuple(candidate for each, _ in found for candidate in each.candidates),
        failed=tuple(tried for _, tried in found if tried.outcome == "failed"),
    )


async def again(finder: Finder, worker: Worker, candidate: Candidate) -> Searched:
    """What is now at an address that a picture was had from before."""
    searched = Searched(tried=[tried := Tried(finder=finder.name, outcome="none")])
    with _timed(tried):
        searched.hit = await _first(finder, worker, [candidate], tried)
    return searched


async def _within(finder: Finder, thing: Thing, within_s: float) -> tuple[Found, Tried]:
    tried = Tried(finder=finder.name, outcome="none")
    with _timed(tried):
        try:
            async with asyncio.timeout(within_s):
                found = await finder.find(thing)
        except TimeoutError:
            found = Found(outcome="failed", reason=f"{finder.name} did not answer in time")
    _note(tried, found)
    return found, tried


async def _first(
    finder: Finder, worker: Worker, candidates: Sequence[Candidate], tried: Tried
) -> Hit | None:
    """The first of these candidates that is a picture; what the others are is noted."""
    for candidate in candidates:
        try:
            fetched = await finder.fetch(candidate)
            original = Original.of(fetched.body, await worker.measure(fetched.body))
        except (SourceBusy, SourceDenied, WorkerBusy) as away:
            _blame(tried, "failed", away.message, getattr(away, "retry_after", None))
        except (SourceError, Unfit) as unfit:
            _blame(tried, "unfit", unfit.message)
        else:
            _settle(tried)
            return Hit(original=original, origin=provenance(candidate))
    return None


def provenance(candidate: Candidate) -> Provenance:
    """Where a candidate is from, as it may be written down and shown."""
    return Provenance(
        source=candidate.source,
        source_url=log.redact(candidate.url),
        attribution=candidate.attribution,
    )


def _note(tried: Tried, found: Found) -> None:
    """What a finder said; that it knows addresses is not yet a picture."""
    tried.outcome = "none" if found.outcome == "found" else found.outcome
    tried.reason = found.reason
    tried.retry_after = found.retry_after


def _blame(tried: Tried, outcome: Verdict, message: str, retry_after: float | None = None) -> None:
    """Note what is wrong with a candidate; that one could not be had outweighs that one is bad."""
    if tried.outcome != "failed":
        tried.outcome, tried.reason = outcome, f"{tried.finder}: {message}"
    if retry_after:
        tried.retry_after = max(tried.retry_after or 0.0, retry_after)


def _settle(tried: Tried) -> None:
    tried.outcome, tried.reason, tried.retry_after = "found", None, None


@contextmanager
def _timed(tried: Tried) -> Iterator[None]:
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        yield
    finally:
        tried.duration_s += clock() - start
