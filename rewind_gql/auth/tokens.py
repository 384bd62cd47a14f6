"""Tokens that programs get for a password: signed, thirty days long, and worthless once revoked."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from rewind_gql import clock
from rewind_gql.auth.views import Standing
from rewind_gql.errors import Unauthenticated

LIFETIME = timedelta(days=30)
MAX_TOKEN = 2_048

_ALGORITHM = "HS256"
_CLOCKS_DIFFER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a genuine, unexpired token says. Whether it still holds, the database knows."""

    user: UUID
    standing: Standing
    issued_at: datetime
    expires_at: datetime
    token_id: UUID


class Tokens:
    """Makes tokens and reads them, with a key drawn from the server's secret."""

    def __init__(self, secret: bytes) -> None:
        drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rewind tokens").derive(secret)
        self._key = OctKey.import_key(drawn)
        # Tokens of another secret are told apart by name, before any signature is looked at.
        kid = hashlib.sha256(drawn).hexdigest()[:16]
        self._header = {"typ": "JWT", "alg": _ALGORITHM, "kid": kid}

    def issue(self, user: UUID, standing: Standing) -> str:
        """A token for this user as things stand now."""
        now = clock.seconds(clock.now())
        claims = {
            "sub": str(user),
            "did": standing.device_id,
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "jti": str(uuid4()),
            "uep": standing.user_epoch,
            "dep": standing.device_epoch,
        }
        return jwt.encode(self._header, claims, self._key, [_ALGORITHM])

    def read(self, token: str) -> Claims:
        """What a token says.

        Raises `Unauthenticated` for anything that this server did not sign, just so, or that is
        no longer or not yet valid.
        """
        if len(token) > MAX_TOKEN:
            raise Unauthenticated
        try:
            found = jwt.decode(token, self._key, [_ALGORITHM])
            if found.header != self._header:
                raise Unauthenticated
            claims = _read(found.claims)
        except (JoseError, ValueError, OverflowError) as wrong:
            raise Unauthenticated from wrong
        now = clock.now()
        if claims.issued_at > now + _CLOCKS_DIFFER or claims.expires_at <= claims.issued_at:
            raise Unauthenticated
        if claims.expires_at <= now:
            raise Unauthenticated("Token expired")
        return claims


def _read(claims: dict[str, Any]) -> Claims:
    """The claims, each of its type. Raises `ValueError` for anything else."""
    device_id = _typed(claims, "did", str, optional=True)
    device_epoch = _typed(claims, "dep", int, optional=True)
    if (device_id is None) != (device_epoch is None):
        raise ValueError("did and dep come together")
    return Claims(
        user=UUID(_typed(claims, "sub", str)),
        standing=Standing(
            user_epoch=_typed(claims, "uep", int), device_id=device_id, device_epoch=device_epoch
        ),
        issued_at=clock.from_seconds(_typed(claims, "iat", int)),
        expires_at=clock.from_seconds(_typed(claims, "exp", int)),
        token_id=UUID(_typed(claims, "jti", str)),
    )


def _typed(claims: dict[str, Any], name: str, kind: type, *, optional: bool = False) -> Any:
    if name not in claims:
        raise ValueError(f"{name} is missing")
    value = claims[name]
    # Exactly: True is an int to isinstance.
    if type(value) is not kind and not (optional and value is None):
        raise ValueError(f"{name} is not of type {kind.__name__}")
    return value
