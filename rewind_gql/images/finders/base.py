"""What every finder is: somebody who may know where a picture of a thing lies."""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aiolimiter import AsyncLimiter
from pydantic import SecretStr

from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.images.records import Candidate, Found, Thing
from rewind_gql.ports.guarded import BadAnswer, Fetched, Forbidden, Guard, TooLarge
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings, loopback, variable

Pair = tuple[str, str]

PICTURE_BYTES = 20 * 1024 * 1024
DENIED_S = 6 * 3600.0
CHANGED_S = 3600.0
BUSY_S = 60.0
BUSY_MAX_S = 3600.0
NOT_FOUND = ("404", "410")
TOO_MANY = "429"


class Finder(ABC):
    """One place to look for pictures, for the kinds of things in `pairs`.

    `name` is what the order of finders calls it, `source` what is stored with a picture. It looks
    only when every setting in `needs` is there, and every one of a group in `needs_one_of`. `pace`
    is in requests a second.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    docs: ClassVar[str]
    pairs: ClassVar[tuple[Pair, ...]]
    needs: ClassVar[tuple[str, ...]] = ()
    needs_one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    secrets: ClassVar[tuple[str, ...]] = ()
    base_url_setting: ClassVar[str] = ""
    account_setting: ClassVar[str] = ""
    pace: ClassVar[float | None] = None
    attribution: ClassVar[str | None] = None
    hosts: ClassVar[tuple[str, ...]] = ()
    """Where its pictures lie, and below, beside the addresses in the settings."""

    def __init__(self, settings: Settings, clients: Clients, guard: Guard) -> None:
        self.settings = settings
        self.guard = guard
        self.base_url = str(getattr(settings, self.base_url_setting, ""))
        self._clients = clients
        pace = self._pace()
        self._limit = AsyncLimiter(1, 1 / pace) if pace else None
        self._quiet_until = 0.0
        self._strikes = 0

    @classmethod
    def private_origins(cls, settings: Settings) -> frozenset[str]:
        """Origins that its pictures may be fetched from though they are on a private network.

        The addresses the owner set to something else than the provider's own, and nothing else.
        """
        names = [name for name in Settings.model_fields if name in cls._address_settings()]
        return frozenset(
            origin(url)
            for name in names
            if (url := getattr(settings, name)) and url != Settings.model_fields[name].default
        )

    @classmethod
    def _address_settings(cls) -> tuple[str, ...]:
        return (cls.base_url_setting,)

    def holds(self, url: str) -> bool:
        """Whether what lies at an address is a picture of this provider's."""
        host = (urlsplit(url).hostname or "").lower()
        if any(host == each or host.endswith(f".{each}") for each in self.hosts):
            return True
        names = [name for name in Settings.model_fields if name in self._address_settings()]
        known = {origin(base) for name in names if (base := getattr(self.settings, name))}
        return origin(url) in known

    async def find(self, thing: Thing) -> Found:
        """Where a picture of `thing` should be, best first, or why nowhere.

        `none`: known, but without a picture. `unfit`: what was there is another thing's. `failed`:
        it could not be asked; look again after `retry_after` seconds. `skipped`: not asked at all.
        """
        if (thing.domain, thing.entity_type) not in self.pairs:
            return skipped(f"{self.name} has no pictures of {thing.entity_type}")
        if missing := self._missing():
            return skipped(f"{' and '.join(map(variable, missing))} not set")
        if (pause := self._quiet_until - self._now()) > 0:
            return Found(
                outcome="failed", reason=f"{self.name} asked for a pause", retry_after=pause
            )
        try:
            found = await self.look(thing)
        except SourceError as refused:
            return self._failed(refused)
        self._strikes = 0
        return found

    @abstractmethod
    async def look(self, thing: Thing) -> Found:
        """What `find` gives; may raise any `SourceError`."""

    async def fetch(self, candidate: Candidate, *, max_bytes: int = PICTURE_BYTES) -> Fetched:
        """The bytes at a candidate of this finder.

        Raises what `Guard.get` raises, and `BadAnswer` for what is shown in place of a picture.
        """
        fetched = await self.guard.get(
            candidate.url, max_bytes=max_bytes, headers=candidate.headers
        )
        known = self.settings.image_placeholders
        if known and hashlib.sha256(fetched.body).hexdigest() in known:
            raise BadAnswer("The picture is one that stands for a missing one")
        return fetched

    async def get_json(
        self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any
    ) -> Any:
        """The document at `path` of the provider; None when there is none.

        Raises `SourceBusy`, `SourceDenied` and `SourceChanged`, without a secret in their words.
        """
        account = str(getattr(self.settings, self.account_setting, None) or "")
        client = self._clients.get(self.source, account, self.base_url, pace=self._pace())
        try:
            return await client.get_json(
                path,
                params=params,
                headers=headers,
                refusal=self.refusal,
                secrets=[self.secret(name) for name in self.secrets],
            )
        except SourceChanged as changed:
            if changed.code in NOT_FOUND:
                return None
            raise

    async def get_page(self, url: str, *, max_bytes: int, accept: str) -> Fetched | None:
        """What is at an address outside the provider's API, at the finder's pace; None: nothing.

        Raises what `Guard.get` raises.
        """
        if self._limit:
            await self._limit.acquire()
        try:
            return await self.guard.get(url, max_bytes=max_bytes, accept=accept)
        except BadAnswer as refused:
            if refused.code in NOT_FOUND:
                return None
            raise

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """What an answer means at this provider alone; None: what it means everywhere."""
        return None

    def secret(self, name: str) -> str:
        """A secret of the settings, empty when it is not set."""
        value: SecretStr | None = getattr(self.settings, name)
        return value.get_secret_value() if value else ""

    def candidate(self, url: str, **facts: Any) -> Candidate:
        """A candidate of this finder."""
        return Candidate(source=self.source, url=url, attribution=self.attribution, **facts)

    def _missing(self) -> list[str]:
        """The settings without which it cannot look; of several groups, those of the first."""
        groups = [self._unset(group) for group in self.needs_one_of]
        nearest = groups[0] if groups and all(groups) else []
        return self._unset(self.needs) + nearest

    def _unset(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if not getattr(self.settings, name)]

    def _pace(self) -> float | None:
        """Requests a second; as many as there are from a pretend provider on this machine."""
        return None if self.settings.unpaced and loopback(self.base_url) else self.pace

    def _failed(self, refused: SourceError) -> Found:
        """An outage with a time to look again, or an answer that will stay what it is."""
        said = refused.message
        reason = said if said.startswith(self.source) else f"{self.source}: {said}"
        if isinstance(refused, Forbidden | TooLarge | BadAnswer):
            return Found(outcome="unfit", reason=reason)
        wait = DENIED_S if refused.kind == "auth" else CHANGED_S
        if isinstance(refused, SourceBusy):
            wait = refused.retry_after or 0.0
            if refused.kind == "rate_limit" or refused.code == TOO_MANY:
                self._strikes += 1
                wait = max(wait, min(BUSY_MAX_S, BUSY_S * 2 ** (self._strikes - 1)))
                self._quiet_until = self._now() + wait
        return Found(outcome="failed", reason=reason, retry_after=wait or None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def found(candidates: Iterable[Candidate | None], *, otherwise: Found) -> Found:
    """The candidates there are, each address once, or `otherwise` when there is none."""
    kept: dict[str, Candidate] = {}
    for each in candidates:
        if each is not None:
            kept.setdefault(each.url, each)
    return Found(outcome="found", candidates=tuple(kept.values())) if kept else otherwise


def skipped(reason: str) -> Found:
    """Not asked, and why."""
    return Found(outcome="skipped", reason=reason)


def none(reason: str) -> Found:
    """Asked, and there is nothing."""
    return Found(outcome="none", reason=reason)


def unfit(reason: str) -> Found:
    """Asked, and what is there is not it."""
    return Found(outcome="unfit", reason=reason)


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
