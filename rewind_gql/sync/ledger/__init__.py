"""The ledger of syncs: who asked for what, who works on it, how far it came, how it ended."""

from rewind_gql.sync.ledger.asks import (
    Triggered,
    blank,
    cancel,
    pause,
    resume,
    retry,
    source_of,
    trigger,
)
from rewind_gql.sync.ledger.ending import Fault, close
from rewind_gql.sync.ledger.leases import (
    Claimed,
    Waiting,
    claim,
    give_back,
    heartbeat,
    lost,
    open_run,
    parts_of,
    queued,
    recover,
)
from rewind_gql.sync.ledger.oneshot import OneShot, Step, record
from rewind_gql.sync.ledger.pages import State, save
from rewind_gql.sync.ledger.retention import prune
from rewind_gql.sync.ledger.rows import run_of
from rewind_gql.sync.ledger.words import (
    AlreadyRunning,
    Part,
    RunFinished,
    RunNotFound,
    SourceNotFound,
    SourcePaused,
    job_id,
    new_id,
)

__all__ = [
    "AlreadyRunning",
    "Claimed",
    "Fault",
    "OneShot",
    "Part",
    "RunFinished",
    "RunNotFound",
    "SourceNotFound",
    "SourcePaused",
    "State",
    "Step",
    "Triggered",
    "Waiting",
    "blank",
    "cancel",
    "claim",
    "close",
    "give_back",
    "heartbeat",
    "job_id",
    "lost",
    "new_id",
    "open_run",
    "parts_of",
    "pause",
    "prune",
    "queued",
    "record",
    "recover",
    "resume",
    "retry",
    "run_of",
    "save",
    "source_of",
    "trigger",
]
