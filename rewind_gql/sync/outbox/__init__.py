"""What is written to providers: ordered at once, done by a worker, healed after a crash."""

from rewind_gql.sync.outbox.asking import (
    JOB,
    WAIT_S,
    Ambiguous,
    UnderWay,
    answered,
    submit,
    told,
)
from rewind_gql.sync.outbox.delivering import deliver, heal

__all__ = [
    "JOB",
    "WAIT_S",
    "Ambiguous",
    "UnderWay",
    "answered",
    "deliver",
    "heal",
    "submit",
    "told",
]
