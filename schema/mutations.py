"""What every mutation has in common: the right to do it, its errors, and the client's own mark."""

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry
from annotated_doc import Doc

from rewind_gql.domains.focus.devices import DeviceRevoked
from rewind_gql.errors import BadInput, Denied, Refused, TooMany, Unauthenticated
from schema.context import Info
from schema.errors import UserError, user_error
from schema.shape import GIVEN, described, spread, taking

P = TypeVar("P", bound="Payload")
MAX_MARK = 200
DEVICE = ("device", "admin")
"""Who may do what devices do: a device by its token, and the owner."""

_ABOUT_CALLER = (Unauthenticated, Denied, TooMany)

Mark = Annotated[
    str | None,
    Doc(
        "Comes back in the payload. Asking to trigger, retry or cancel a sync, to send sessions or "
        "to resolve a conflict again under the same mark gives what the first time gave."
    ),
]


@taking
class Input:
    """What every input has."""

    client_mutation_id: Mark = None


@described
class Payload:
    """What every mutation answers with."""

    errors: Annotated[list[UserError], Doc("Why it was not done; empty when it was.")]
    client_mutation_id: Annotated[str | None, Doc("The mark the client gave.")] = None


def mutation(
    payload: type[P], *, scopes: tuple[str, ...] = ("admin",)
) -> Callable[[Callable[..., Awaitable[P]]], Any]:
    """A mutation for callers with one of `scopes`; its docstring is the description.

    A refusal becomes one of the payload's errors, unless it is about the caller rather than about
    what was asked.
    """

    def decorate(resolver: Callable[..., Awaitable[P]]) -> Any:
        marked = "client_mutation_id" in inspect.signature(resolver).parameters

        @functools.wraps(resolver)
        async def doing(self: None, info: Info, **given: Any) -> P:
            info.context.require(*scopes)
            mark = given.get("client_mutation_id") if marked else given[GIVEN].client_mutation_id
            inside = () if marked else ("input",)
            try:
                _check(mark)
                done = await resolver(self, info, **given)
            except Refused as refused:
                if isinstance(refused, _ABOUT_CALLER) and not isinstance(refused, DeviceRevoked):
                    raise
                done = payload(errors=[user_error(refused, inside=inside)])
            finally:
                info.context.forget()
            done.client_mutation_id = mark
            return done

        description = " ".join(inspect.cleandoc(resolver.__doc__ or "").split())
        return strawberry.mutation(
            resolver=spread(doing, payload), graphql_type=payload, description=description
        )

    return decorate


def key_of_mark(mark: str | None) -> str | None:
    """The key under which the answer to a marked request is kept, apart from those of headers."""
    return None if mark is None else f"mark:{hashlib.sha256(mark.encode()).hexdigest()}"


def _check(mark: str | None) -> None:
    if mark is not None and (len(mark) > MAX_MARK or not mark.isprintable()):
        raise BadInput(
            f"clientMutationId must be at most {MAX_MARK} printable characters",
            path="client_mutation_id",
        )
