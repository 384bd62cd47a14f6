"""API keys: how they are made, told from typing errors, recognised, and taken back."""

import hashlib
import hmac
import secrets
import zlib
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple, NewType

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import bindparam, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import queries, views
from rewind_gql.auth.tables import ApiKey
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.text import clean

Scope = Literal["read", "admin", "scrobble"]
Pepper = NewType("Pepper", bytes)

PREFIXES: dict[Scope, str] = {
    "read": "rw_live_",
    "admin": "rw_admin_",
    "scrobble": "rw_scrob_",
}
MAX_NAME = 100
MAX_KEY = 256
MAX_RPM = 1_000_000

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_BODY = 43  # the least number of base62 signs that hold 32 bytes
_CHECKSUM = 6  # and a CRC32
_SHOWN_FIRST = 12
_SHOWN_LAST = 4

_LOCKED: Read[tuple[int, str, bool, datetime | None]] = Read(
    select(col(ApiKey.id), col(ApiKey.scope), col(ApiKey.is_active), col(ApiKey.expires_at))
    .where(col(ApiKey.user_id) == bindparam("user_id"))
    .order_by(col(ApiKey.id))
    .with_for_update()
)


class Minted(NamedTuple):
    """A new key, which is shown once, and the parts of it that may be shown later."""

    key: str
    prefix: str
    hint: str


def mint(scope: Scope) -> Minted:
    """A new key of that scope: its prefix, 32 random bytes and a checksum, in base62."""
    body = PREFIXES[scope] + _base62(int.from_bytes(secrets.token_bytes(_RANDOM_BYTES)), _BODY)
    key = body + _checksum(body)
    return Minted(key, key[:_SHOWN_FIRST], key[-_SHOWN_LAST:])


def well_formed(key: str) -> bool:
    """Whether `key` can be one of ours, told without asking the database.

    Our own forms carry a checksum. Keys of the older form, `rw_` and anything after it, carry
    none and are all worth a look-up.
    """
    if not key.startswith("rw_") or not len("rw_") < len(key) <= MAX_KEY:
        return False
    prefix = next((known for known in PREFIXES.values() if key.startswith(known)), None)
    if prefix is None:
        return True
    body, checksum = key[:-_CHECKSUM], key[-_CHECKSUM:]
    return len(key) == len(prefix) + _BODY + _CHECKSUM and checksum == _checksum(body)


def pepper(secret: bytes) -> Pepper:
    """The key under which API keys are hashed, drawn from the server's secret."""
    drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rewind api keys").derive(secret)
    return Pepper(drawn)


def fingerprint(key: str, pepper: Pepper) -> str:
    """What is stored of a key: its HMAC-SHA-256 under the pepper, in hex."""
    # JSON may hold half signs; they make no key of ours, and no error either.
    hashing = _hashing(pepper).copy()
    hashing.update(key.encode("utf-8", "surrogatepass"))
    return hashing.hexdigest()


@lru_cache(4)
def _hashing(pepper: Pepper) -> hmac.HMAC:
    """The HMAC with the pepper in it already, which is most of the work."""
    return hmac.new(pepper, digestmod=hashlib.sha256)


async def create(
    conn: Writing,
    user_id: int,
    *,
    name: str,
    scope: str,
    pepper: Pepper,
    expires_at: datetime | None = None,
    rate_limit_rpm: int = 60,
    trusted_only: bool = False,
) -> tuple[views.ApiKey, str]:
    """Make a key; gives what is stored of it and the key itself, which is nowhere kept.

    One that is `trusted_only` runs the trusted documents of its person and does nothing else.

    Raises `BadInput` for a blank or too long name, an unknown scope, a rate outside 1 to 1,000,000,
    an expiry that has passed, or a scrobble key that is to run documents.
    """
    checked = _scope(scope)
    if trusted_only and checked == "scrobble":
        raise BadInput("A scrobble key runs no documents", path="trusted_only")
    minted = mint(checked)
    row: dict[str, Any] = {
        "name": _name(name),
        "scope": checked,
        "prefix": minted.prefix,
        "hint": minted.hint,
        "rate_limit_rpm": _rate(rate_limit_rpm),
        "request_count": 0,
        "last_used_at": None,
        "expires_at": _expiry(expires_at),
        "is_active": True,
        "trusted_only": trusted_only,
        "created_at": clock.now(),
    }
    stored = {**row, "user_id": user_id, "hash": fingerprint(minted.key, pepper)}
    made = await conn.execute(insert(ApiKey).values(stored).returning(col(ApiKey.id)))
    return views.ApiKey(id=made.scalar_one(), **row), minted.key


async def revoke(
    conn: Writing, user_id: int, *, key_id: int, even_last: bool = False
) -> views.ApiKey:
    """Take a key back; it is refused from the next request on. Doing it twice changes nothing.

    Raises `NotFound` for an id that is not the user's, and `Conflicting` for the last admin key
    that still works, unless `even_last`: nobody could make a new one through the API.
    """
    now = clock.now()
    # Locked in order, so that two admin keys cannot take each other back at the same time.
    found = await conn.rows(_LOCKED, user_id=user_id)
    if not any(known == key_id for known, *_ in found):
        raise NotFound("API key not found")
    admins = [
        known
        for known, scope, is_active, expires_at in found
        if scope == "admin" and is_active and (expires_at is None or expires_at > now)
    ]
    if admins == [key_id] and not even_last:
        raise Conflicting("This is the last admin key that works; make another one first")
    revoking = update(ApiKey).where(col(ApiKey.id) == key_id, col(ApiKey.user_id) == user_id)
    await conn.execute(revoking.values(is_active=False))
    return await queries.key(conn, user_id, key_id=key_id)


def _name(name: str) -> str:
    cleaned = clean(name)
    if not cleaned:
        raise BadInput('Field "name" is required', path="name")
    if len(cleaned) > MAX_NAME:
        raise BadInput(f'Field "name" must not be longer than {MAX_NAME} characters', path="name")
    return cleaned


def _scope(scope: str) -> Scope:
    for known in PREFIXES:
        if scope == known:
            return known
    raise BadInput('Field "scope" must be "read", "admin" or "scrobble"', path="scope")


def _rate(rpm: int) -> int:
    if not 1 <= rpm <= MAX_RPM:
        raise BadInput(f'Field "rate_limit_rpm" must be from 1 to {MAX_RPM}', path="rate_limit_rpm")
    return rpm


def _expiry(expires_at: datetime | None) -> datetime | None:
    if expires_at is None:
        return None
    if expires_at.tzinfo is None:
        raise BadInput('Field "expires_at" needs an offset, such as Z', path="expires_at")
    until = clock.utc(expires_at)
    if until <= clock.now():
        raise BadInput('Field "expires_at" must lie in the future', path="expires_at")
    return until


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM)


def _base62(number: int, width: int) -> str:
    signs = []
    for _ in range(width):
        number, sign = divmod(number, 62)
        signs.append(_SIGNS[sign])
    return "".join(reversed(signs))
