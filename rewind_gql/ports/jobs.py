"""How work is handed over: by the name of a job, to whatever runs jobs here."""

from datetime import timedelta
from typing import Any, Protocol

import orjson
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from rewind_gql import log

TIMEOUT_S = 5.0

_log = log.get("jobs")


class Jobs(Protocol):
    """A queue of jobs: in this process, or in Redis for separate workers.

    A queue may lose jobs; the ledger knows which runs wait and has them queued again.
    """

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Queue a job by name, once per `job_id`; False when it waits already or cannot be."""
        ...


class RedisJobs:
    """The queue in Redis that arq workers take from; made without Redis, which may come later."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool = ConnectionPool.from_url(
            url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
        )
        self._redis = ArqRedis(self._pool, job_serializer=to_bytes, job_deserializer=from_bytes)

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Queue a job; False when that id is there already, or Redis is not."""
        delay = timedelta(seconds=delay_s) if delay_s else None
        try:
            made = await self._redis.enqueue_job(name, _job_id=job_id, _defer_by=delay, **kwargs)
        except (RedisError, OSError) as away:
            _log.warning("redis is away", job=name, id=job_id, error=str(away))
            return False
        return made is not None

    async def alive(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()
        await self._pool.disconnect()


def redis_settings(url: str) -> RedisSettings:
    """The same Redis as a worker wants to be told; who waits for it is our supervisor, not arq."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = int(TIMEOUT_S)
    settings.conn_retries = 1
    return settings


def to_bytes(job: dict[str, Any]) -> bytes:
    """A job as JSON; arq's pickle would run whatever somebody wrote into Redis."""
    return orjson.dumps(job, default=repr)


def from_bytes(job: bytes) -> dict[str, Any]:
    """The job again."""
    made: dict[str, Any] = orjson.loads(job)
    return made
