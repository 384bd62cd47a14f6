"""The domain of focus sessions: what devices send of work and rest, and where it disagrees."""

from rewind_gql.domains.base import Domain
from rewind_gql.domains.focus import derive

DOMAIN = Domain(name="focus", derive=derive.derive, rebuild=derive.rebuild)
