"""The formats of files people export, in the order in which they are tried."""

from rewind_gql.sources.exports import (
    apple_music,
    discogs,
    koito,
    lastfm,
    listenbrainz,
    maloja,
    spotify,
    trakt,
)
from rewind_gql.sources.exports.base import Export

EXPORTS: tuple[Export, ...] = (
    *discogs.EXPORTS,
    *spotify.EXPORTS,
    *apple_music.EXPORTS,
    *listenbrainz.EXPORTS,
    *koito.EXPORTS,
    *maloja.EXPORTS,
    *trakt.EXPORTS,
    *lastfm.EXPORTS,
)
