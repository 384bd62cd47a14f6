"""Lists of collecting in GraphQL: their orders, and what of them is shown."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from rewind_gql.across.films import Only as FilmsOnly
from rewind_gql.domains.collecting.queries import Only
from schema.films import MediaType
from schema.shape import Choice, choices, taking


@choices
class ItemSort(Choice):
    """What owned copies are sorted by."""

    DATE_ADDED = "date_added", "When they were added."
    TITLE = "title", "By title, whatever the case."
    ARTIST = "artist", "By the first artist as the sleeve prints it, then by title."
    YEAR = "year", "By the edition's year; unknown ones are lowest."
    RATING = "rating", "By the owner's rating; unrated ones are lowest."


@choices
class WantSort(Choice):
    """What the wantlist is sorted by."""

    DATE_ADDED = "date_added", "When lines were added; those without a date are lowest."
    TITLE = "title", "By title, whatever the case."
    YEAR = "year", "By the edition's year; unknown ones are lowest."


@choices
class SortOrder(Choice):
    """Which end of a list comes first."""

    DESC = "desc", "The highest first."
    ASC = "asc", "The lowest first."


@choices
class FacetKind(Choice):
    """What owned copies are filed under."""

    FORMAT = "format", "The first format of the release, such as Vinyl."
    GENRE = "genre", "Discogs' genres."
    STYLE = "style", "Discogs' styles."
    ARTIST = "artist", "Main artists, as Discogs writes them."
    LABEL = "label", "Labels."
    DECADE = "decade", "The decade of the edition, such as 1990s."
    FOLDER = "folder", "The owner's folders."


Direction = Annotated[SortOrder, Doc("Which end comes first; ties go the same way.")]


@taking
class ItemFilter:
    """Owned copies for which all of this is true; of several names, one has to fit."""

    formats: Annotated[list[str] | None, Doc("First formats, as they are written.")] = None
    genres: Annotated[list[str] | None, Doc("Whole names, whatever their case.")] = None
    styles: Annotated[list[str] | None, Doc("Whole names, whatever their case.")] = None
    artists: Annotated[
        list[str] | None, Doc("Whole names as Discogs has them, whatever their case.")
    ] = None
    labels: Annotated[list[str] | None, Doc("Whole names, whatever their case.")] = None
    decades: Annotated[list[str] | None, Doc("Such as 1990s.")] = None
    folders: Annotated[list[str] | None, Doc("The owner's folders by name.")] = None
    text: Annotated[str | None, Doc("A piece of the title or of an artist's name.")] = None
    first_year: Annotated[int | None, Doc("Editions of this year or a later one.")] = None
    last_year: Annotated[int | None, Doc("Editions of this year or an earlier one.")] = None
    min_rating: Annotated[int | None, Doc("Rated so or better, 1 to 5.")] = None
    since: Annotated[datetime | None, Doc("Added from this instant on.")] = None
    until: Annotated[datetime | None, Doc("Added before this instant.")] = None

    def only(self) -> Only:
        """The filter as queries take it."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return Only(**given)


@choices
class FilmSort(Choice):
    """What owned films are sorted by."""

    COLLECTED_AT = "collected_at", "When they were added to the collection."
    TITLE = "title", "By title, whatever the case."
    YEAR = "year", "By the film's year; unknown ones are lowest."


@taking
class FilmFilter:
    """Owned films for which all of this is true; of several words, one has to fit."""

    formats: Annotated[list[MediaType] | None, Doc("Kinds of media.")] = None
    resolutions: Annotated[list[str] | None, Doc("As they are written, such as uhd_4k.")] = None
    hdr: Annotated[list[str] | None, Doc("As it is written, such as dolby_vision.")] = None
    genres: Annotated[list[str] | None, Doc("Whole names as TMDB writes them.")] = None
    text: Annotated[str | None, Doc("A piece of the title.")] = None
    watched: Annotated[bool | None, Doc("Films that were watched, or those that were not.")] = None
    since: Annotated[datetime | None, Doc("Collected from this instant on.")] = None
    until: Annotated[datetime | None, Doc("Collected before this instant.")] = None

    def only(self) -> FilmsOnly:
        """The filter as queries take it."""
        kinds = self.formats
        return FilmsOnly(
            formats=None if kinds is None else [kind.inside for kind in kinds],
            resolutions=self.resolutions,
            hdr=self.hdr,
            genres=self.genres,
            text=self.text,
            watched=self.watched,
            since=self.since,
            until=self.until,
        )


Filter = Annotated[ItemFilter | None, Doc("What of the list is shown.")]
Films = Annotated[FilmFilter | None, Doc("What of the list is shown.")]
