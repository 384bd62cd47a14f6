"""Providers' secrets at rest: sealed with AES-GCM, bound to their row, useless in a copied file."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import BadSettings
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert
from rewind_gql.sync.columns import columns
from rewind_gql.sync.tables import Credential

NONCE_BYTES = 12
KEY_BYTES = 32
PURPOSE = b"rewind-gql provider credentials 1"
KEY = ("user_id", "provider", "account", "name")


@dataclass(frozen=True, slots=True)
class _Sealed:
    user_id: int
    provider: str
    account: str
    name: str
    key_id: str
    sealed: str


_SEALED = select(*columns(Credential, _Sealed))
_OF_ACCOUNT = Read(
    _SEALED.where(
        col(Credential.user_id) == bindparam("user_id"),
        col(Credential.provider) == bindparam("provider"),
        col(Credential.account) == bindparam("account"),
    ),
    _Sealed,
)
_OLD = Read(_SEALED.where(col(Credential.key_id) != bindparam("key_id")), _Sealed)


class Vault:
    """Seals with the server's present secret; opens with it and those it had before."""

    def __init__(self, secret: bytes, *, previous: Sequence[bytes] = ()) -> None:
        keys = [_derive(each) for each in (secret, *previous)]
        self._keys = {_key_id(key): key for key in keys}
        self.key_id = _key_id(keys[0])

    def seal(self, user_id: int, provider: str, account: str, name: str, value: str) -> str:
        """A secret as it is stored: sealed under a nonce of its own, for this row alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = AESGCM(self._keys[self.key_id])
        sealed = box.encrypt(nonce, value.encode(), _bound(user_id, provider, account, name))
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, row: _Sealed) -> str:
        """The secret again. Raises `BadSettings` when the key is another or the row was changed."""
        key = self._keys.get(row.key_id)
        if key is None:
            raise BadSettings(
                f"The {row.provider} secret was sealed under another server secret. Put back "
                "the old one (REWIND_SECRET or secret.key), or enter the provider's again."
            )
        try:
            raw = base64.b64decode(row.sealed, validate=True)
            bound = _bound(row.user_id, row.provider, row.account, row.name)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound).decode()
        except (InvalidTag, binascii.Error, ValueError) as damaged:
            raise BadSettings(
                f"The stored {row.provider} secret is damaged; enter it again."
            ) from damaged

    async def put(
        self, conn: Writing, user_id: int, provider: str, account: str, name: str, value: str
    ) -> None:
        """Store a secret; the one before is overwritten."""
        row = {
            "user_id": user_id,
            "provider": provider,
            "account": account,
            "name": name,
            "key_id": self.key_id,
            "sealed": self.seal(user_id, provider, account, name, value),
            "updated_at": clock.now(),
        }
        await upsert(conn, Credential, [row], key=KEY, update=("key_id", "sealed", "updated_at"))

    async def of_account(
        self, conn: Conn, user_id: int, *, provider: str, account: str
    ) -> dict[str, str]:
        """Every secret of an account at a provider, by name. Raises `BadSettings` as `unseal`."""
        rows = await conn.rows(_OF_ACCOUNT, user_id=user_id, provider=provider, account=account)
        return {row.name: self.unseal(row) for row in rows}

    async def rotate(self, conn: Writing) -> int:
        """Seal again, under the present secret, what an earlier one sealed; gives how many."""
        old = await conn.rows(_OLD, key_id=self.key_id)
        for row in old:
            where = (row.user_id, row.provider, row.account, row.name)
            await self.put(conn, *where, self.unseal(row))
        return len(old)


def _derive(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(secret)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"id" + key).hexdigest()[:16]


def _bound(user_id: int, provider: str, account: str, name: str) -> bytes:
    """Which row a secret belongs to; sealed with it, so that it opens nowhere else."""
    return "\x00".join((str(user_id), provider, account, name)).encode()
