"""Raw rows into views: functions written out as code once, for they run for every row."""

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args, get_type_hints

V = TypeVar("V")
Rows = Sequence[Sequence[Any]]
Reader = Callable[[Any], Any] | None
Cells = dict[str, tuple[int, str]]
_written: dict[Any, tuple[str, dict[str, Any]]] = {}


def written(text: str, **things: Any) -> Callable[[V], V]:
    """For a reader that can be said in place: the text of an expression that does what it does.

    `{c}` in it is the value; `things` are what else it names.
    """

    def decorate(reader: V) -> V:
        _written[reader] = text, things
        return reader

    return decorate


def builder(
    into: Callable[..., V] | None,
    columns: Sequence[tuple[str, Reader]],
    *,
    is_part: bool = False,
) -> Callable[[Rows], list[V]]:
    """A function from raw rows to views. A column is a name and what reads its values.

    With `is_part`, fields without a column stay unset; else they are an error.
    """
    writer = _Writer(is_part=is_part)
    cells = [writer.cell(at, process) for at, (_, process) in enumerate(columns)]
    if into is None:
        made = f"({', '.join(cells)},)"
    elif dataclasses.is_dataclass(into):
        keyed = {name: (at, cells[at]) for at, (name, _) in enumerate(columns)}
        made = writer.view(into, "", keyed, " " * 2)
        if keyed:
            raise TypeError(f"{into} has no fields for {sorted(keyed)}")
    else:
        made = f"{writer.bound(into)}({', '.join(cells)})"
    return writer.function([f"c{at}" for at in range(len(columns))], made)


class _Writer:
    """Writes one function; a row's cells have the names `c0`, `c1` and so on in it."""

    def __init__(self, *, is_part: bool) -> None:
        self._is_part = is_part
        self._names: dict[str, Any] = {"new": object.__new__}
        self._lines: list[str] = []
        self._views = 0

    def bound(self, thing: object) -> str:
        """A name for a thing."""
        name = f"n{len(self._names)}"
        self._names[name] = thing
        return name

    def cell(self, at: int, process: Reader) -> str:
        """Text that reads a cell."""
        if process is None:
            return f"c{at}"
        if process not in _written:
            return f"{self.bound(process)}(c{at})"
        text, things = _written[process]
        names = {name: self.bound(thing) for name, thing in things.items()}
        return f"({text.format(c=f'c{at}', **names)})"

    def function(self, cells: Sequence[str], made: str) -> Callable[[Rows], list[Any]]:
        """The function whose lines were written, and which gives what the text `made` does."""
        lines = [
            "def build(rows):",
            " found = []",
            " add = found.append",
            f" for {', '.join(cells)}, in rows:",
            *self._lines,
            f"  add({made})",
            " return found",
        ]
        exec("\n".join(lines), self._names)  # noqa: S102  # our own text
        build: Callable[[Rows], list[Any]] = self._names.pop("build")
        return build

    def view(self, view: Any, prefix: str, keyed: Cells, margin: str) -> str:
        """Write lines that make `view` of the cells under `prefix`, taken out of `keyed`.

        Gives the text that has it then.
        """
        name = f"v{self._views}"
        self._views += 1
        values = self._values(view, prefix, keyed, margin)
        maker = self.bound(view)
        if _is_plain(view):
            # What `__init__` does, without passing on each field by its name.
            self._lines.append(f"{margin}{name} = new({maker})")
            self._lines += [f"{margin}{name}.{field} = {value}" for field, value in values.items()]
        else:
            given = ", ".join(f"{field}={value}" for field, value in values.items())
            self._lines.append(f"{margin}{name} = {maker}({given})")
        return name

    def _values(self, view: Any, prefix: str, keyed: Cells, margin: str) -> dict[str, str]:
        """Text for each field, in the order of the view."""
        hints = get_type_hints(view)
        values: dict[str, str] = {}
        for field in dataclasses.fields(view):
            name = prefix + field.name
            if name in keyed:
                values[field.name] = keyed.pop(name)[1]
            elif any(key.startswith(f"{name}__") for key in keyed):
                values[field.name] = self._nested(hints[field.name], name, keyed, margin)
            elif field.default is not dataclasses.MISSING:
                values[field.name] = self.bound(field.default)
            elif field.default_factory is not dataclasses.MISSING:
                values[field.name] = f"{self.bound(field.default_factory)}()"
            elif not self._is_part:
                raise TypeError(f"no column for {view.__name__}.{field.name} ({name})")
        return values

    def _nested(self, hint: Any, name: str, keyed: Cells, margin: str) -> str:
        """Write lines that make the view in a field; gives the text that has it then."""
        view, optional = _dataclass_in(hint)
        if not optional:
            return self.view(view, f"{name}__", keyed, margin)
        first = min(at for key, (at, _) in keyed.items() if key.startswith(f"{name}__"))
        held = f"v{self._views}"
        self._lines += [
            f"{margin}if c{first} is None:",
            f"{margin} {held} = None",
            f"{margin}else:",
        ]
        return self.view(view, f"{name}__", keyed, f"{margin} ")


def _is_plain(view: Any) -> bool:
    """Whether making one is nothing but setting its fields."""
    options = view.__dataclass_params__
    fields = dataclasses.fields(view)
    return (
        options.init
        and not options.frozen
        and view.__new__ is object.__new__
        and not hasattr(view, "__post_init__")
        and all(field.init for field in fields)
    )


def _dataclass_in(hint: Any) -> tuple[Any, bool]:
    """The dataclass a field holds, and whether None is allowed in its place."""
    if inspect.isclass(hint):
        return hint, False
    inner = [kind for kind in get_args(hint) if dataclasses.is_dataclass(kind)]
    if len(inner) != 1:
        raise TypeError(f"{hint} does not name one dataclass")
    return inner[0], type(None) in get_args(hint)
