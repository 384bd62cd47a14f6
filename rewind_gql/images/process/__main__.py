"""The image process: takes one job after another from its input until that ends.

It may use so much memory, open no file and no connection, and outlive no job's time limit; should
the server die, its input ends and so does it.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from math import ceil
from typing import Any, BinaryIO, TypeAlias

from rewind_gql.images.analysis import measure
from rewind_gql.images.measured import Unfit
from rewind_gql.images.presets import Options
from rewind_gql.images.process.confine import confine, limit_memory, warm
from rewind_gql.images.process.wire import packed, receive
from rewind_gql.images.resize import resize

OWN_MB = 192  # of the memory allowed: interpreter, libraries, stacks, the file itself
_MAX_THREADS = 2  # more at once than two of the largest sizes would not fit into the memory

Job: TypeAlias = tuple[dict[str, Any], list[bytes]]


def main() -> None:
    """Serve jobs. Arguments: memory in MiB, seconds a job may take."""
    memory_mb, job_s = int(sys.argv[1]), float(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; it tells us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes where errors go, not among the answers
    limit_memory(memory_mb)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    threads = min(_MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        work = _Work(pool, room=(memory_mb - OWN_MB) * 1024 * 1024)
        everyone = threading.Barrier(threads)
        list(pool.map(lambda _: everyone.wait(), range(threads)))  # for none can start later
        warm(work.across)
        confine()
        _send(answers, packed({"ready": True}))
        while True:
            words, bodies = jobs.get()
            _time_limit(job_s)
            answer = work.do(words, bodies)
            _time_limit(0)
            _send(answers, answer)


class _Work:
    """The jobs there are, and the memory and threads for them."""

    def __init__(self, pool: ThreadPoolExecutor, *, room: int) -> None:
        self._pool = pool
        self._room = room

    def do(self, words: dict[str, Any], bodies: list[bytes]) -> list[bytes]:
        """The answer to one job, also when it fails."""
        try:
            return self._done(words, bodies[0])
        except Unfit as unfit:
            return packed({"unfit": unfit.message})
        except MemoryError:
            return packed({"unfit": "The picture needs more memory than it may have."})
        except Exception:  # the outermost place of this process: one bad picture must not end it
            traceback.print_exc()
            return packed({"unfit": "The picture cannot be worked on."})

    def _done(self, words: dict[str, Any], body: bytes) -> list[bytes]:
        if words["job"] == "measure":
            return packed({"measured": asdict(measure(body, room=self._room))})
        options = [Options(**given) for given in words["options"]]
        made = resize(body, options, room=self._room, across=self.across)
        return packed({"resized": len(made)}, made)

    def across(
        self, make: Callable[[Options], bytes], options: Sequence[Options]
    ) -> Iterable[bytes]:
        """All of them on the threads there are, the largest first, so that none is left over."""
        places = sorted(range(len(options)), key=lambda at: -_area(options[at]))
        running = {at: self._pool.submit(make, options[at]) for at in places}
        return [running[at].result() for at in range(len(options))]


def _area(option: Options) -> int:
    return (option.width or option.height or 1) * (option.height or option.width or 1)


def _time_limit(seconds: float) -> None:
    """Have the system end this process after that long; never, for 0."""
    if sys.platform != "win32":
        signal.alarm(ceil(seconds))


def _listen(source: BinaryIO, jobs: queue.SimpleQueue[Job]) -> None:
    """Pass on jobs as they come; when none can come any more, end the process at once."""
    try:
        while True:
            jobs.put(receive(source))
    except EOFError:
        os._exit(0)


def _send(answers: BinaryIO, pieces: list[bytes]) -> None:
    try:
        answers.writelines(pieces)
        answers.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
