"""Builders: functions written for one selection, which turn a value into its response at one go.

A plan gets them when it is used again. Their text holds no word of any document, only names made
here and attributes of our own classes, so that selections of one form share their compiled code.
A builder raises where anything is unusual about a value, whatever it is; then the value is looked
at closely, field by field.
"""

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from schema.execution.kinds import known_type
from schema.execution.leaves import NAMES, Unusual, printer, usual, vet
from schema.execution.plan import How, Plan, Selection, Step

_KEPT = 2_000


def prepare(plan: Plan) -> None:
    """Give every selection of a plan its builder, as far as types are known beforehand."""
    compile_selection(plan.root)


def compile_selection(selection: Selection) -> None:
    """Give a selection, and those in it, their builders."""
    if selection.is_compiled:
        return
    selection.is_compiled = True
    for step in selection.called:
        writer = _Writer()
        text = writer.value(step, step.type_, "value")
        step.finish = writer.function("value", [f"return {text}"])
    if selection.view is not None or selection.type_.is_type_of is None:
        selection.build = _builder(selection)


def _builder(selection: Selection) -> Callable[[Any, Any], dict[str, Any]]:
    writer = _Writer()
    lines = _check(writer, selection)
    items = [f"{writer.bound(step.key)}: {_field(writer, step)}" for step in selection.steps]
    made = "{" + ", ".join(items) + "}"
    if selection.called:
        own = writer.bound(selection)
        lines += [f"made = {made}", f"run.pend(({own}, source, made))", "return made"]
    else:
        lines.append(f"return {made}")
    return writer.function("source", lines)


def _check(writer: "_Writer", selection: Selection) -> list[str]:
    """Lines that raise for a source that is not of the type."""
    if selection is selection.plan.root:
        return []
    if selection.view is None:
        return [f"{writer.bound(vet)}(source)"]
    view = writer.bound(selection.view)
    return [
        f"if source.__class__ is not {view} and not isinstance(source, {view}):",
        f" raise {writer.bound(Unusual)}",
    ]


def _field(writer: "_Writer", step: Step) -> str:
    if step.how is How.NAMED:
        return writer.bound(step.parent.name)
    if step.how is How.CALLED:
        return "None"
    known = getattr(step.function, "of", None)
    if known is not None:
        name, function = known
        source = f"{writer.bound(function)}(source.{name})"
    elif step.how is How.MADE or not step.name.isidentifier():
        source = f"{writer.bound(step.function or step.read)}(source)"
    else:
        source = f"source.{step.name}"
    return writer.value(step, step.type_, source)


class _Writer:
    """Writes one function; things it needs have names of their own."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = dict(NAMES)
        self._count = 0

    def bound(self, thing: object) -> str:
        """A name for a thing."""
        name = f"n{len(self._names)}"
        self._names[name] = thing
        return name

    def function(self, argument: str, lines: list[str]) -> Callable[[Any, Any], Any]:
        """The function of these lines."""
        text = "\n ".join([f"def made({argument}, run):", *lines])
        exec(_code(text), self._names)  # noqa: S102  # our own text
        made: Callable[[Any, Any], Any] = self._names.pop("made")
        return made

    def value(self, step: Step, type_: Any, source: str) -> str:
        """Text that completes what the text `source` gives."""
        if is_non_null_type(type_):
            return self._inner(step, type_.of_type, source, nullable=False)
        return self._inner(step, type_, source, nullable=True)

    def _inner(self, step: Step, type_: Any, source: str, *, nullable: bool) -> str:
        if is_leaf_type(type_):
            return self._leaf(type_, source, nullable)
        if not nullable:
            return self._whole(step, type_, source)
        name, held = self._held(source)
        return f"(None if {held} is None else {self._whole(step, type_, name)})"

    def _whole(self, step: Step, type_: Any, source: str) -> str:
        """Text that completes a list or an object."""
        if not is_list_type(type_):
            return f"{self._object(step, type_)}({source}, run)"
        item = self._fresh("x")
        done = self.value(step, type_.of_type, item)
        return f"[{done} for {item} in {self.bound(_listed)}({source})]"

    def _leaf(self, type_: Any, source: str, nullable: bool) -> str:
        name, held = self._held(source)
        test = usual(type_)
        printing = self.bound(printer(type_))
        printed = f"{printing}({name})"
        if test is None:
            return (
                f"(None if {held} is None else {printed})" if nullable else f"{printing}({source})"
            )
        if nullable:
            return f"({name} if {held} is None or {test.format(held=name, v=name)} else {printed})"
        return f"({name} if {test.format(held=held, v=name)} else {printed})"

    def _held(self, source: str) -> tuple[str, str]:
        """The name of what the text gives, and the text that gives it this name first."""
        if source.isidentifier():
            return source, source
        name = self._fresh("v")
        return name, f"({name} := {source})"

    def _object(self, step: Step, type_: Any) -> str:
        if is_abstract_type(type_):
            return self.bound(_abstract(step, type_))
        selection = step.select(type_)
        compile_selection(selection)
        return self.bound(selection.build or _unusual)

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


@lru_cache(_KEPT)
def _code(text: str) -> CodeType:
    return compile(text, "<builder>", "exec")


def _unusual(source: object, run: object) -> dict[str, Any]:
    raise Unusual


def _listed(found: Any) -> Any:
    """A list or tuple as it is. Raises for everything else."""
    if found.__class__ is list or found.__class__ is tuple:
        return found
    raise Unusual


def _abstract(step: Step, type_: GraphQLAbstractType) -> Callable[[Any, Any], dict[str, Any]]:
    """The builder of values behind an interface or a union, by what is known of their class."""

    def build(source: Any, run: Any) -> dict[str, Any]:
        found: GraphQLObjectType | None = known_type(type_, source.__class__)
        if found is None:
            raise Unusual
        selection = step.select(found)
        compile_selection(selection)
        made = (selection.build or _unusual)(source, run)
        run.types[id(made)] = made, selection
        return made

    return build
