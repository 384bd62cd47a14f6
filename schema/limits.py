"""How large a document may be, told before it is checked against the schema, or even parsed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    NoFragmentCyclesRule,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    visit,
)
from graphql.validation import ASTValidationContext

MAX_TOKENS = 2_000
MAX_NESTING = 60
"""Brackets of any kind within each other."""
MAX_OPERATIONS = 10
MAX_FRAGMENTS = 100
MAX_DEPTH = 12
MAX_ALIASES = 30
MAX_DIRECTIVES = 30
MAX_ROOT_FIELDS = 20
MAX_FIELDS = 2_000
MAX_REPEATS = 10_000
"""Comparisons it takes to see that fields of one name do not contradict each other."""
MAX_WRITTEN = 200
"""How many fields the input objects of an argument may have that are written in the document."""
MAX_WRONG = 10
"""How many things are told that are wrong with a document."""

MAX_LISTED = 1_000
"""How many items a list in the variables may have."""
MAX_VALUES = 10_000
"""How many values the variables may be made of."""
CROWDED = (
    f"The variables are too many: lists may have {MAX_LISTED:,} items, and all of them together "
    f"{MAX_VALUES:,} values"
)
TOO_DEEP = f"The document is nested too deeply; brackets within each other go {MAX_NESTING} deep"
TOO_WIDE = f"The operation has more than {MAX_ROOT_FIELDS} root fields"
TOO_OFTEN = "The operation asks for the same fields too often"
TOO_WRITTEN = f"An argument has more than {MAX_WRITTEN} fields in it; send it as a variable"

_HOLDING = (list, dict)

Fragments = dict[str, FragmentDefinitionNode]


class Size(NamedTuple):
    """How large a selection is, with fragments spread out.

    `depth` counts levels of fields that have fields, `levels` those of braces and fragments, too.
    """

    depth: int = 0
    levels: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


_BOUNDS = (
    ("is nested {} levels deep", "depth", MAX_DEPTH),
    ("has {} levels of braces and fragments", "levels", MAX_NESTING),
    ("has {} fields", "fields", MAX_FIELDS),
    ("has {} aliases", "aliases", MAX_ALIASES),
    ("has {} directives", "directives", MAX_DIRECTIVES),
)


def crowded(variables: dict[str, Any]) -> bool:
    """Whether variables have more in them than allowed, told before they are looked at closely."""
    count = 0
    open_: list[Any] = [variables]
    while open_:
        each = open_.pop()
        count += len(each)
        is_list = each.__class__ is list
        if count > MAX_VALUES or (is_list and len(each) > MAX_LISTED):
            return True
        open_ += [v for v in (each if is_list else each.values()) if v.__class__ in _HOLDING]
    return False


def nested(given: dict[str, Any]) -> bool:
    """Whether lists and objects within each other go deeper than allowed."""
    open_: list[Any] = [given]
    for _ in range(MAX_NESTING):
        values = [v for each in open_ for v in (each if each.__class__ is list else each.values())]
        open_ = [value for value in values if value.__class__ in _HOLDING]
        if not open_:
            return False
    return True


def oversized(document: DocumentNode) -> list[GraphQLError]:
    """What of a document is larger than allowed.

    To be asked before the document is validated, which takes long for what is too large.
    """
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    fragments = fragments_of(document)
    if len(operations) > MAX_OPERATIONS:
        words = excess("The document has {} operations", len(operations), MAX_OPERATIONS)
        return [GraphQLError(words)]
    if len(document.definitions) - len(operations) > MAX_FRAGMENTS:
        words = excess("The document has {} fragments", len(fragments), MAX_FRAGMENTS)
        return [GraphQLError(words)]
    measuring = _Measuring(fragments)
    found: list[GraphQLError] = []
    for fragment in fragments.values():
        found += _too_large(measuring.spread(fragment.name.value), "fragment", fragment)
    if measuring.is_circular:
        return _circles(document)
    for operation in operations:
        found += _checked(operation, measuring)
    return [*measuring.wrong, *found][:MAX_WRONG]


def _circles(document: DocumentNode) -> list[GraphQLError]:
    """Which fragments are spread within themselves; what follows from them has no end."""
    found: list[GraphQLError] = []
    visit(document, NoFragmentCyclesRule(ASTValidationContext(document, found.append)))
    return found[:MAX_WRONG]


def fragments_of(document: DocumentNode) -> Fragments:
    """The fragments of a document by their names."""
    return {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }


def spread_out(
    selections: Iterable[SelectionNode], fragments: Fragments, seen: set[str]
) -> Iterator[FieldNode]:
    """The fields of a selection, those of fragments too, each fragment once."""
    for each in selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, InlineFragmentNode):
            yield from spread_out(each.selection_set.selections, fragments, seen)
        elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
            seen.add(each.name.value)
            fragment = fragments.get(each.name.value)
            if fragment is not None:
                yield from spread_out(fragment.selection_set.selections, fragments, seen)


def _checked(operation: OperationDefinitionNode, measuring: "_Measuring") -> list[GraphQLError]:
    fragments = measuring.fragments
    size = measuring.measure(operation.selection_set)
    own = len(operation.directives or ()) + sum(
        len(each.directives or ()) for each in operation.variable_definitions or ()
    )
    found = _too_large(size._replace(directives=size.directives + own), "operation", operation)
    if found:
        return found
    root = list(islice(_fields([operation.selection_set], fragments), MAX_ROOT_FIELDS + 1))
    if len(root) > MAX_ROOT_FIELDS:
        return [GraphQLError(TOO_WIDE, operation)]
    if _repeats(operation.selection_set, fragments) > MAX_REPEATS:
        return [GraphQLError(TOO_OFTEN, operation)]
    return []


def _too_large(
    size: Size, what: str, node: OperationDefinitionNode | FragmentDefinitionNode
) -> list[GraphQLError]:
    return [
        GraphQLError(excess(f"The {what} {words}", count, most), node)
        for words, name, most in _BOUNDS
        if (count := getattr(size, name)) > most
    ]


def excess(words: str, count: int, most: int) -> str:
    """What is told of something there is too much of; `words` have a place for the number."""
    return f"{words.format(count)}; {most} are allowed"


class _Measuring:
    """The sizes of selections, and those of fragments, which are measured once.

    So a fragment may be spread as often as one likes; a circle counts for nothing, and is told by
    `is_circular`. `wrong` are the selections of nothing, which the parser lets pass.
    """

    def __init__(self, fragments: Fragments) -> None:
        self.fragments = fragments
        self.wrong: list[GraphQLError] = []
        self.is_circular = False
        self._known: dict[str, Size] = {}
        self._open: set[str] = set()

    def measure(self, chosen: SelectionSetNode) -> Size:
        """The size of a selection."""
        if not chosen.selections:
            self.wrong.append(GraphQLError("A selection needs at least one field", chosen))
        depth = levels = fields = aliases = directives = 0
        for each in chosen.selections:
            inner = self._below(each)
            level = 0
            fields += inner.fields
            aliases += inner.aliases
            directives += inner.directives + len(each.directives or ())
            levels = max(levels, inner.levels + 1)
            if isinstance(each, FieldNode):
                self._check_arguments(each)
                fields += 1
                aliases += each.alias is not None
                if each.name.value.startswith("__"):
                    continue  # what tools ask about the schema itself is deep by nature
                level = each.selection_set is not None
            depth = max(depth, inner.depth + level)
        return Size(depth, levels, fields, aliases, directives)

    def spread(self, name: str) -> Size:
        """The size of a fragment; none of one that is not there."""
        if name not in self._known:
            self._known[name] = Size()
            fragment = self.fragments.get(name)
            if fragment is not None:
                self._open.add(name)
                size = self.measure(fragment.selection_set)
                own = len(fragment.directives or ())
                self._known[name] = size._replace(directives=size.directives + own)
                self._open.remove(name)
        elif name in self._open:
            self.is_circular = True
        return self._known[name]

    def _check_arguments(self, field: FieldNode) -> None:
        """What is wrong with a large one is dear to tell."""
        for each in field.arguments or ():
            if _written(each.value) > MAX_WRITTEN:
                self.wrong.append(GraphQLError(TOO_WRITTEN, each))

    def _below(self, node: SelectionNode) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self.spread(node.name.value)
        chosen: SelectionSetNode | None = getattr(node, "selection_set", None)
        return Size() if chosen is None else self.measure(chosen)


def _written(value: Any) -> int:
    """How many fields there are in the objects of a value."""
    if isinstance(value, ObjectValueNode):
        return sum(1 + _written(each.value) for each in value.fields)
    return sum(map(_written, value.values)) if isinstance(value, ListValueNode) else 0


def _repeats(chosen: SelectionSetNode, fragments: Fragments) -> int:
    """How many pairs of fields have to be compared where several have one name in one place.

    To be asked of what was measured, has no more fields than allowed, and no circles.
    """
    pairs = 0
    open_: list[list[SelectionSetNode]] = [[chosen]]
    while open_ and pairs <= MAX_REPEATS:
        below: dict[str, list[SelectionSetNode]] = {}
        counts: Counter[str] = Counter()
        for field in _fields(open_.pop(), fragments):
            key = (field.alias or field.name).value
            counts[key] += 1
            if field.selection_set is not None:
                below.setdefault(key, []).append(field.selection_set)
        pairs += sum(count * (count - 1) // 2 for count in counts.values())
        open_ += below.values()
    return pairs


def _fields(chosen: Iterable[SelectionSetNode], fragments: Fragments) -> Iterator[FieldNode]:
    """The fields of several selections of one place."""
    seen: set[str] = set()
    for each in chosen:
        yield from spread_out(each.selections, fragments, seen)
