"""The domains there are, by name."""

from collections.abc import Mapping

from rewind_gql.domains import collecting, focus, listening, watching
from rewind_gql.domains.base import Domain

DOMAINS: Mapping[str, Domain] = {
    card.name: card for card in (listening.DOMAIN, collecting.DOMAIN, watching.DOMAIN, focus.DOMAIN)
}
