"""Answers kept as long as they are true: by the versions of what they were made of."""

from rewind_gql.caching.caching import Caching
from rewind_gql.caching.keeping import Keeping, Kept
from rewind_gql.caching.numbers import Numbers
from rewind_gql.caching.tags import if_none_match, matches, rights

__all__ = ["Caching", "Keeping", "Kept", "Numbers", "if_none_match", "matches", "rights"]
