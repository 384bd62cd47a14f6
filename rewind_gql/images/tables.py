"""Tables of images: what picture a thing has, the pictures it had, and the bytes there are."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from rewind_gql.store.columns import Flag, Id, Json, Utc
from rewind_gql.store.domains import UNTOLD

_MISSING = text("content_hash IS NULL")


class Picture(SQLModel, table=True):
    """The picture of one thing, or that none was found.

    Without `content_hash` it is a miss: `outcome` says whether nothing was there (`none`), what was
    there did not fit (`unfit`), or somebody could not be asked (`failed`), and `retry_at` when to
    look again; with one, `retry_at` is when to look for a better or a newer one, if ever. `version`
    rises only when the bytes change; 0 before the first picture. Of one thing no two people's
    pictures have the same version, so that an address names one of them. `attempts` counts the
    searches that found nothing by the same `facts`, `failures` those in a row that could not be
    brought to an end.
    """

    __tablename__ = "images_picture"
    __table_args__ = (
        UniqueConstraint("domain", "entity_type", "entity_id", "user_id"),
        Index(
            "images_picture_missing",
            "user_id",
            "domain",
            "entity_type",
            "retry_at",
            sqlite_where=_MISSING,
            postgresql_where=_MISSING,
        ),
        Index("images_picture_hash", "content_hash"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    domain: str
    entity_type: str
    entity_id: str
    outcome: str
    source: str
    source_url: str | None
    attribution: str | None
    content_hash: str | None = Field(foreign_key="images_blob.hash")
    version: int
    is_override: bool = Field(sa_type=Flag)
    override_at: datetime | None = Field(sa_type=Utc)
    facts: dict[str, Any] = Field(sa_type=Json)
    attempts: int
    failures: int
    last_error: str | None
    retry_at: datetime | None = Field(sa_type=Utc)
    created_at: datetime = Field(sa_type=Utc)
    updated_at: datetime = Field(sa_type=Utc)


class Blob(SQLModel, table=True):
    """The bytes of an original as they are kept, once, and what was measured in them.

    The row is there before the bytes are and goes after they have gone; `stored_at` is when they
    were last asked for to be kept. `analysis_version` says by which rules they were measured.
    """

    __tablename__ = "images_blob"
    __table_args__ = (Index("images_blob_analysis", "analysis_version", "hash"),)

    hash: str = Field(primary_key=True)
    media_type: str
    size_bytes: int = Field(sa_type=Id)
    width: int
    height: int
    thumbhash: str | None
    dominant_color: str | None
    accent_color: str | None
    palette: list[dict[str, Any]] = Field(sa_type=Json)
    analysis_version: int
    stored_at: datetime = Field(sa_type=Utc)


class Former(SQLModel, table=True):
    """A picture a thing had before, so that it can have it back; each picture once."""

    __tablename__ = "images_former"
    __table_args__ = (Index("images_former_hash", "content_hash"),)

    picture_id: int = Field(
        primary_key=True, foreign_key="images_picture.id", ondelete="CASCADE", sa_type=Id
    )
    version: int = Field(primary_key=True)
    content_hash: str = Field(foreign_key="images_blob.hash")
    source: str
    source_url: str | None
    attribution: str | None
    is_override: bool = Field(sa_type=Flag)
    replaced_at: datetime = Field(sa_type=Utc)


class Making(SQLModel, table=True):
    """Somebody is looking for this picture, or making this size of it, until the lease runs out."""

    __tablename__ = "images_making"
    __table_args__ = ({"info": {"domain": UNTOLD}},)

    key: str = Field(primary_key=True)
    owner: str
    until: datetime = Field(sa_type=Utc)
