"""A database that cannot grow any further: said in words, and nothing lost once it can."""

import asyncio
from pathlib import Path

from tests.cli.world import COMMAND, begin, pretending, rewind, small_life
from tests.crash.campaigns import LEASE_S, QUICK
from tests.crash.judging import judge

# Room for the empty tables and some of the plays, in blocks of 512 bytes.
BLOCKS = 2_800
LIMITED = ("sh", "-c", 'ulimit -f "$0" && exec "$@"', str(BLOCKS), *COMMAND)


async def test_a_sync_on_a_full_disk_fails_in_words_and_later_goes_on(tmp_path: Path) -> None:
    someone = small_life()
    with pretending(someone) as world:
        settings = world.settings | QUICK
        full = begin("sync", folder=tmp_path, program=LIMITED, **settings)
        said = b"".join(full.communicate(timeout=60)).decode()
        await asyncio.sleep(LEASE_S)

        roomy = rewind("sync", folder=tmp_path, **settings)

    verdict = await judge(f"sqlite:///{tmp_path / 'data' / 'rewind.db'}", someone, shelf=True)
    assert (full.returncode, roomy.code) == (1, 0), said + roomy.said
    assert "disk" in said
    assert "Traceback" not in said
    assert verdict.clean, f"{verdict} {verdict.faults}"
