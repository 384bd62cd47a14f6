"""The sources there are, by name."""

from collections.abc import Mapping

from rewind_gql.sources.base import Source
from rewind_gql.sources.discogs import Discogs
from rewind_gql.sources.lastfm import Lastfm

SOURCES: Mapping[str, type[Source]] = {card.name: card for card in (Lastfm, Discogs)}
