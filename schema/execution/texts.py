"""Texts of documents, read: where the lines begin, what is said, what is wrong."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import (
    DocumentNode,
    GraphQLError,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    SourceLocation,
    parse,
)

from schema.limits import MAX_TOKENS, TOO_DEEP
from schema.scanning import scan

_BREAK = re.compile(r"\r\n|[\n\r]")


class Text(Source):
    """A document's text that is looked through for its lines once, not for every place in it."""

    @cached_property
    def _breaks(self) -> tuple[list[int], list[int]]:
        """Where breaks of lines begin, and where they end."""
        spans = [found.span() for found in _BREAK.finditer(self.body)]
        return [begin for begin, _ in spans], [end for _, end in spans]

    def get_location(self, position: int) -> SourceLocation:
        """The line and the column of a place, as graphql-core counts them."""
        begins, ends = self._breaks
        before = bisect_left(begins, position)
        return SourceLocation(before + 1, position + 1 - (ends[before - 1] if before else 0))


def read(text: str) -> DocumentNode:
    """The document. Raises `GraphQLError` for a text that cannot be read as one."""
    scan(text)
    try:
        return parse(Text(text), max_tokens=MAX_TOKENS)
    except GraphQLError as wrong:
        raise bare(wrong) from None
    except RecursionError:
        raise GraphQLError(TOO_DEEP) from None


def bare(wrong: GraphQLError) -> GraphQLError:
    """An error by itself: it knows its places, but keeps no document alive."""
    wrong.nodes = wrong.source = wrong.positions = None
    return wrong.with_traceback(None)


def outline(document: DocumentNode) -> DocumentNode:
    """Which operations a document has, of what kind and by what name, and nothing else of it."""
    return DocumentNode(
        definitions=tuple(
            OperationDefinitionNode(
                operation=each.operation,
                name=None if each.name is None else NameNode(value=each.name.value),
                selection_set=SelectionSetNode(selections=()),
            )
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        )
    )
