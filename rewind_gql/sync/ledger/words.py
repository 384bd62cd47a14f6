"""The ledger's words and rules that need no database: ids, outcomes, progress, back-off."""

import hashlib
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from rewind_gql.clock import Window
from rewind_gql.domains.base import Stored
from rewind_gql.errors import Conflicting, NotFound
from rewind_gql.log import redact

PREFIXES = {
    "pull": "pull",
    "webhook": "wh",
    "sdk": "sdk",
    "backfill": "bf",
    "xml_import": "xml",
    "linked_account": "link",
}
"""What an id starts with, by how its run came about."""

STAGE_OF = {
    "success": "completed",
    "partial": "completed",
    "skipped": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""The terminal stage of each terminal status."""

WORKING = ("fetching", "processing", "saving")
PROGRESS = "progress"
"""The `kind` an event has when it changes neither stage nor part: the next one says it better."""

GOOD = ("success", "skipped", "partial")
ERROR_CHARS = 1_000
MESSAGE_CHARS = 500
ALMOST = 0.9999
FAILURES_TO_PAUSE = 5
FIRST_BACKOFF = timedelta(seconds=60)
CONFIRMED = "*"
"""Beside the checkpoints of a source: a person has confirmed what the last run did not dare."""
PICTURES = "images"
"""The provider of runs that look for pictures: they belong to no domain's health."""
FAILING_PROBE = timedelta(hours=6)
"""A source that keeps failing is still tried this often, so that it heals without a person."""


class AlreadyRunning(Conflicting):
    """Another run of this source is under way."""

    code = "SYNC_ALREADY_RUNNING"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Run {run_id} of this source is under way")
        self.run_id = run_id

    @property
    def extensions(self) -> dict[str, Any]:
        """The run that is under way, too."""
        return {"code": self.code, "runId": self.run_id}


class SourcePaused(Conflicting):
    """This source is paused; resume it first."""

    code = "SOURCE_PAUSED"


class RunFinished(Conflicting):
    """This run has ended."""

    code = "RUN_FINISHED"


class RunNotFound(NotFound):
    """There is no such run."""

    code = "RUN_NOT_FOUND"


class SourceNotFound(NotFound):
    """There is no such source."""

    code = "SOURCE_NOT_FOUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is known of one stream of a run; the row of `sync_run_part` and a little more."""

    part: str
    kind: str
    status: str = "in_progress"
    reported: int | None = None
    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    covered_from: datetime | None = None
    covered_to: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    error_kind: str | None = None
    done: int | None = None

    @property
    def processed(self) -> int:
        """Items stored or known."""
        return self.inserted + self.updated + self.skipped

    @property
    def total(self) -> int | None:
        """Items expected; never fewer than there were."""
        return None if self.reported is None else max(self.reported, self.processed)

    @property
    def fraction(self) -> float | None:
        """How much of it is behind; None while its total is unknown."""
        if self.status in GOOD:
            return 1.0
        if not self.reported:
            return None
        done = self.processed + self.failed if self.done is None else self.done
        return min(1.0, done / max(self.reported, done))

    def plus(
        self,
        stored: Stored,
        *,
        failed: int,
        reported: int | None,
        done: int | None,
        covered: Window | None,
    ) -> "Part":
        """The part after one more batch; counts add up, the covered window only widens."""
        since, until = covered or (None, None)
        return replace(
            self,
            inserted=self.inserted + stored.inserted,
            updated=self.updated + stored.updated,
            skipped=self.skipped + stored.skipped,
            failed=self.failed + failed,
            reported=self.reported if reported is None else reported,
            done=done,
            covered_from=min(filter(None, (self.covered_from, since)), default=None),
            covered_to=max(filter(None, (self.covered_to, until)), default=None),
        )

    def ended(self) -> "Part":
        """The part after its last batch."""
        if self.failed:
            status = "partial"
        else:
            status = "success" if self.inserted + self.updated else "skipped"
        return replace(self, status=status)


def new_id(source: str) -> str:
    """A run's id, such as `pull_0f3c9a1be27d4455`."""
    return f"{PREFIXES[source]}_{secrets.token_hex(8)}"


def job_id(run_id: str, attempt: int) -> str:
    """The id of the one job that works on an attempt."""
    return f"{run_id}:{attempt}"


def lock_key(user_id: int, provider: str, account: str, domain: str, scope: str) -> str:
    """What only one unfinished run may hold."""
    return f"{user_id}:{provider}:{account}:{domain}:{scope}"


def fingerprint(*of: Any) -> str:
    """The same for the same arguments, whatever their order."""
    return hashlib.sha256(orjson.dumps(of, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def told(text: str | None, chars: int = ERROR_CHARS) -> str | None:
    """A text as it may be stored: secrets taken out, then cut off."""
    if text is None:
        return None
    plain = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return redact(plain)[:chars]


def said(message: str | None) -> str | None:
    """A message as it may be stored."""
    return told(message, MESSAGE_CHARS)


def outcome(parts: Iterable[Part]) -> str:
    """The status of a run whose parts have all ended or were never begun."""
    known = list(parts)
    statuses = {part.status for part in known}
    if not statuses & set(GOOD):
        return "failed"
    if statuses - {"success", "skipped"} or any(part.failed for part in known):
        return "partial"
    return "success" if "success" in statuses else "skipped"


def progress(parts: Mapping[str, Part], planned: Sequence[str], *, floor: float) -> float | None:
    """Mean of the planned parts' fractions, never below `floor`; None while no total is known."""
    fractions = [parts[name].fraction if name in parts else 0.0 for name in planned]
    if not fractions or (all(not each for each in fractions) and None in fractions):
        return floor or None
    mean = sum(each or 0.0 for each in fractions) / len(fractions)
    return min(ALMOST, max(mean, floor))


def backoff(failures: int, interval: timedelta) -> timedelta:
    """How long to wait after that many failures in a row, give or take a fifth."""
    spread = 0.8 + 0.4 * random.random()  # noqa: S311  # spreads load; no secret
    seconds = FIRST_BACKOFF.total_seconds() * 2.0 ** min(failures - 1, 20)
    return min(interval, timedelta(seconds=seconds)) * spread
