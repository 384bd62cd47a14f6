"""The API scrobblers speak that know ListenBrainz: what is playing, and what was heard."""

from rewind_gql.rest.listenbrainz.dialect import LISTENBRAINZ
from rewind_gql.rest.listenbrainz.routes import ROUTES

__all__ = ["LISTENBRAINZ", "ROUTES"]
