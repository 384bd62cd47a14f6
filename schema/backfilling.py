"""Looking for images in GraphQL: a run asked for, which tells how far it is like any other."""

from typing import Annotated

from annotated_doc import Doc

from rewind_gql.errors import BadInput
from rewind_gql.sync import ledger, pictures
from schema.context import Info
from schema.mutations import Input, mutation
from schema.shape import Choice, choices, described, taking
from schema.sync import TriggerSyncPayload, in_the_way, payload_of

MOST = 10_000


@choices
class ImageBackfill(Choice):
    """Which images are looked for."""

    DUE = "missing", "Those never looked for, or looked for in vain so long ago that it is time."
    FAILED = "failed", "Those whose source could not be asked, now rather than when it is time."
    MISSING = "again", "All that are missing, though they were looked for lately."


@taking
class BackfillImagesInput(Input):
    """What is to be looked for."""

    domain: Annotated[str, Doc("Such as listening.")]
    which: Annotated[ImageBackfill, Doc("Which of its images.")] = ImageBackfill.DUE
    kinds: Annotated[list[str] | None, Doc("Such as albums; none: all the domain has.")] = None
    limit: Annotated[int | None, Doc("At most so many of each kind, the most wanted first.")] = None


@described
class ImageBackfillMutation:
    """Where looking for images begins."""

    @mutation(TriggerSyncPayload)
    async def backfill_images(self, info: Info, given: BackfillImagesInput) -> TriggerSyncPayload:
        """Look for missing images of a domain; a run that does so already is joined."""
        context = info.context
        wanted = _wanted(given)
        try:
            made = await pictures.ask_for(
                context.deps,
                context.caller.user_id,
                given.domain,
                wanted,
                idempotency_key=given.client_mutation_id,
            )
        except ledger.AlreadyRunning as other:
            return await in_the_way(info, other)
        return await payload_of(info, made)


def _wanted(given: BackfillImagesInput) -> pictures.Wanted:
    """What the run looks for. Raises `BadInput` for what there is none of."""
    kinds = pictures.kinds_of(given.domain)
    if not kinds:
        raise BadInput("There are no images of this domain", path="domain")
    if unknown := [kind for kind in given.kinds or () if kind not in kinds]:
        raise BadInput(f"There are no images of {unknown[0][:50]!r}", path="kinds")
    if given.limit is not None and not 1 <= given.limit <= MOST:
        raise BadInput(f"limit must be between 1 and {MOST}", path="limit")
    return pictures.Wanted(
        which=given.which.inside, kinds=tuple(given.kinds or ()), limit=given.limit
    )
