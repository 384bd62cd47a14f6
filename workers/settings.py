"""What arq is told: functions, times, Redis. `arq workers.settings.WorkerSettings` works."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from typing import Any

from arq.worker import func

from rewind_gql import log
from rewind_gql.errors import BadSettings
from rewind_gql.ports.jobs import RedisJobs, from_bytes, redis_settings, to_bytes
from rewind_gql.settings import Settings, load
from rewind_gql.sync import schedule
from rewind_gql.sync.deps import Deps, opened
from rewind_gql.sync.live import signals, telling
from workers.jobs import HANDLERS
from workers.timetable import cron_jobs, timetable

MAX_JOBS = 8
LONGEST = timedelta(hours=24)
"""A backfill may take hours; whether its worker lives is the lease's business, not arq's."""


def worker_options(settings: Settings) -> dict[str, Any]:
    """The arguments of an arq worker. Raises `BadSettings` without Redis or a job's handler."""
    if not settings.redis_url:
        raise BadSettings(
            "REWIND_REDIS_URL is not set, so there is no queue for a separate worker. Set it to "
            "redis://host:6379/0, or run `rewind serve`, which then does the jobs itself."
        )
    return {
        "functions": [
            func(handler, name=name, keep_result=0, timeout=LONGEST, max_tries=1_000)
            for name, handler in HANDLERS.items()
        ],
        "cron_jobs": cron_jobs(timetable(settings.sync)),
        "redis_settings": redis_settings(settings.redis_url),
        "max_jobs": MAX_JOBS,
        "keep_result": 0,
        "job_serializer": to_bytes,
        "job_deserializer": from_bytes,
        "log_results": False,
    }


async def start(ctx: dict[Any, Any]) -> None:
    """Open what the jobs need and take up what was left lying."""
    settings: Settings = ctx["settings"]
    stack = AsyncExitStack()
    jobs = RedisJobs(str(settings.redis_url))
    stack.push_async_callback(jobs.close)
    ctx["deps"] = await stack.enter_async_context(opened(settings, jobs))
    await stack.enter_async_context(told(ctx["deps"]))
    ctx["open"] = stack
    await schedule.begin(ctx["deps"])


def told(deps: Deps) -> AbstractAsyncContextManager[None]:
    """Inside, the servers hear of what this worker commits, and their live streams with them."""
    return telling(deps.store, signals(deps.store, deps.settings))


async def stop(ctx: dict[Any, Any]) -> None:
    """Close what `start` opened."""
    await ctx["open"].aclose()


def __getattr__(name: str) -> Any:
    """`WorkerSettings`, made when arq asks for it: only then is the environment read."""
    if name != "WorkerSettings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    settings, _ = load()
    log.configure(level=settings.log_level, form=settings.log_form)
    own = {"on_startup": start, "on_shutdown": stop, "ctx": {"settings": settings}}
    return type("WorkerSettings", (), {**worker_options(settings), **own})
