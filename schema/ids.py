"""Global ids: the opaque texts by which GraphQL knows things."""

import base64
import binascii
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from rewind_gql.errors import BadInput

_LARGEST = 2**63 - 1
_REMEMBERED = 4_096


def global_id(name: str, key: object) -> str:
    """The id of the thing of GraphQL type `name` that is `key` inside."""
    return binascii.b2a_base64(f"{name}:{key}".encode(), newline=False).decode("ascii")


def ids_of(name: str) -> Callable[[Any], str]:
    """What gives the id of things of that GraphQL type, for it is asked of every one of them."""
    known = lru_cache(_REMEMBERED)(partial(global_id, name))

    def resolve(self: Any) -> str:
        return known(self.id)

    # Of what it is the id, for who has that at hand and may spare the call.
    resolve.of = "id", known  # type: ignore[attr-defined]  # every function may
    return resolve


def parse_id(text: str, *, path: str = "id") -> tuple[str, str]:
    """The type and the key in a global id. Raises `BadInput` for what is not one."""
    try:
        name, _, key = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as wrong:
        raise BadInput("This is not an id of this server", path=path) from wrong
    # The second look refuses other spellings of the same bytes: an id has one text.
    if not name or not key.isprintable() or not key or global_id(name, key) != text:
        raise BadInput("This is not an id of this server", path=path)
    return name, key


def key_of(name: str, text: str, *, path: str = "id") -> str:
    """The key in a global id of GraphQL type `name`. Raises `BadInput` for any other id."""
    found, key = parse_id(text, path=path)
    if found != name:
        raise BadInput(f"This is the id of {_one(found)}, not of {_one(name)}", path=path)
    return key


def _one(name: str) -> str:
    """A type's name with its article."""
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def number_of(name: str, text: str, *, path: str = "id") -> int:
    """The number in a global id of GraphQL type `name`. Raises `BadInput` for any other id."""
    return as_number(key_of(name, text, path=path), path=path)


def as_number(key: str, *, path: str = "id") -> int:
    """A key as the number of a row. Raises `BadInput` where no row can have it."""
    if not key.isascii() or not key.isdigit() or len(key) > len(str(_LARGEST)):
        raise BadInput("This is not an id of this server", path=path)
    value = int(key)
    if value > _LARGEST or str(value) != key:
        raise BadInput("This is not an id of this server", path=path)
    return value
