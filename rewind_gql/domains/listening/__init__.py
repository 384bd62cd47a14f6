"""Listening: what was heard, when, and how often."""

from rewind_gql.domains.base import Domain
from rewind_gql.domains.listening import derive

DOMAIN = Domain(name="listening", derive=derive.derive, rebuild=derive.rebuild)
