"""The image process: confined, replaced when it dies, gone when the server is."""

import asyncio
import errno
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from rewind_gql.images.analysis import measure
from rewind_gql.images.measured import Unfit, WorkerBusy
from rewind_gql.images.presets import PRESETS, Options, preset
from rewind_gql.images.worker import Worker
from tests.images.files import (
    KINDS,
    blank_png,
    gradient,
    halves,
    opened,
    picture,
    saved,
    swapped_profile,
    turned,
)

DEAD = (psutil.NoSuchProcess, psutil.ZombieProcess)

SERVER = """
import asyncio, sys
from rewind_gql.images.worker import Worker
from tests.images.files import picture, blank_png

async def main():
    worker = Worker()
    await worker.measure(picture())
    print("ready", flush=True)
    while True:
        await worker.measure(blank_png(4000, 4000))

asyncio.run(main())
"""


PRISONER = """
import errno, os, socket, sys
from rewind_gql.images.process.confine import confine

def refused(reach):
    try:
        reach()
    except OSError as why:
        print(errno.errorcode[why.errno])

confine()
refused(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
refused(lambda: open(sys.argv[2]))
refused(os.pipe)
"""

CONFINED = """
import sys
from pathlib import Path
from rewind_gql.images.analysis import measure
from rewind_gql.images.measured import Unfit
from rewind_gql.images.process.confine import confine, warm

bodies = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
warm(map)
confine()
for body in bodies:
    try:
        print(measure(body))
    except Unfit as unfit:
        print(unfit)
"""
HERE = Path(__file__).parents[2]


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """A worker whose process runs already."""
    async with Worker() as made:
        await made.measure(picture())
        yield made


def process() -> psutil.Process:
    """The one image process of ours that lives."""
    (found,) = (child for child in psutil.Process().children() if ours(child))
    return found


def ours(child: psutil.Process) -> bool:
    """Whether it is a living image process."""
    try:
        return "rewind_gql.images.process" in child.cmdline()
    except DEAD:
        return False


async def in_line(worker: Worker, jobs: int) -> None:
    """Give as many jobs time to take their places."""
    for _ in range(10 * jobs):
        await asyncio.sleep(0)


def test_the_server_loads_no_decoder() -> None:
    asked = "import sys, rewind_gql.images.worker; print({'PIL', 'numpy'} & set(sys.modules))"

    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)

    assert found.stdout == b"set()\n"


async def test_it_measures_and_resizes(worker: Worker) -> None:
    body = picture("JPEG", 640, 480)

    measured = await worker.measure(body)
    made = await worker.resize(body, [preset(name) for name in PRESETS])

    assert (measured.width, measured.height) == (640, 480)
    assert [opened(one).size for one in made] == list(PRESETS.values())


async def test_a_refusal_says_why_and_costs_no_process(worker: Worker) -> None:
    before = process().pid

    with pytest.raises(Unfit, match="PDF"):
        await worker.measure(b"%PDF-1.7")

    await worker.measure(picture())
    assert process().pid == before


async def test_its_memory_is_limited_by_the_system(worker: Worker) -> None:
    assert process().rlimit(psutil.RLIMIT_AS) == (512 * 1024 * 1024,) * 2


async def test_it_can_write_no_file(worker: Worker) -> None:
    assert process().rlimit(psutil.RLIMIT_FSIZE) == (0, 0)


async def test_it_can_open_nothing_and_start_nothing(worker: Worker) -> None:
    assert process().rlimit(psutil.RLIMIT_NOFILE) == (0, 0)
    assert process().rlimit(psutil.RLIMIT_NPROC) == (0, 0)


def test_what_is_confined_reaches_no_network_and_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("for nobody")

    with socket.create_server(("127.0.0.1", 0)) as near:
        given = (str(near.getsockname()[1]), str(secret))
        found = subprocess.run(
            [sys.executable, "-c", PRISONER, *given], capture_output=True, check=True
        )

    assert found.stdout.decode().split() == [errno.errorcode[errno.EMFILE]] * 3


def test_what_is_confined_has_loaded_all_that_pictures_need(tmp_path: Path) -> None:
    profile = swapped_profile()
    bodies = [picture(kind, icc_profile=profile) for kind in KINDS]
    bodies += [turned(halves(80, 40), 6, kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF")]
    bodies += [saved(gradient(60, 40, mode), "PNG") for mode in ("1", "L", "LA", "P", "RGBA")]
    bodies += [saved(gradient(60, 40), "MPO", save_all=True, append_images=[halves(60, 40)])]
    for number, body in enumerate(bodies):
        (tmp_path / f"{number:02}").write_bytes(body)

    run = [sys.executable, "-c", CONFINED, str(tmp_path)]
    found = subprocess.run(run, capture_output=True, check=True, cwd=HERE)

    assert found.stdout.decode().splitlines() == [str(measure(body)) for body in bodies]


async def test_it_knows_none_of_our_environment(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REWIND_SECRET", "only for the server")
    process().kill()
    await worker.measure(picture())

    found = process().environ()

    named = {name for name in found if not name.startswith("MALLOC_")}
    assert named <= {"PYTHONPATH", "OPENBLAS_NUM_THREADS", "LC_CTYPE"}


async def test_one_killed_between_jobs_is_replaced(worker: Worker) -> None:
    before = process()
    before.kill()

    measured = await worker.measure(picture("PNG", 90, 70))

    assert measured.width == 90
    assert process().pid != before.pid


async def test_a_job_whose_process_is_killed_is_done_again(worker: Worker) -> None:
    before = process()
    before.suspend()
    job = asyncio.create_task(worker.measure(picture("PNG", 90, 70)))
    await in_line(worker, 1)
    before.kill()

    measured = await job

    assert measured.width == 90
    assert process().pid != before.pid
    assert worker.deaths == 1


async def test_a_picture_that_brings_the_process_down_twice_is_refused(worker: Worker) -> None:
    job = asyncio.create_task(worker.measure(blank_png(7_000, 7_000)))

    while not job.done():
        await asyncio.sleep(0.001)
        for child in filter(ours, psutil.Process().children()):
            try:
                if child.memory_info().rss > 100_000_000:  # in the middle of that picture
                    child.send_signal(signal.SIGSEGV)
            except DEAD:
                continue

    with pytest.raises(Unfit, match="brings its decoder down"):
        await job
    assert (await worker.measure(picture())).width == 64


async def test_a_picture_that_takes_too_long_is_refused_and_the_next_is_not() -> None:
    async with Worker(job_s=3) as worker:
        await worker.measure(picture())
        process().suspend()

        with pytest.raises(Unfit, match="longer than 3 seconds"):
            await worker.measure(picture())

        assert (await worker.measure(picture())).width == 64


async def test_a_caller_who_goes_away_does_not_upset_the_next(worker: Worker) -> None:
    held = process()
    held.suspend()
    gone = asyncio.create_task(worker.measure(picture("PNG", 90, 70)))
    await in_line(worker, 1)
    gone.cancel()
    held.resume()

    measured = await worker.measure(picture("PNG", 50, 40))

    assert (measured.width, measured.height) == (50, 40)
    assert process().pid == held.pid
    assert gone.cancelled()


async def test_jobs_beyond_the_line_are_turned_away() -> None:
    async with Worker(waiting=1) as worker:
        await worker.measure(picture())
        held = process()
        held.suspend()
        first, second = (asyncio.create_task(worker.measure(picture())) for _ in range(2))
        await in_line(worker, 2)

        with pytest.raises(WorkerBusy) as busy:
            await worker.measure(picture())

        held.resume()
        assert (await first).width == (await second).width == 64
        assert (busy.value.status, busy.value.retry_after) == (503, 5)


async def test_a_process_is_renewed_before_what_it_leaks_adds_up(worker: Worker) -> None:
    before = process().pid

    for _ in range(500):
        with pytest.raises(Unfit):
            await worker.measure(b"none")

    assert process().pid != before
    assert worker.deaths == 0


async def test_two_processes_share_the_jobs() -> None:
    async with Worker(processes=2) as worker:
        found = await asyncio.gather(
            *(worker.measure(picture("PNG", 40 + side, 40)) for side in range(20))
        )

        assert [one.width for one in found] == [40 + side for side in range(20)]
        assert len([child for child in psutil.Process().children() if ours(child)]) == 2


async def test_one_that_cannot_start_is_told_as_busy() -> None:
    async with Worker(memory_mb=1) as worker:
        with pytest.raises(WorkerBusy, match="does not start"):
            await worker.measure(picture())


async def test_nothing_is_left_after_closing(worker: Worker) -> None:
    held = process()
    held.suspend()
    job = asyncio.create_task(worker.resize(picture(), [Options(width=50)]))
    await in_line(worker, 1)

    await worker.close()

    assert not held.is_running()
    with pytest.raises(WorkerBusy):
        await job
    with pytest.raises(WorkerBusy):
        await worker.measure(picture())


async def test_a_body_too_large_is_not_even_sent(worker: Worker) -> None:
    with pytest.raises(Unfit, match="20 MiB"):
        await worker.measure(bytes(20 * 1024 * 1024 + 1))


def test_it_goes_when_the_server_is_killed_in_the_middle_of_a_job() -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    with server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        (left,) = psutil.Process(server.pid).children()

        server.kill()

    psutil.wait_procs([left], timeout=30)
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
