"""`python -m tests.crash`: so many kills over every campaign and database, and what was lost."""

import argparse
import asyncio
import random
import tempfile
from pathlib import Path

from tests.crash.campaigns import ROUNDS, campaign
from tests.crash.judging import Verdict
from tests.crash.places import Places


async def main(kills: int, seed: int, only: list[str]) -> Verdict:
    """Share the kills out over campaigns and databases; prints each share and gives the sum."""
    total = Verdict()
    numbers = random.Random(seed)
    shares = [(name, kind) for name in ROUNDS for kind in ("sqlite", "postgresql")]
    shares = [share for share in shares if not only or share[0] in only]
    with tempfile.TemporaryDirectory() as folder, Places(Path(folder)) as places:
        for number, (name, kind) in enumerate(shares):
            share = kills // len(shares) + (number < kills % len(shares))
            own = numbers.randrange(1_000_000)
            found = await campaign(name, places.of(kind), kills=share, seed=own)
            print(f"{name} on {kind}, seed {own}: {found}", flush=True)  # noqa: T201  # its purpose
            print(f"  killed at: {found.at}", flush=True)  # noqa: T201  # its purpose
            for fault in found.faults:
                print(f"  {fault}", flush=True)  # noqa: T201  # its purpose
            total += found
    print(f"in all, seed {seed}: {total}")  # noqa: T201  # its purpose
    return total


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    asked.add_argument("only", nargs="*", choices=[[], *ROUNDS], help="these campaigns alone")
    given = asked.parse_args()
    verdict = asyncio.run(main(given.kills, given.seed, given.only))
    raise SystemExit(0 if verdict.clean else 1)
