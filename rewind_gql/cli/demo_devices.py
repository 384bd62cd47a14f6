"""What happens in the demo besides syncing: devices send sessions, providers get difficult."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from urllib.error import URLError
from urllib.request import Request, urlopen

from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.cli.progress import Bars
from rewind_gql.demo import devices
from rewind_gql.demo.devices import GADGETS, Gadget, Raw
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams.effects import answer, stall, too_many
from rewind_gql.demo.upstreams.faults import Asked, Faults
from rewind_gql.domains.focus import queries, records
from rewind_gql.domains.focus.tables import Device
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.devices import preferences, presence, submit
from rewind_gql.sync.devices.views import Submission

AT_ONCE = 500
BEAT_S = 60.0
PAGE_S = 1.0
HOUR_S = 3_600
DIFFICULT = (("apple_music", "recent_plays"), ("lastfm", "top_lists"))
"""The sync types that meet trouble."""

_ENDED = {
    "errors": [
        {
            "id": "demo",
            "title": "Forbidden",
            "detail": "Invalid authentication",
            "status": "403",
            "code": "40300",
        }
    ]
}


def trouble(plays: Faults, listened: Faults) -> None:
    """Let Apple's user token end and Last.fm's top lists be asked for too often, from now on."""
    plays.add(too_many(HOUR_S), match="method=user.gettop", times=None)
    # Pages come slow enough for a bar to be seen; what is playing now comes at once.
    plays.add(stall(PAGE_S), match=_is_page, times=None)
    listened.add(answer(403, body=_ENDED), match="/me/", times=None)


def _is_page(asked: Asked) -> bool:
    return asked.params.get("method") == "user.getrecenttracks" and "to" in asked.params


async def send(
    store: Store, settings: Settings, user_id: int, invented: Life, until: datetime, bars: Bars
) -> None:
    """Let each device register and send what it has, as often as this is done the same."""
    sent = devices.sessions(invented, until)
    bar = bars.count("focus sessions", sum(map(len, sent.values())))
    for gadget in GADGETS:
        device = _device(gadget)
        await presence.register(store, user_id, device)
        for batch in _batches(sent[gadget.device_id]):
            given = Submission(sessions=batch, device=device, client_time=clock.now())
            await submit.submit(store, settings.sync, user_id, given)
            bars.advance(bar, len(batch))
    if not (await store.ask(queries.preferences, user_id)).version:
        chosen = devices.preferences()
        await preferences.change(store, user_id, chosen, device_id=GADGETS[0].device_id)
    await _fall_silent(store, user_id)


async def _fall_silent(store: Store, user_id: int) -> None:
    """Leave each device as it was when it was last used, however the demo was started since."""
    now = clock.now()
    version = (await store.ask(queries.preferences, user_id)).version
    async with store.write() as conn:
        for gadget in GADGETS:
            at = now - gadget.silent
            mine = (col(Device.user_id) == user_id, col(Device.device_id) == gadget.device_id)
            state = {
                "last_seen_at": at,
                "last_sync_at": None if gadget.pending else at,
                "pending_reported": gadget.pending,
                "pending_since": at if gadget.pending else None,
                "prefs_version_seen": version,
            }
            await conn.execute(update(Device).where(*mine).values(**state))


def _device(gadget: Gadget) -> records.Device:
    return records.Device(
        device_id=gadget.device_id,
        device_type=gadget.device_type,
        name=gadget.name,
        version=gadget.version,
        platform=gadget.platform,
    )


def _batches(sessions: list[Raw]) -> Iterator[list[Raw]]:
    for start in range(0, len(sessions), AT_ONCE):
        yield sessions[start : start + AT_ONCE]


@contextmanager
def beating(url: str, key: str) -> Iterator[None]:
    """Let the devices in use give a sign of life every minute, over HTTP as devices do."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(url, key, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _beat(url: str, key: str, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        for gadget in GADGETS:
            if not gadget.pending:
                with suppress(URLError, TimeoutError):
                    _sign_of_life(url, key, gadget)


def _sign_of_life(url: str, key: str, gadget: Gadget) -> None:
    body = {"client_time": clock.iso(clock.now()), "sessions_pending": 0}
    request = Request(  # noqa: S310  # our own address
        f"{url}/api/devices/{gadget.device_id}/heartbeat",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        method="POST",
    )
    with urlopen(request, timeout=10) as told:  # noqa: S310  # our own address
        told.read()
