"""The domain of owned records: what stands on the shelf, what is wanted, what of it was heard."""

from rewind_gql.domains.base import Domain
from rewind_gql.domains.collecting import derive
from rewind_gql.domains.collecting.pictures import PICTURES

DOMAIN = Domain(name="collecting", derive=derive.derive, rebuild=derive.rebuild, pictures=PICTURES)
