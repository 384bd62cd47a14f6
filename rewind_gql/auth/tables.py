"""Who there is and with which keys they come in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, Uuid
from sqlmodel import Field, Index, SQLModel

from rewind_gql.store.columns import Flag, Id, Json, Utc
from rewind_gql.store.domains import UNTOLD


class User(SQLModel, table=True):
    """A person whose life is kept here. Inside, a small number; outside, a uuid.

    Without a `password_hash` nobody can sign in as them; keys work. Tokens carry the `epoch` of
    the day they were made; raising it makes them all worthless.
    """

    __tablename__ = "auth_user"
    __table_args__ = (
        Index("auth_user_username", "username", unique=True),
        Index("auth_user_email", "email", unique=True),
        {"info": {"domain": "account"}},
    )

    id: int = Field(primary_key=True, sa_type=Id)
    uuid: UUID = Field(sa_type=Uuid, unique=True)
    name: str
    time_zone: str
    username: str | None
    email: str | None
    password_hash: str | None
    disabled: bool = Field(sa_type=Flag)
    epoch: int
    created_at: datetime = Field(sa_type=Utc)


class ApiKey(SQLModel, table=True):
    """A key as it is recognised: its HMAC under the server's pepper, never the key itself.

    One with `trusted_only` runs documents its person has added, and does nothing else.
    """

    __tablename__ = "auth_key"
    __table_args__ = (Index("auth_key_user", "user_id"), {"info": {"domain": UNTOLD}})

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    hash: str = Field(unique=True)
    prefix: str
    hint: str
    name: str
    scope: str
    rate_limit_rpm: int
    request_count: int
    last_used_at: datetime | None = Field(sa_type=Utc)
    expires_at: datetime | None = Field(sa_type=Utc)
    is_active: bool = Field(sa_type=Flag)
    trusted_only: bool = Field(sa_type=Flag)
    created_at: datetime = Field(sa_type=Utc)


class Document(SQLModel, table=True):
    """A GraphQL document a person trusts: found by its id, or by the SHA-256 of its text."""

    __tablename__ = "auth_document"
    __table_args__ = (
        UniqueConstraint("user_id", "document_id"),
        Index("auth_document_hash", "user_id", "hash"),
        {"info": {"domain": "account"}},
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    document_id: str
    hash: str
    name: str | None
    text: str
    added_at: datetime = Field(sa_type=Utc)


class Pass(SQLModel, table=True):
    """Something short-lived that stands for a caller: a page's session, or a stream's ticket.

    Kept as its HMAC, like a key. It is worth what the credential it was made with is worth: the
    key, or the token of that user and device in that epoch, which ends at `token_ends_at`.
    """

    __tablename__ = "auth_pass"
    __table_args__ = (Index("auth_pass_expiry", "expires_at"), {"info": {"domain": UNTOLD}})

    hash: str = Field(primary_key=True)
    kind: str
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    key_id: int | None = Field(foreign_key="auth_key.id", sa_type=Id)
    user_epoch: int | None
    device_id: str | None
    device_epoch: int | None
    token_ends_at: datetime | None = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)


class Link(SQLModel, table=True):
    """An address that shows one thing of a person to whoever has it, without a key.

    `name` is what it shows and `asked` what of it. The address is the `code` and its HMAC under the
    server's pepper, so that reading the database gives no address away.
    """

    __tablename__ = "auth_link"
    __table_args__ = (Index("auth_link_user", "user_id"), {"info": {"domain": "account"}})

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    code: str = Field(unique=True)
    name: str
    asked: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Utc)
    revoked_at: datetime | None = Field(sa_type=Utc)
