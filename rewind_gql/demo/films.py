"""A few films and shows that the pretend providers of pictures know."""

from dataclasses import dataclass

MOVIE, SHOW = "movie", "tv"


@dataclass(frozen=True, slots=True)
class Film:
    """A film or a show under its number at the film database."""

    tmdb_id: int
    title: str
    year: int
    kind: str = MOVIE


FILMS = (
    Film(800101, "The Long Ferry", 1998),
    Film(800102, "Nattens øyne", 2011),
    Film(800103, "A Room Above the Harbour", 2004),
    Film(800104, "Seven Winters", 1987),
    Film(800105, "The Cartographer's Daughter", 2019),
    Film(800106, "Salt & Static", 2022),
    Film(800107, "Orchard Street", 1979),
    Film(800108, "Le Dernier Tramway", 1966),
    Film(800201, "Northern Lines", 2016, SHOW),
    Film(800202, "The Allotment", 2020, SHOW),
    Film(800203, "Signal Hill", 2013, SHOW),
)
