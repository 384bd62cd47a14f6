"""How large a document may be, told before anything of it runs."""

from typing import Any, NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_TOKENS = 2_000
MAX_DEPTH = 12
MAX_ALIASES = 30


class Size(NamedTuple):
    """Levels of fields that have fields, and fields under another name, fragments spread out."""

    depth: int
    aliases: int


class Limits(ASTValidationRule):
    """Refuses documents that are too deep or rename too much, and selections of nothing.

    A fragment is measured once however often it is spread, so that no document is dear to measure.
    """

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation."""
        fragments = {
            each.name.value: each
            for each in node.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        known: dict[str, Size] = {}
        for each in node.definitions:
            if isinstance(each, OperationDefinitionNode):
                self._check(_measure(each.selection_set, fragments, known), each)

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        """The parser lets a pair of braces pass that has nothing in it."""
        if not node.selections:
            self.report_error(GraphQLError("A selection needs at least one field", node))

    def _check(self, size: Size, operation: OperationDefinitionNode) -> None:
        if size.depth > MAX_DEPTH:
            words = f"The operation is nested {size.depth} deep; {MAX_DEPTH} is allowed"
            self.report_error(GraphQLError(words, operation))
        if size.aliases > MAX_ALIASES:
            words = f"The operation has {size.aliases} aliases; {MAX_ALIASES} are allowed"
            self.report_error(GraphQLError(words, operation))


def _measure(
    chosen: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
    known: dict[str, Size],
) -> Size:
    """The size of a selection. `known` keeps that of fragments; a circle counts for nothing."""
    depth = aliases = 0
    for each in chosen.selections if chosen else ():
        if isinstance(each, FragmentSpreadNode):
            inner = _spread(each.name.value, fragments, known)
        else:
            inner = _measure(getattr(each, "selection_set", None), fragments, known)
        level = 0
        if isinstance(each, FieldNode):
            aliases += each.alias is not None
            if each.name.value.startswith("__"):
                continue  # what tools ask about the schema itself is deep by nature
            level = each.selection_set is not None
        depth = max(depth, inner.depth + level)
        aliases += inner.aliases
    return Size(depth, aliases)


def _spread(
    name: str, fragments: dict[str, FragmentDefinitionNode], known: dict[str, Size]
) -> Size:
    if name not in known:
        known[name] = Size(0, 0)
        fragment = fragments.get(name)
        known[name] = _measure(fragment.selection_set if fragment else None, fragments, known)
    return known[name]
