"""Films in GraphQL: what they are, when they were watched, what they are owned on."""

from collections.abc import Sequence

from rewind_gql.domains.collecting import films
from rewind_gql.domains.collecting import views as collecting
from rewind_gql.domains.watching import queries, views
from rewind_gql.images.records import Key
from schema.context import Info
from schema.images import Image, Shown, Wanted, images_of
from schema.relay import Kind, Node
from schema.shape import Choice, choices, each, edge, shape


@choices
class MediaType(Choice):
    """What a film is kept on."""

    BLURAY = "bluray", "Blu-ray."
    UHD_BLURAY = "uhd_bluray", "Ultra HD Blu-ray."
    HDDVD = "hddvd", "HD DVD."
    DVD = "dvd", "DVD."
    DIGITAL = "digital", "A file, or a licence for one."
    OTHER = "other", "A disc or tape of another kind; `rawType` has the provider's word."


async def _movies(
    owned: Sequence[views.Watch | collecting.Media], info: Info
) -> list[views.Movie | None]:
    """The film."""
    return await info.context.load_all(queries.movies_by_id, [each.movie_id for each in owned])


async def _posters(films: Sequence[views.Movie], info: Info, wanted: Wanted) -> list[Shown | None]:
    """Its poster."""
    return await images_of(info, [movie_key(film.id) for film in films], wanted)


async def _posters_of(
    owned: Sequence[collecting.Media], info: Info, wanted: Wanted
) -> list[Shown | None]:
    """The film's poster."""
    return await images_of(info, [movie_key(each.movie_id) for each in owned], wanted)


@shape(views.Watch)
class Watch(views.Watch, Node):
    """One time a film was watched."""

    movie = each("Movie", _movies)


@shape(views.Movie, tmdb_id=int | None, trakt_id=int | None, imdb_id=str | None)
class Movie(views.Movie, Node):
    """A film, owned or watched."""

    image = each(Image | None, _posters)

    @edge(list[Watch])
    async def watches(self, info: Info) -> list[views.Watch]:
        """Every time it was watched, newest first, those of an unknown time last."""
        return await info.context.load(queries.watches_by_movie, self.id) or []

    @edge("list[Media]")
    async def media(self, info: Info) -> list[collecting.Media]:
        """What it is owned on, newest first; empty where it is not."""
        return await info.context.load(films.media_by_movie, self.id) or []


@shape(collecting.Media, media_type=MediaType)
class Media(collecting.Media, Node):
    """A film owned on one kind of medium."""

    movie = each(Movie, _movies)

    image = each(Image | None, _posters_of)


def movie_key(movie_id: int) -> Key:
    """What the poster of a film is known by."""
    return Key("watching", "movies", str(movie_id))


NODES = {
    "Movie": Kind(queries.movies_by_id),
    "Media": Kind(films.media_by_id),
    "Watch": Kind(queries.watches_by_id),
}
