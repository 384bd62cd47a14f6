"""Who there is and with which keys they come in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid
from sqlmodel import Field, Index, SQLModel

from rewind_gql.store.columns import Flag, Id, Utc


class User(SQLModel, table=True):
    """A person whose life is kept here. Inside, a small number; outside, a uuid."""

    __tablename__ = "auth_user"

    id: int = Field(primary_key=True, sa_type=Id)
    uuid: UUID = Field(sa_type=Uuid, unique=True)
    name: str
    time_zone: str
    created_at: datetime = Field(sa_type=Utc)


class ApiKey(SQLModel, table=True):
    """A key as it is recognised: its HMAC under the server's pepper, never the key itself."""

    __tablename__ = "auth_key"
    __table_args__ = (Index("auth_key_user", "user_id"),)

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
    created_at: datetime = Field(sa_type=Utc)
