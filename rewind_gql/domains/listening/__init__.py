"""Listening: what was heard, when, and how often."""

from rewind_gql.domains.base import Domain
from rewind_gql.domains.listening import derive
from rewind_gql.domains.listening.pictures import PICTURES

DOMAIN = Domain(name="listening", derive=derive.derive, rebuild=derive.rebuild, pictures=PICTURES)
