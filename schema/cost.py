"""How many items an operation may fetch at most, told from its document and its variables alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    visit,
)

from rewind_gql.store.page import MAX_PAGE
from schema.limits import fragments_of, spread_out

NODES_PER_POINT = 1_000
"""A request of so many items at most costs one request of the key's minute."""
LISTED = 10
"""How many items a list is taken to have of which nothing else is known."""
SIZES = {
    "Artist.listeningOverTime": 100,
    "Collecting.valueHistory": 100,
    "CollectingYear.days": 366,
    "Focus.days": 366,
    "FocusTracking.days": 366,
    "Listening.days": 366,
    "Listening.months": 100,
    "Listening.overTime": 366,
    "Listening.trends": 100,
    "ListeningCalendar.days": 366,
    "Release.tracklist": 20,
}
"""How many items lists without a size of their own have as a rule, where it is not `LISTED`."""
KEPT = 64
"""Of how many sets of sizes the sum is kept."""
INTROSPECTION = frozenset({"__schema", "__type"})

_SIZING = ("first", "last", "limit", "ids")
_DECIDING = ("skip", "include")

Values = Mapping[str, Any]
Places = dict[str, list[tuple[Any, FieldNode]]]


def cost_of(nodes: int) -> int:
    """What an operation of so many items takes of a key's minute: 1, and more for large ones."""
    return max(1, -(-nodes // NODES_PER_POINT))


class Weighing:
    """One operation of a valid document, ready to be weighed with its variables.

    `introspects` is true of one that asks about the schema, `only_introspects` of one that asks
    about nothing else.
    """

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._operation = operation
        self._names = _names(document)
        self._known: dict[tuple[Any, ...], int] = {}
        roots = {
            field.name.value
            for field in spread_out(operation.selection_set.selections, self._fragments, set())
        }
        self.introspects = not roots.isdisjoint(INTROSPECTION)
        self.only_introspects = roots <= INTROSPECTION | {"__typename"}

    def nodes(self, values: Values) -> int:
        """How many items it fetches at most, those of lists within lists multiplied.

        Each list counts with the size asked for, whatever there is; one in several fragments counts
        once.
        """
        known = tuple([_measure(values.get(name)) for name in self._names])
        found = self._known.get(known)
        if found is None:
            found = self._weighed(values)
            if len(self._known) < KEPT:
                self._known[known] = found
        return found

    def _weighed(self, values: Values) -> int:
        root = self._schema.get_root_type(self._operation.operation)
        return self._sum([(root, self._operation.selection_set)], values)

    def _sum(self, chosen: Iterable[tuple[Any, SelectionSetNode]], values: Values) -> int:
        """The items below one thing."""
        places: Places = {}
        seen: set[str] = set()
        for parent, selection in chosen:
            self._gather(parent, selection, values, seen, places)
        total = 0
        for fields in places.values():
            size, below = 0, []
            multiplies = False
            for parent, node in fields:
                field = _field(self._schema, parent, node)
                if field is None:
                    continue
                own = _size(parent, field, node, values)
                multiplies = multiplies or own is not None
                size = max(size, own or 0)
                if node.selection_set is not None:
                    below.append((get_named_type(field.type), node.selection_set))
            inner = self._sum(below, values) if below else 0
            total += size * (1 + inner) if multiplies else inner
        return total

    def _gather(
        self,
        parent: Any,
        chosen: SelectionSetNode,
        values: Values,
        seen: set[str],
        places: Places,
    ) -> None:
        """The fields of a selection by their keys, those of fragments too, each fragment once."""
        for each in chosen.selections:
            if not _is_included(each, values):
                continue
            if isinstance(each, FieldNode):
                key = (each.alias or each.name).value
                places.setdefault(key, []).append((parent, each))
            elif isinstance(each, InlineFragmentNode):
                of = self._type(each.type_condition, parent)
                self._gather(of, each.selection_set, values, seen, places)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                seen.add(each.name.value)
                fragment = self._fragments[each.name.value]
                of = self._type(fragment.type_condition, parent)
                self._gather(of, fragment.selection_set, values, seen, places)

    def _type(self, condition: Any, parent: Any) -> Any:
        return parent if condition is None else self._schema.get_type(condition.name.value)


def _field(schema: GraphQLSchema, parent: Any, node: FieldNode) -> GraphQLField | None:
    name = node.name.value
    if name.startswith("__"):
        return None  # what is asked about the schema itself is no item
    found: GraphQLField | None = getattr(parent, "fields", {}).get(name)
    return found


def _size(parent: Any, field: GraphQLField, node: FieldNode, values: Values) -> int | None:
    """How many items a field has at most; None for one that is no list, or shows one counted."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return None
    if kind.name.endswith("Connection"):
        asked = _argument(node, "last", values)
        if asked is None:
            asked = _argument(node, "first", values)
        return _paged(_default(field) if asked is None else asked)
    if not _is_list(field.type) or parent.name.endswith("Connection"):
        return None
    for name in _SIZING:
        if name in field.args:
            asked = _argument(node, name, values)
            return _paged(field.args[name].default_value if asked is None else asked)
    return SIZES.get(f"{parent.name}.{node.name.value}", LISTED)


def _is_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _paged(asked: Any) -> int:
    """A size as asked for; what no list gives is nothing, for the list says so itself."""
    if isinstance(asked, bool) or not isinstance(asked, int):
        return LISTED
    return asked if 0 <= asked <= MAX_PAGE else 0


def _default(field: GraphQLField) -> int:
    """How many items a connection has unless told."""
    definition: Any = field.extensions.get("strawberry-definition")
    resolver = getattr(getattr(definition, "base_resolver", None), "wrapped_func", None)
    bundles = getattr(resolver, "bundles", {}).values()
    return next((each.default for each in bundles if hasattr(each, "default")), LISTED)


def _argument(node: FieldNode, name: str, values: Values) -> Any:
    """The value of an argument that tells a size; of a list, its length."""
    for each in node.arguments or ():
        if each.name.value == name:
            return _value(each.value, values)
    return None


def _value(node: Any, values: Values) -> Any:
    if isinstance(node, VariableNode):
        return _measure(values.get(node.name.value))
    if isinstance(node, IntValueNode):
        return int(node.value)
    return len(node.values) if isinstance(node, ListValueNode) else None


def _measure(value: Any) -> Any:
    return len(value) if isinstance(value, list) else value


def _is_included(node: Any, values: Values) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name in _DECIDING:
            condition = directive.arguments[0].value
            held = (
                condition.value
                if isinstance(condition, BooleanValueNode)
                else values.get(condition.name.value)
            )
            if bool(held) is (name == "skip"):
                return False
    return True


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_argument(self, node: Any, *_: Any) -> None:
        if isinstance(node.value, VariableNode) and node.name.value in (*_SIZING, "if"):
            self.names[node.value.name.value] = None


def _names(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide how many items are fetched."""
    source = document.loc.source.body if document.loc else None
    if source is not None and "$" not in source:
        return ()
    found = _Names()
    visit(document, found)
    return tuple(found.names)
