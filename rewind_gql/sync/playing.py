"""What is playing now: one question to the provider for all who ask at once, held a few seconds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from rewind_gql import clock, log
from rewind_gql.domains.listening import playing, queries
from rewind_gql.domains.listening.playing import Latest, NowPlaying
from rewind_gql.errors import SourceError
from rewind_gql.ports.http import Clients, Patience
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.sources.base import STUMBLES
from rewind_gql.sources.lastfm import Lastfm
from rewind_gql.store.engine import FAILURES, Store
from rewind_gql.sync import queries as ledger
from rewind_gql.sync import sources
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps

WITHIN_S = 3.0
"""How long the provider may take."""
HELD_S = 7.0
"""How long its answer is good for everybody."""

_QUICK = Patience(
    attempts=1, connect_s=WITHIN_S, read_s=WITHIN_S, total_s=WITHIN_S, retry_after_max_s=0.0
)
_log = log.get("playing")


@dataclass(slots=True)
class _Asked:
    """A question under way or answered, and until when it is not asked again."""

    task: asyncio.Task[list[Latest] | None]
    until: float | None = None


@dataclass(slots=True)
class Players:
    """What providers said lately of what people hear; one for each process."""

    held_s: float = HELD_S
    _asked: dict[int, _Asked] = field(default_factory=dict)

    async def now(
        self, store: Store, settings: Settings, jobs: Jobs, user_id: int
    ) -> NowPlaying | None:
        """What is playing, or what was heard last; None when nobody can tell.

        A player that said itself what it plays comes first, then Last.fm; without an account there,
        the newest stored play. Nothing hidden is told.
        """
        try:
            said = await store.ask(playing.told, user_id, now=clock.now())
            if said and (found := await store.ask(playing.shown, user_id, latest=[said])):
                return found
            heard = await self._latest(store, settings, jobs, user_id)
            latest = await _stored(store, user_id) if heard is None else heard
            return await store.ask(playing.shown, user_id, latest=latest)
        except (SourceError, TimeoutError, *STUMBLES, *FAILURES) as unknown:
            _log.warning("unknown", why=f"{type(unknown).__name__}: {unknown}")
            return None

    async def _latest(
        self, store: Store, settings: Settings, jobs: Jobs, user_id: int
    ) -> list[Latest] | None:
        """What Last.fm says, asked once for all; None without an account there."""
        loop = asyncio.get_running_loop()
        known = self._asked.get(user_id)
        if known is None or (known.until is not None and known.until <= loop.time()):
            known = _Asked(asyncio.create_task(_ask(store, settings, jobs, user_id)))
            self._asked[user_id] = known
            known.task.add_done_callback(lambda _: self._hold(known, loop.time()))
        # Shielded, for who asked first may hang up while others wait.
        return await asyncio.shield(known.task)

    def _hold(self, asked: _Asked, at: float) -> None:
        asked.until = at + self.held_s
        if not asked.task.cancelled():
            asked.task.exception()  # seen, even when nobody waits for it any more


async def _ask(store: Store, settings: Settings, jobs: Jobs, user_id: int) -> list[Latest] | None:
    """What Last.fm says now. Raises its errors, and `TimeoutError`."""
    found = await store.ask(ledger.sources, user_id)
    account = next((each.account for each in found if each.provider == Lastfm.name), None)
    if account is None or sources.missing(settings, Lastfm):
        return None
    clients = Clients(patience=_QUICK)
    vault = Vault(settings.secret_bytes())
    deps = Deps(
        store=store, settings=settings, jobs=jobs, vault=vault, worker="playing", clients=clients
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            source = await sources.ready(deps, user_id, Lastfm, account)
            return await source.latest()
    finally:
        await clients.close()


async def _stored(store: Store, user_id: int) -> Sequence[Latest]:
    """The newest stored play that is not hidden."""
    lines = await store.ask(queries.recent_page, user_id, limit=1)
    return [
        Latest(
            artist=line.artist_name,
            track=line.track_name,
            album=line.album_name,
            url=line.track_url,
            played_at=line.played_at,
        )
        for line in lines
    ]
