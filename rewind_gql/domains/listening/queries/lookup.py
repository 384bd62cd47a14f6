"""What belongs to numbers, looked up for a million of them at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewind_gql.domains.listening.packs import Array

SMALL = 4_000_000
"""Up to here, what belongs to a number is found in an array that begins with number 0."""


class Lookup:
    """Values that stand beside `known` numbers, each known once and none negative.

    What is not known has the value `missing`.
    """

    def __init__(self, known: Sequence[int] | Array, values: Any, missing: int) -> None:
        self._known = np.asarray(known, np.int64)
        self._missing = missing
        self._values = values
        self._table: Any = None
        highest = int(self._known.max(initial=0))
        if highest <= SMALL:
            # At the end stands what has nothing; there is looked up what lies beyond.
            self._table = np.full(highest + 2, missing, values.dtype)
            self._table[self._known] = values
        else:
            order = np.argsort(self._known)
            self._known, self._values = self._known[order], values[order]

    def of(self, numbers: Array) -> Any:
        """The value of each of these numbers."""
        if self._table is not None:
            return self._table.take(numbers, mode="clip")
        at = np.searchsorted(self._known, numbers).clip(max=self._known.size - 1)
        found = np.where(self._known[at] == numbers, self._values[at], self._missing)
        return found.astype(self._values.dtype)
