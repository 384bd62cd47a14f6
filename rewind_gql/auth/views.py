"""What leaves auth: who calls, and the keys there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a token was made with; it holds as long as this still is so."""

    user_epoch: int
    device_id: str | None = None
    device_epoch: int | None = None


@dataclass(slots=True, kw_only=True)
class Caller:
    """Who is calling, and the person behind it: by a key, or by a token a device signed in for.

    `key_id` is there for keys and for what was made with one, `token` for tokens; never both.
    `scope` is `read`, `admin`, or `device` for a token. `device_id` names the device that calls.
    With `trusted_only` they may run documents that were added for them, and nothing else.
    """

    key_id: int | None
    user_id: int
    user_uuid: UUID
    time_zone: str
    scope: str
    rate_limit_rpm: int
    expires_at: datetime | None
    token: Standing | None = None
    device_id: str | None = None
    trusted_only: bool = False


@dataclass(slots=True, kw_only=True)
class ApiKey:
    """An API key, without the key itself."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    name: Annotated[str, Doc("What the owner calls it.")]
    scope: Annotated[str, Doc("One of read, admin, scrobble.")]
    prefix: Annotated[str, Doc("Its first characters.")]
    hint: Annotated[str, Doc("Its last four characters.")]
    rate_limit_rpm: Annotated[int, Doc("Requests allowed in a minute.")]
    request_count: Annotated[int, Doc("Requests answered so far.")]
    last_used_at: Annotated[datetime | None, Doc("The newest of them.")]
    expires_at: Annotated[datetime | None, Doc("Not valid from then on.")]
    is_active: Annotated[bool, Doc("False once revoked.")]
    trusted_only: Annotated[bool, Doc("Whether it runs trusted documents and does nothing else.")]
    created_at: Annotated[datetime, Doc("When it was made.")]


@dataclass(slots=True, kw_only=True)
class Document:
    """A trusted document, without its text."""

    document_id: Annotated[str, Doc("What a client sends as `documentId`.")]
    hash: Annotated[str, Doc("The SHA-256 of its text, in hex.")]
    name: Annotated[str | None, Doc("The names of its operations.")]
    characters: Annotated[int, Doc("How long its text is.")]
    added_at: Annotated[datetime, Doc("When it was added, or last changed.")]


@dataclass(slots=True, kw_only=True)
class Viewer:
    """The person behind the key."""

    user_id: Annotated[UUID, Doc("Stable id of the person.")]
    time_zone: Annotated[str, Doc("IANA name; used for day buckets where asked for.")]
    scope: Annotated[str, Doc("What the key may do: read or admin.")]


@dataclass(slots=True, kw_only=True)
class User:
    """A person, as they are shown to themselves and to whoever runs the server."""

    id: int
    uuid: UUID
    name: str
    username: str | None
    email: str | None
    time_zone: str
    disabled: bool
    has_password: bool
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Link:
    """An address that shows one thing to whoever has it."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    name: Annotated[str, Doc("What it shows.")]
    asked: Annotated[dict[str, Any], Doc("What of it.")]
    code: str
    created_at: Annotated[datetime, Doc("When it was made.")]
    revoked_at: Annotated[datetime | None, Doc("When it was taken back; it leads nowhere since.")]


@dataclass(slots=True, kw_only=True)
class Opened:
    """What a link leads to, and whose it is."""

    user_id: int
    time_zone: str
    name: str
    asked: dict[str, Any]
