"""From views to GraphQL: types with their words, edges that publish their docstring, inputs."""

import dataclasses
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import StrEnum
from typing import (
    Annotated,
    Any,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import strawberry
from annotated_doc import Doc
from strawberry.scalars import JSON

from schema.ids import ids_of

C = TypeVar("C", bound=type)
E = TypeVar("E", bound="type[Choice]")
Resolver = Callable[..., Any]
Together = Callable[..., Awaitable[Sequence[Any]]]
_PRIVATE: Any = strawberry.Private
GIVEN = "given"  # how resolvers call the argument `input`, which is a function of Python's own


class Bundle:
    """Base of frozen dataclasses whose fields are arguments that go together, such as a window.

    A resolver takes the bundle as one parameter; the schema shows the fields.
    """


def shape(view: type, /, **types: Any) -> Callable[[C], C]:
    """A GraphQL type of a view: its public fields, each with its `Doc`, beside the edges written.

    Resolvers return instances of `view` itself; nothing is converted. Ids (`id`, `artist_id`) stay
    inside, for edges to follow. `types` names another GraphQL type for a field, such as an enum or
    the shape of a nested view, brings out an id that is not ours, and hides a field with None. An
    edge takes the place of a field of its name.
    """

    def decorate(cls: C) -> C:
        hints = get_type_hints(view, include_extras=True)
        own = [field.name for field in dataclasses.fields(view) if field.name not in cls.__dict__]
        for name in own:
            kind, words = _split(hints[name])
            shown = types.get(name, JSON if get_origin(kind) is dict else kind)
            if name == "id" and name not in types:
                setattr(cls, name, _global_id(cls.__name__))
            elif shown is None or (name.endswith("_id") and name not in types):
                cls.__annotations__[name] = _PRIVATE[kind]
            else:
                _declare(cls, name, shown, words)
        for name, made in inspect.getmembers(view, lambda member: isinstance(member, property)):
            hint = get_type_hints(made.fget)["return"]
            _declare(cls, name, types.get(name, hint), paragraph(made.fget))
        # No graphql type but this one stands for the view, so a row tells its own type.
        cls.__view__ = view  # type: ignore[attr-defined]  # every class may
        cls.is_type_of = classmethod(lambda _cls, row, _info: isinstance(row, view))  # type: ignore[attr-defined]  # every class may
        return strawberry.type(cls, description=paragraph(cls))

    return decorate


@overload
@dataclass_transform(kw_only_default=True)
def described(cls: C, /) -> C: ...
@overload
@dataclass_transform(kw_only_default=True)
def described(*, name: str) -> Callable[[C], C]: ...
def described(cls: Any = None, /, *, name: str | None = None) -> Any:
    """A GraphQL type of its own, not of a view: annotated fields with their `Doc`, and edges."""

    def decorate(cls: C) -> C:
        _declare_all(cls)
        return strawberry.type(cls, name=name, description=paragraph(cls))

    return decorate if cls is None else decorate(cls)


@dataclass_transform(kw_only_default=True)
def taking(cls: C) -> C:
    """A GraphQL input: annotated fields with their `Doc`; one with a default may be left out."""
    _declare_all(cls)
    return strawberry.input(cls, description=paragraph(cls))


class Choice(StrEnum):
    """Base of GraphQL enums; a member is its value, as queries take and give it, and its words."""

    description: str
    __hash__ = str.__hash__  # what enums do is the same, slowly

    def __new__(cls, value: str, description: str = "") -> "Choice":
        """The member that is `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    @property
    def inside(self) -> Any:
        """The value as queries take it."""
        return self.value


def choices(cls: E) -> E:
    """A GraphQL enum, each value with its words."""
    enum = strawberry.enum(cls, description=paragraph(cls))
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry.enum
        value.description = cls[value.name].description
    return enum


def edge(kind: Any, *, deprecated: str | None = None) -> Callable[[Resolver], Any]:
    """A field of GraphQL type `kind` that asks or loads; its docstring is the description.

    Arguments are the resolver's parameters, described by `Doc`; a `Bundle` stands for several.
    `deprecated` says what to use instead and until when the field stays.
    """

    def decorate(resolver: Resolver) -> Any:
        return strawberry.field(
            resolver=spread(resolver, kind),
            graphql_type=kind,
            description=paragraph(resolver),
            deprecation_reason=deprecated,
        )

    return decorate


def each(kind: Any, together: Together, *, looks_at: tuple[str, ...] | None = None) -> Any:
    """An edge that is answered for all things of one level at once.

    `together` is given these things and `info`, and gives as many values in their order; else it is
    as the resolver of an `edge` is. An executor that cannot do so asks for one thing at a time.

    `looks_at` names the fields of each thing that it looks at; others may then not have been read.
    """

    @functools.wraps(together)
    async def alone(self: Any, info: Any, **given: Any) -> Any:
        [value] = await together([self], info, **given)
        return value

    parameters = list(inspect.signature(together).parameters.values())
    parameters[0] = parameters[0].replace(name="self", annotation=inspect.Parameter.empty)
    made: Any = alone
    made.__signature__ = inspect.Signature(parameters)
    made.together = together
    made.looks_at = looks_at
    return edge(kind)(alone)


def spread(resolver: Resolver, kind: Any) -> Any:
    """The resolver with every `Bundle` parameter replaced by the arguments in it."""
    bundles: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(resolver).parameters.values():
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Bundle):
            bundles[parameter.name] = parameter.annotation
            parameters += _arguments(parameter.annotation)
        elif parameter.name in ("self", "info"):
            parameters.append(parameter)
        else:
            parameters.append(_shown(parameter))

    @functools.wraps(resolver)
    async def spreading(*args: Any, **given: Any) -> Any:
        for name, bundle in bundles.items():
            fields = {field.name for field in dataclasses.fields(bundle)}
            given[name] = bundle(**{key: given.pop(key) for key in fields & given.keys()})
        return await resolver(*args, **given)

    spreading.bundles = bundles  # type: ignore[attr-defined]  # for who has them made already
    called: Any = spreading if bundles else resolver
    called.__signature__ = inspect.Signature(parameters, return_annotation=kind)
    return called


def _global_id(name: str) -> Any:
    return strawberry.field(
        resolver=ids_of(name),
        graphql_type=strawberry.ID,
        description="Opaque; the same for as long as the thing exists.",
    )


def _arguments(bundle: Any) -> Iterator[inspect.Parameter]:
    for field in dataclasses.fields(bundle):
        kind = inspect.Parameter.KEYWORD_ONLY
        missing = field.default is dataclasses.MISSING
        default = inspect.Parameter.empty if missing else field.default
        yield _shown(inspect.Parameter(field.name, kind, default=default, annotation=field.type))


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter as the schema shows it: described by its `Doc`; left out where None stands."""
    kind, words = _split(parameter.annotation)
    if parameter.name == GIVEN:
        kind = Annotated[kind, strawberry.argument(name="input", description=paragraph(kind))]
    elif words:
        kind = Annotated[kind, strawberry.argument(description=words)]
    default = strawberry.UNSET if parameter.default is None else parameter.default
    return parameter.replace(annotation=kind, default=default, kind=inspect.Parameter.KEYWORD_ONLY)


def _declare_all(cls: type) -> None:
    for name, hint in dict(inspect.get_annotations(cls)).items():
        kind, words = _split(hint)
        if words:
            _declare(cls, name, kind, words)


def _declare(cls: type, name: str, kind: Any, words: str | None) -> None:
    """Make `name` a plain field of `cls`; a default written in the class stays."""
    options = {"default": cls.__dict__[name]} if name in cls.__dict__ else {}
    cls.__annotations__[name] = kind
    setattr(cls, name, strawberry.field(description=words, **options))


def _split(hint: Any) -> tuple[Any, str | None]:
    """A type and the `Doc` on it."""
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, *notes = get_args(hint)
    found = [note.documentation for note in notes if isinstance(note, Doc)]
    return (kind, found[0]) if found else (hint, None)


def paragraph(described: object) -> str:
    """The docstring on one line per paragraph, as GraphQL shows it."""
    text = inspect.cleandoc(getattr(described, "__doc__", None) or "")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
