"""Choosing images in GraphQL: what there is, and a picture taken, reverted or given back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import strawberry
from annotated_doc import Doc

from rewind_gql import log, trace
from rewind_gql.across import pictures
from rewind_gql.domains.collecting import queries as collecting
from rewind_gql.domains.listening import queries as listening
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.images import queries, views
from rewind_gql.images.finders import FINDERS
from rewind_gql.images.placeholder import data_url
from rewind_gql.images.records import Key
from schema.context import Info
from schema.ids import as_number, parse_id
from schema.images import Image, Shown, Wanted, image_of, release_key
from schema.mutations import Input, Mark, Payload, mutation
from schema.shape import described, edge, shape, taking

_PRIVATE: Any = strawberry.Private
Id = Annotated[strawberry.ID, Doc("The artist, album, release or copy.")]


@shape(views.Former, content_hash=None)
class FormerImage(views.Former):
    """A picture a thing had before and can have back."""

    @edge(str | None)
    def thumbhash_data_url(self) -> str | None:
        """Its blur as a `data:` address of a PNG."""
        return data_url(self.thumbhash) if self.thumbhash else None


@described
class ImageAlternative:
    """A picture that a source has of a thing."""

    source: Annotated[str, Doc("Who has it.")]
    url: Annotated[str, Doc("Where it is; give it to `overrideImage` to choose it.")]
    width: Annotated[int | None, Doc("Pixels, as the source says.")]
    height: Annotated[int | None, Doc("Pixels, as the source says.")]
    attribution: Annotated[str | None, Doc("Words the source asks to be shown beside it.")]


@described
class ImageFailure:
    """A source that could not be asked."""

    source: Annotated[str, Doc("Who it is.")]
    reason: Annotated[str | None, Doc("Why.")]


@described
class ImageChoice:
    """What there is to choose from for a thing."""

    current_source: Annotated[str | None, Doc("Who its picture is from now.")]
    is_override: Annotated[bool, Doc("Whether a person chose it.")]
    alternatives: Annotated[list[ImageAlternative], Doc("In the order sources are asked in.")]
    failed: Annotated[list[ImageFailure], Doc("Sources that did not answer.")]
    formers: Annotated[list[FormerImage], Doc("Pictures it had before, newest first.")]


@described
class ImageAttribution:
    """A source of pictures, and how it wants to be named."""

    source: Annotated[str, Doc("As `Image.source` has it.")]
    attribution: Annotated[str | None, Doc("Words it asks to be shown.")]
    docs: Annotated[str, Doc("Where its terms begin.")]


@shape(views.Tally)
class ImageTally(views.Tally):
    """How many things of one kind have a picture, or why they have none."""


@described
class ImageQuery:
    """Where questions about images begin."""

    @edge(ImageChoice)
    async def image_alternatives(self, info: Info, of: Id) -> ImageChoice:
        """What every source has for a thing, asked now, and what it had. Nothing is kept."""
        context = info.context
        context.require("admin")
        trace.fleeting()
        key = await _key(info, of, "of")
        pipeline = context.deps.images.pipeline
        choice = await pictures.choice(pipeline, context.caller.user_id, key)
        return ImageChoice(
            current_source=choice.image.source if choice.image else None,
            is_override=choice.image is not None and choice.image.is_override,
            alternatives=[
                ImageAlternative(
                    source=each.source,
                    url=log.redact(each.url),
                    width=each.width,
                    height=each.height,
                    attribution=each.attribution,
                )
                for each in choice.found.candidates
            ],
            failed=[
                ImageFailure(source=each.finder, reason=each.reason) for each in choice.found.failed
            ],
            formers=list(choice.formers),  # type: ignore[arg-type]  # a view stands for its shape
        )

    @edge(list[ImageTally])
    async def image_tally(self, info: Info) -> list[views.Tally]:
        """How many things have a picture and how many were looked for in vain, by kind."""
        return await info.context.ask(queries.tally)

    @edge(list[ImageAttribution])
    def image_attributions(self) -> list[ImageAttribution]:
        """Every source of pictures, and how it wants to be named."""
        cards = {card.source: card for card in FINDERS.values()}
        return [
            ImageAttribution(source=card.source, attribution=card.attribution, docs=card.docs)
            for card in cards.values()
        ]


@taking
class OverrideImageInput(Input):
    """Which picture a thing is to have."""

    id: Id
    source_url: Annotated[str, Doc("Where it lies; it is fetched once. Files are sent by REST.")]


@described
class ImagePayload(Payload):
    """A thing's picture after a change."""

    key: _PRIVATE[Key | None] = None

    @edge(Image | None)
    async def image(self, info: Info, wanted: Wanted) -> Shown | None:
        """The picture it has now."""
        return await image_of(info, self.key, wanted) if self.key else None


@described
class ImageMutation:
    """Where changes to images begin."""

    @mutation(ImagePayload)
    async def override_image(self, info: Info, given: OverrideImageInput) -> ImagePayload:
        """Choose a thing's picture; it stays until the choice is reverted."""
        key = await _key(info, given.id, "id")
        context = info.context
        pipeline = context.deps.images.pipeline
        await pictures.override_from(pipeline, context.caller.user_id, key, given.source_url)
        return ImagePayload(errors=[], key=key)

    @mutation(ImagePayload)
    async def revert_image(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
        force: Annotated[bool, Doc("Take the choice back even if no other is found.")] = False,
        client_mutation_id: Mark = None,
    ) -> ImagePayload:
        """Look for a thing's picture anew; the chosen one stays until another is kept."""
        key = await _key(info, id, "id")
        context = info.context
        pipeline = context.deps.images.pipeline
        await pictures.revert(pipeline, context.caller.user_id, key, force=force)
        return ImagePayload(errors=[], key=key)

    @mutation(ImagePayload)
    async def restore_image(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
        version: Annotated[int, Doc("The version of one of `ImageChoice.formers`.")],
        client_mutation_id: Mark = None,
    ) -> ImagePayload:
        """Give a thing a picture back that it had before, as the owner's choice."""
        key = await _key(info, id, "id")
        context = info.context
        pipeline = context.deps.images.pipeline
        await pictures.restore(pipeline, context.caller.user_id, key, version)
        return ImagePayload(errors=[], key=key)

    @mutation(ImagePayload)
    async def find_image(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
        client_mutation_id: Mark = None,
    ) -> ImagePayload:
        """Look for a thing's picture if it has none and it is time to; waits a few seconds."""
        key = await _key(info, id, "id")
        context = info.context
        await pictures.look(context.deps.images.pipeline, context.caller.user_id, key)
        return ImagePayload(errors=[], key=key)


async def _release(info: Info, number: int) -> Key | None:
    release = await info.context.load(collecting.releases_by_id, number)
    return None if release is None else release_key(release)


async def _item(info: Info, number: int) -> Key | None:
    item = await info.context.load(collecting.items_by_id, number)
    return await _release(info, item.release_id) if item else None


async def _album(info: Info, number: int) -> Key | None:
    found = await info.context.load(listening.albums_by_id, number)
    return Key("listening", "albums", str(number)) if found else None


async def _artist(info: Info, number: int) -> Key | None:
    found = await info.context.load(listening.artists_by_id, number)
    return Key("listening", "artists", str(number)) if found else None


_KEYS: Mapping[str, Callable[[Info, int], Awaitable[Key | None]]] = {
    "Artist": _artist,
    "Album": _album,
    "Release": _release,
    "Item": _item,
}


async def _key(info: Info, text: str, path: str) -> Key:
    """What the picture of the thing of this global id is known by."""
    name, inside = parse_id(text, path=path)
    known = _KEYS.get(name)
    if known is None:
        raise BadInput("Things of this kind have no picture", path=path)
    key = await known(info, as_number(inside, path=path))
    if key is None:
        raise NotFound("There is no such thing")
    return key
