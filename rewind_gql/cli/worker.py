"""`rewind worker`: run jobs from Redis."""

import asyncio

from rewind_gql.cli import options
from rewind_gql.errors import BadSettings
from workers.supervisor import run_worker

app = options.command()


@app.command()
def run(data_dir: options.DataDir = None) -> None:
    """Run jobs that a server with the same REWIND_REDIS_URL hands over; run as many as you like.

    When Redis goes away it waits and goes on; killed in the middle of a run, another one takes
    over. `arq workers.settings.WorkerSettings` does the same work without waiting for Redis.
    """
    settings = options.settings(data_dir)
    if settings.redis_url is None:
        raise BadSettings(
            "REWIND_REDIS_URL is not set, so the server does all jobs itself and a worker would "
            "have nothing to do. Set it for both, such as redis://localhost:6379/0."
        )
    asyncio.run(run_worker(settings))
