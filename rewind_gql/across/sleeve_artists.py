"""Artists on sleeves beside those that were heard: whose picture they have."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlmodel import col, not_

from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.tables import Artist as Sleeve
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.images import queries, views
from rewind_gql.images.records import Key
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

# Of two heard artists that sleeves call the same, the one that was here first.
_HEARD: Read[tuple[str, int]] = Read(
    select(col(Sleeve.name), func.min(col(Artist.id)))
    .join_from(
        Sleeve,
        Artist,
        and_(
            col(Artist.user_id) == col(Sleeve.user_id),
            col(Artist.cross_key) == col(Sleeve.cross_key),
        ),
    )
    .where(mine(Sleeve), among(col(Sleeve.name), "names"), not_(col(Artist.hidden)))
    .group_by(col(Sleeve.name))
)


async def heard_by_name(conn: Conn, user_id: int, names: Sequence[str]) -> dict[str, int]:
    """The heard artist that each artist on a sleeve is; those that were not heard are left out."""
    return dict(await conn.rows(_HEARD, user_id=user_id, names=names))


async def images_by_name(conn: Conn, user_id: int, names: Sequence[str]) -> dict[str, views.Image]:
    """The pictures of artists on sleeves, which are those of the artists heard."""
    heard = await heard_by_name(conn, user_id, names)
    if not heard:
        return {}
    keys = {name: Key("listening", "artists", str(each)) for name, each in heard.items()}
    found = await queries.images_by_entity(conn, user_id, [*keys.values()])
    return {name: found[key] for name, key in keys.items() if key in found}
