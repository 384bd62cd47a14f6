"""The formats of files people export, in the order in which they are tried."""

from rewind_gql.sources.exports import discogs, lastfm
from rewind_gql.sources.exports.base import Export

EXPORTS: tuple[Export, ...] = (*discogs.EXPORTS, *lastfm.EXPORTS)
