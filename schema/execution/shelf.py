"""A shelf for what is made of texts: those used last stay, so many, and so long in all."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

A = TypeVar("A")


class Shelf(Generic[A]):
    """Things by the texts they were made of; what was not used for longest makes room.

    It may be asked from several threads.
    """

    def __init__(self, most: int, most_letters: int) -> None:
        self._most = most
        self._most_letters = most_letters
        self._kept: OrderedDict[str, A] = OrderedDict()
        self._letters = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str) -> A | None:
        """What was made of a text, if it is here."""
        with self._lock:
            found = self._kept.get(text)
            if found is not None:
                self._kept.move_to_end(text)
            return found

    def put(self, text: str, made: A) -> None:
        """Keep what was made of a text."""
        with self._lock:
            if text not in self._kept:
                self._letters += len(text)
            self._kept[text] = made
            while len(self._kept) > self._most or self._letters > self._most_letters:
                self._letters -= len(self._kept.popitem(last=False)[0])
