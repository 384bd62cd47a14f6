"""What has changed, by domain: for clients that keep answers and want to know which to renew."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated

from annotated_doc import Doc

from rewind_gql.caching.numbers import Versions, written
from rewind_gql.errors import BadInput
from schema.context import Info
from schema.following import feed, moments
from schema.scalars import DataVersion, parse_versions
from schema.shape import described

LOOK_S = {"sqlite": 0.25, "postgresql": 1.0}
"""How often the versions are looked at; with SQLite that costs next to nothing."""


@described
class DomainVersion:
    """How far one domain of the data has come."""

    domain: Annotated[str, Doc("Such as listening, collecting or images.")]
    version: Annotated[str, Doc("A whole number, in digits, that only ever rises.")]


@described
class DataChange:
    """Domains whose data has changed."""

    changed: Annotated[
        list[DomainVersion], Doc("The domains that changed and their versions, by name.")
    ]
    version: Annotated[
        DataVersion, Doc("All versions: what to give as `since` to go on from here.")
    ]


@described
class ChangesSubscription:
    """What can be followed of the versions of data."""

    @feed(DataChange)
    async def changes(
        self,
        info: Info,
        since: Annotated[
            DataVersion | None,
            Doc(
                "What changed since these versions first: those of an answer's header "
                "`X-Data-Version`, or of the last change that was seen."
            ),
        ] = None,
        domains: Annotated[list[str] | None, Doc("Of these domains alone.")] = None,
    ) -> AsyncGenerator[DataChange, None]:
        """Which domains' data has changed, and to which version, as it is committed.

        Changes close together are told as one. Give `version` of the last one as `since` after a
        break, and nothing is missed.
        """
        context = info.context
        versions, user_id = context.deps.caching.versions, context.caller.user_id
        current = (await versions.of(user_id)).of
        known = dict(current) if since is None else parse_versions(since)
        wanted = _wanted(domains, current)
        looks = moments(context.deps.hub, user_id, LOOK_S[context.deps.store.dialect])
        async with aclosing(looks):
            async for _ in looks:
                current = await _lately(versions, user_id, context.deps.store.dialect, current)
                changed = [each for each in wanted if current[each] != known.get(each, 0)]
                if changed:
                    known = dict(current)
                    yield DataChange(
                        changed=[
                            DomainVersion(domain=each, version=str(current[each]))
                            for each in changed
                        ],
                        version=DataVersion(written(current)),
                    )


async def _lately(
    versions: Versions, user_id: int, dialect: str, seen: Mapping[str, int]
) -> Mapping[str, int]:
    """The versions, asked for once for all who follow the same person, none older than `seen`."""
    found = (await versions.lately(user_id, within_s=LOOK_S[dialect] / 2)).of
    if any(found[domain] < number for domain, number in seen.items()):
        return (await versions.of(user_id)).of
    return found


def _wanted(domains: list[str] | None, known: Mapping[str, int]) -> list[str]:
    """The domains to look at. Raises `BadInput` for what is none."""
    if domains is None:
        return list(known)
    unknown = sorted(set(domains) - known.keys())
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no domain; there are {', '.join(known)}", path="domains")
    return sorted(set(domains))
