"""Whether a schema of ours keeps what clients were promised.

In a promise `string?` may be null, a field `name~` may be missing, `a|b` is one of these words, a
tuple is any of its parts, and `{"*": …}` has whatever names.
"""

from collections.abc import Iterator
from typing import Any

_WORDS = ("string", "number", "boolean", "null", "any")
Schemas = dict[str, Any]


def broken(ours: Schemas, promised: Any, named: Schemas, at: str = "$") -> Iterator[str]:
    """What a schema may answer that was not promised, or lacks; `named` are those referred to.

    More fields than promised are no breach, nor is a whole number where any was promised.
    """
    choices = list(_choices(ours, named))
    parts = promised if isinstance(promised, tuple) else (promised,)
    for choice in choices:
        found = [list(_breaches(choice, part, named, at)) for part in parts]
        if all(found):
            yield from min(found, key=len)


def _choices(schema: Schemas, named: Schemas) -> Iterator[Schemas]:
    """What a schema may be, references followed."""
    if "$ref" in schema:
        yield from _choices(named[schema["$ref"].rpartition("/")[2]], named)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _choices(each, named)
    else:
        yield schema


def _breaches(ours: Schemas, promised: Any, named: Schemas, at: str) -> Iterator[str]:
    if isinstance(promised, dict):
        yield from _fields(ours, promised, named, at)
    elif isinstance(promised, list):
        if ours.get("type") != "array":
            yield f"{at} is no list"
        else:
            yield from broken(ours["items"], promised[0], named, f"{at}[]")
    elif not _may_be(ours, promised):
        yield f"{at} is {ours}, not {promised}"


def _fields(ours: Schemas, promised: Any, named: Schemas, at: str) -> Iterator[str]:
    if ours.get("type") != "object":
        yield f"{at} is no object"
    elif "*" in promised:
        for name, each in (ours.get("properties") or {"*": ours["additionalProperties"]}).items():
            yield from broken(each, promised["*"], named, f"{at}.{name}")
    else:
        for name, each in promised.items():
            plain = name.removesuffix("~")
            there = plain in ours["properties"]
            if plain == name and name not in ours.get("required", ()):
                yield f"{at}.{name} may be missing"
            elif there:
                yield from broken(ours["properties"][plain], each, named, f"{at}.{plain}")


def _may_be(ours: Schemas, promised: str) -> bool:
    """Whether what a plain schema allows is no more than was promised."""
    if promised == "any":
        return True
    words = ours.get("enum", [ours["const"]] if "const" in ours else None)
    plain = promised.removesuffix("?")
    if plain not in _WORDS:
        return words is not None and set(words) <= set(plain.split("|"))
    kind = {"integer": "number"}.get(ours["type"], ours["type"])
    return kind == plain or (kind == "null" and promised.endswith("?"))
