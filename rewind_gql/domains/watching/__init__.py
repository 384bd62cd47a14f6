"""The domain of watched films: what they are, and when each was seen."""

from rewind_gql.domains.base import Domain
from rewind_gql.domains.watching import derive
from rewind_gql.domains.watching.pictures import PICTURES

DOMAIN = Domain(name="watching", derive=derive.derive, rebuild=derive.rebuild, pictures=PICTURES)
