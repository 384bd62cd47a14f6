"""One place to ask: the versions of a person's data, the answers that are kept, and their tags."""

from collections.abc import Hashable, Sequence
from typing import Any

from rewind_gql.caching.keeping import Keeping, Kept
from rewind_gql.caching.numbers import Numbers, Versions
from rewind_gql.caching.tags import Tags
from rewind_gql.settings import Settings
from rewind_gql.store.domains import domains_of
from rewind_gql.store.engine import Store
from rewind_gql.trace import Trace

MIB = 1024 * 1024


class Caching:
    """What REST and GraphQL share of keeping answers."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.versions = Versions(store)
        self.answers = Keeping(settings.answer_cache_mb * MIB)
        self.tags = Tags(settings)

    def kept(
        self,
        body: bytes,
        trace: Trace,
        numbers: Numbers,
        *,
        tagged: Sequence[Any] | None = None,
        of_all: bool = False,
    ) -> Kept | None:
        """An answer that was begun at these versions; None where it holds for this once alone.

        With `tagged`, which says what was asked and by whom, it has a validator. `of_all` is for
        one that tells the versions of all domains.
        """
        domains = None if trace.fleeting else domains_of(trace.tables)
        if domains is None:
            return None
        if of_all:
            domains = tuple(numbers.of)
        tag = None
        if tagged is not None:
            tag = self.tags.write(tagged, domains, trace.until, numbers)
        return Kept(body, domains, numbers.at(domains), trace.until, numbers, tag)

    def keep(self, asked: Hashable, kept: Kept, question_bytes: int) -> None:
        """Give this answer to whoever asks the same, as long as it holds."""
        self.answers.keep(asked, kept, question_bytes)
