"""The sources there are, by name."""

from collections.abc import Mapping

from rewind_gql.sources.apple_music import AppleMusic
from rewind_gql.sources.base import Source
from rewind_gql.sources.discogs import Discogs
from rewind_gql.sources.itunes import Itunes
from rewind_gql.sources.lastfm import Lastfm
from rewind_gql.sources.musicbrainz import MusicBrainz
from rewind_gql.sources.tmdb import Tmdb
from rewind_gql.sources.trakt import Trakt

SOURCES: Mapping[str, type[Source]] = {
    card.name: card for card in (Lastfm, Discogs, Trakt, Tmdb, AppleMusic, Itunes, MusicBrainz)
}
