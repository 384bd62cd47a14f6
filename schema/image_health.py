"""How the finding and serving of images goes, in GraphQL."""

from typing import Annotated

from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.across import wanted
from rewind_gql.sync import asked
from schema.context import Info
from schema.shape import described, edge, shape

DAYS = 7
MOST_MISSING = 0.05


@shape(wanted.Census)
class ImageCensus(wanted.Census):
    """How many things of a kind have a picture, and why the others have none."""

    @edge(bool)
    def is_low(self) -> bool:
        """Whether more than one in twenty has none, which is worth a look."""
        return self.missing_share > MOST_MISSING


@shape(asked.Asked)
class ImageSource(asked.Asked):
    """How one source of pictures answered."""


@described
class ImageServing:
    """What the process that answers has served since it started."""

    hits: Annotated[int, Doc("Sizes that were there when asked for.")]
    misses: Annotated[int, Doc("Sizes that had to be made.")]
    worker_deaths: Annotated[int, Doc("Times a process that reads pictures died over one.")]

    @edge(float | None)
    def hit_rate(self) -> float | None:
        """The share of sizes that were there, 0 to 1; null before the first."""
        total = self.hits + self.misses
        return self.hits / total if total else None


@described
class ImageHealth:
    """How the finding and serving of images goes."""

    kinds: Annotated[list[ImageCensus], Doc("Every kind of thing that has pictures.")]
    sources: Annotated[list[ImageSource], Doc("Who was asked in runs of the last seven days.")]
    serving: Annotated[ImageServing, Doc("What this process has served.")]


@described
class ImageHealthQuery:
    """Where the question after the health of images begins."""

    @edge(ImageHealth)
    async def image_health(self, info: Info) -> ImageHealth:
        """How many pictures are missing, how their sources answer, and how well sizes are kept."""
        context = info.context
        images = context.deps.images
        return ImageHealth(
            kinds=await context.ask(wanted.census, now=context.now),  # type: ignore[arg-type]  # a view stands for its shape
            sources=await context.ask(asked.asked, since=context.now - DAYS * clock.DAY),  # type: ignore[arg-type]  # a view stands for its shape
            serving=ImageServing(
                hits=images.cache.hits,
                misses=images.cache.misses,
                worker_deaths=images.worker.deaths,
            ),
        )
