"""Documents looked through for floods by their tokens alone, before anybody parses them."""

import re
from collections.abc import Callable
from typing import NamedTuple

from graphql import GraphQLError, GraphQLSyntaxError, Source

from schema.limits import (
    MAX_ALIASES,
    MAX_DIRECTIVES,
    MAX_FRAGMENTS,
    MAX_NESTING,
    MAX_OPERATIONS,
    MAX_REPEATS,
    MAX_ROOT_FIELDS,
    MAX_TOKENS,
    MAX_WRITTEN,
    TOO_DEEP,
    TOO_OFTEN,
    TOO_WIDE,
    TOO_WRITTEN,
    excess,
)

# What lies between tokens, then one token: a comment, a string, a name or a number at one go, else
# one sign.
_TOKEN = re.compile(
    r"[\s,\ufeff]*+"
    r'(#[^\n\r]*+|"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|"(?:[^"\\\n\r]|\\.)*+"?|\.\.\.|[\w.+-]+|\S|\Z)',
    re.DOTALL,
)
_OPERATIONS = frozenset({"", "query", "mutation", "subscription"})
"""How operations begin; one without a name, with its selection."""
_FRAGMENT = "fragment"
_NO_KEYS = frozenset({":", "...", "@"})
"""After which a name is not that under which a field is answered."""

Keys = dict[str, int]
"""How often each field is in a selection, by the name under which it is answered."""


def scan(text: str) -> None:
    """Look a document through for floods, in a twentieth of the time that parsing takes.

    What is counted is what stands there; what fragments make of it is for `oversized` to tell, and
    it would refuse whatever is refused here.
    Raises `GraphQLError` for a document of too many tokens, one that is nested too deeply, and one
    that has too many operations, fragments, aliases, directives, root fields, fields of one name,
    or fields of written objects.
    """
    looking = _Looking(text)
    take = looking.take
    for at, found in enumerate(_TOKEN.finditer(text)):
        sign = found[1]
        if not sign:
            break
        if at >= MAX_TOKENS:
            words = f"The document has more than {MAX_TOKENS} tokens"
            raise GraphQLSyntaxError(Source(""), 0, words)
        if sign[0] != "#":
            take(sign, found)
    looking.end()


class _Flood(NamedTuple):
    """What is too much, and where the definition begins that has it."""

    words: str
    at: int | None


class _Looking:
    """What was seen of a document so far."""

    __slots__ = (
        "_aliases",
        "_before",
        "_begun_at",
        "_directives",
        "_flood",
        "_is_crowded",
        "_keys",
        "_kind",
        "_last",
        "_open",
        "_operations",
        "_others",
        "_pairs",
        "_roots",
        "_text",
        "_written",
    )

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[Keys | None] = []
        """The brackets that are open: selections, and None for others."""
        self._keys: Keys | None = None
        """The innermost one."""
        self._last = self._before = ""
        self._operations = self._others = 0
        self._flood: _Flood | None = None
        self._begin()

    def _begin(self) -> None:
        """Expect another definition."""
        self._begun_at: int | None = None
        self._kind = ""
        self._aliases = self._directives = self._roots = self._pairs = self._written = 0
        self._is_crowded = False

    def take(self, sign: str, found: re.Match[str]) -> None:
        """See the next token."""
        if not self._open and self._begun_at is None:
            self._begun_at = found.start(1)
        act = _ACTS.get(sign)
        if act is not None:
            act(self)
        elif self._keys is not None:
            self._name(self._keys, sign)
        elif not self._kind and not self._open and sign[0] != '"':
            self._kind = sign
        self._before, self._last = self._last, sign

    def end(self) -> None:
        """Raise `GraphQLError` for what was too much in all."""
        if self._operations > MAX_OPERATIONS:
            raise GraphQLError(
                excess("The document has {} operations", self._operations, MAX_OPERATIONS)
            )
        if self._others > MAX_FRAGMENTS:
            raise GraphQLError(excess("The document has {} fragments", self._others, MAX_FRAGMENTS))
        if self._flood is not None:
            words, at = self._flood
            raise GraphQLError(words, source=Source(self._text), positions=[at or 0])

    def _name(self, keys: Keys, sign: str) -> None:
        """A name within a selection: a field, unless what is before it says otherwise."""
        last = self._last
        if last in _NO_KEYS or (last == "on" and self._before == "..."):
            return
        count = keys.get(sign, 0)
        keys[sign] = count + 1
        self._pairs += count
        if len(self._open) == 1:
            self._roots += 1

    def _open_brace(self) -> None:
        is_selection = not self._open or self._keys is not None
        self._enter({} if is_selection else None)

    def _open_other(self) -> None:
        self._enter(None)

    def _enter(self, keys: Keys | None) -> None:
        self._open.append(keys)
        self._keys = keys
        if len(self._open) > MAX_NESTING:
            raise GraphQLError(TOO_DEEP)

    def _close(self) -> None:
        if not self._open:
            return
        is_selection = self._open.pop() is not None
        self._keys = self._open[-1] if self._open else None
        if is_selection and not self._open:
            self._check()
            self._begin()

    def _colon(self) -> None:
        if self._keys is not None:
            self._aliases += 1
        elif self._open and self._open[0] is not None:
            self._argument()

    def _argument(self) -> None:
        """A colon within the arguments of a field: of one of them, or of a field of its value."""
        if len(self._open) > 1 and self._open[-2] is not None:
            self._written = 0
        else:
            self._written += 1
            self._is_crowded = self._is_crowded or self._written > MAX_WRITTEN

    def _directive(self) -> None:
        self._directives += 1

    def _spread(self) -> None:
        """Nothing is counted: what is spread is no field of its own."""

    def _check(self) -> None:
        """See whether the definition that ends here has too much of anything."""
        is_operation = self._kind in _OPERATIONS
        if is_operation:
            self._operations += 1
        else:
            self._others += 1
        if self._flood is None and (is_operation or self._kind == _FRAGMENT):
            words = self._excess("operation" if is_operation else "fragment")
            self._flood = None if words is None else _Flood(words, self._begun_at)

    def _excess(self, what: str) -> str | None:
        if self._is_crowded:
            return TOO_WRITTEN
        if self._aliases > MAX_ALIASES:
            return excess(f"The {what} has {{}} aliases", self._aliases, MAX_ALIASES)
        if self._directives > MAX_DIRECTIVES:
            return excess(f"The {what} has {{}} directives", self._directives, MAX_DIRECTIVES)
        if what == "operation" and self._roots > MAX_ROOT_FIELDS:
            return TOO_WIDE
        return TOO_OFTEN if self._pairs > MAX_REPEATS else None


_ACTS: dict[str, Callable[[_Looking], None]] = {
    "{": _Looking._open_brace,
    "(": _Looking._open_other,
    "[": _Looking._open_other,
    "}": _Looking._close,
    ")": _Looking._close,
    "]": _Looking._close,
    ":": _Looking._colon,
    "@": _Looking._directive,
    "...": _Looking._spread,
}
