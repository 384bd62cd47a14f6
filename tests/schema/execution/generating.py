"""Random operations that are valid against a schema, with random variables for them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

Pools = Mapping[str, tuple[Any, ...]]
"""Values to choose from by the name of a scalar, the first ones good."""

BASE: Pools = {
    "Int": (1, 2, 0, 5, 20, -1, 500, 2**31 - 1),
    "Float": (0.5, 1, -2.25),
    "String": ("a", "", "Low", "Europe/Oslo", "é\\n"),
    "Boolean": (True, False),
    "ID": ("QXJ0aXN0OjE=", "QWxidW06MQ==", "x"),
    "DateTime": ("2025-03-01T00:00:00Z", "2025-03-02T12:00:00+02:00"),
    "Date": ("2025-03-01", "2024-02-29"),
    "UUID": ("01890a5d-ac96-774b-bcce-b302099a8057",),
    "SyncCursor": ("WyJzeW5jX2V2ZW50cyIsMV0",),
    "JSON": ("x", 1, True),
}
WRONG = ({}, [], "nonsense", 1.5, True, None)


class Generated(NamedTuple):
    """An operation, and the values of its variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class Generator:
    """Makes operations over a schema; the same ones for the same numbers."""

    schema: GraphQLSchema
    pools: Pools = field(default_factory=lambda: BASE)
    without: frozenset[tuple[str, str]] = frozenset()
    """Fields, or arguments by `field.argument`, to leave out, each with its type."""
    most_fields: int = 14
    depth: int = 6

    def make(self, number: int, kind: OperationType = OperationType.QUERY) -> Generated:
        """The operation of a number."""
        return _Writing(self, random.Random(number)).operation(kind)


@dataclass
class _Writing:
    """One operation being written."""

    about: Generator
    rng: random.Random
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[tuple[str, Any, str]] = field(default_factory=list)
    aliases: int = 0
    left: int = 0

    def operation(self, kind: OperationType) -> Generated:
        self.left = self.rng.randint(1, self.about.most_fields)
        root = self.about.schema.get_root_type(kind)
        assert root is not None
        chosen = self.selection(root, 0, aliased=False)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        texts = [f"{kind.value} Op{declared} {chosen}"]
        texts += [f"fragment {name} on {on} {body}" for name, on, body in self.fragments]
        return Generated("\n".join(texts), self.variables)

    def selection(self, type_: Any, depth: int, *, aliased: bool) -> str:
        parts = ["__typename"] if self.rng.random() < 0.15 else []
        if is_abstract_type(type_):
            parts += self.of_kinds(type_, depth)
        fields = getattr(type_, "fields", {})
        names = [n for n in fields if (type_.name, n) not in self.about.without]
        for name in self.rng.choices(names, k=self.rng.randint(1, 5)) if names else ():
            if self.left <= 0:
                break
            parts.append(self.one(type_, name, fields[name], depth, aliased=aliased))
        parts = [part for part in parts if part]
        if self.rng.random() < 0.2 and parts:
            parts = [self.enclosed(type_, parts)]
        if self.rng.random() < 0.1 and parts:
            parts.append(self.rng.choice(parts))
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def of_kinds(self, type_: Any, depth: int) -> list[str]:
        """Fragments on some of the types behind an interface or union."""
        kinds = self.about.schema.get_possible_types(type_)
        chosen = self.rng.sample(kinds, k=min(len(kinds), self.rng.randint(1, 3)))
        return [
            f"... on {kind.name}{self.directive()} {self.selection(kind, depth, aliased=True)}"
            for kind in chosen
        ]

    def enclosed(self, type_: Any, parts: list[str]) -> str:
        """The same in a fragment."""
        body = "{ " + " ".join(parts) + " }"
        match self.rng.randint(0, 2):
            case 0:
                return f"...{self.directive()} {body}"
            case 1:
                return f"... on {type_.name}{self.directive()} {body}"
            case _:
                name = f"F{len(self.fragments)}"
                self.fragments.append((name, type_.name, body))
                return f"...{name}{self.directive()}"

    def one(self, type_: Any, name: str, made: GraphQLField, depth: int, *, aliased: bool) -> str:
        inner = get_named_type(made.type)
        if is_composite_type(inner) and depth >= self.about.depth:
            return ""
        self.left -= 1
        arguments = self.arguments(f"{type_.name}.{name}", made.args)
        alias = ""
        if aliased or arguments or self.rng.random() < 0.2:
            self.aliases += 1
            alias = f"a{self.aliases}: "
        below = ""
        if is_composite_type(inner):
            below = f" {self.selection(inner, depth + 1, aliased=aliased)}"
        return f"{alias}{name}{arguments}{self.directive()}{below}"

    def arguments(self, where: str, known: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in known.items():
            if (where, name) in self.about.without:
                continue
            if is_required_argument(argument) or self.rng.random() < 0.3:
                given.append(f"{name}: {self.value(argument.type, is_variable=0.35)}")
        return f"({', '.join(given)})" if given else ""

    def directive(self) -> str:
        """Sometimes something that leaves a thing out, or not."""
        if self.rng.random() >= 0.12:
            return ""
        name = self.rng.choice(("skip", "include"))
        decided = self.rng.random() < 0.5
        text = str(decided).lower()
        if self.rng.random() < 0.5:
            text = self.declare("Boolean!", decided)
        return f" @{name}(if: {text})"

    def declare(self, type_: str, value: Any) -> str:
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {type_}")
        self.variables[name] = value
        return f"${name}"

    def value(self, type_: Any, *, is_variable: float) -> str:
        if self.rng.random() < is_variable:
            return self.variable(type_)
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if inner is type_ and self.rng.random() < 0.1:
            return "null"
        if isinstance(inner, GraphQLList):
            items = [
                self.value(inner.of_type, is_variable=is_variable / 2)
                for _ in range(self.rng.randint(0, 3))
            ]
            return f"[{', '.join(items)}]"
        if isinstance(inner, GraphQLInputObjectType):
            return self.object(inner, is_variable / 2)
        if isinstance(inner, GraphQLEnumType):
            return self.rng.choice(list(inner.values))
        return _literal(self.scalar(inner.name))

    def object(self, type_: GraphQLInputObjectType, is_variable: float) -> str:
        given = [
            f"{name}: {self.value(each.type, is_variable=is_variable)}"
            for name, each in type_.fields.items()
            if is_required_input_field(each) or self.rng.random() < 0.5
        ]
        return "{" + ", ".join(given) + "}"

    def scalar(self, name: str) -> Any:
        pool = self.about.pools[name]
        return self.rng.choice(pool[: 1 + self.rng.randrange(len(pool))])

    def variable(self, type_: Any) -> str:
        """A variable of the type; at times without a value, or with a wrong one."""
        name = f"v{len(self.declared)}"
        chance = self.rng.random()
        is_needed = isinstance(type_, GraphQLNonNull)
        default = ""
        if not is_needed and chance < 0.2:
            default = f" = {self.value(type_, is_variable=0)}"
        self.declared.append(f"${name}: {type_}{default}")
        if is_needed or self.rng.random() < 0.7:
            self.variables[name] = self.plain(type_)
        if self.rng.random() < 0.01:
            self.variables[name] = self.rng.choice(WRONG)
        return f"${name}"

    def plain(self, type_: Any) -> Any:
        """A value as JSON has it."""
        if isinstance(type_, GraphQLNonNull):
            return self.plain(type_.of_type)
        if isinstance(type_, GraphQLList):
            return [self.plain(type_.of_type) for _ in range(self.rng.randint(0, 3))]
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self.plain(each.type)
                for name, each in type_.fields.items()
                if is_required_input_field(each) or self.rng.random() < 0.5
            }
        if isinstance(type_, GraphQLEnumType):
            return self.rng.choice(list(type_.values))
        return self.scalar(type_.name)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
