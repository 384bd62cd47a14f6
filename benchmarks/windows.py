"""`python -m benchmarks.windows`: what top lists of random windows cost in the store."""

import asyncio
import random
import statistics
import sys
import time
from datetime import timedelta

from benchmarks import database
from rewind_gql.domains.listening import queries
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice

WINDOWS = 100


async def main(plays: int) -> None:
    """Ask for the top 20 artists of random windows, each once, and print the spread."""
    settings, _ = await database.build(plays)
    store = await Store.open(settings.url)
    rng = random.Random(1)
    days = plays // 170
    took = []
    for _ in range(WINDOWS):
        until = database.END - timedelta(seconds=rng.randrange(days * 86_400 // 2))
        since = until - timedelta(seconds=rng.randrange(86_400, days * 86_400 // 2))
        start = time.perf_counter()
        await store.ask(queries.top_artists, 1, since=since, until=until, part=Slice(limit=20))
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    print(
        f"top 20 artists, {WINDOWS} random windows, {plays:,} plays: "
        f"p50 {statistics.median(took):.1f} ms, p90 {took[89]:.1f}, worst {took[-1]:.1f}"
    )
    await store.close()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_250_000))
