"""How TMDB describes a film: short in lists, at length on its own page, with the gaps it has."""

from collections.abc import Sequence
from random import Random
from typing import Any

from rewind_gql.demo.films import Film

Paths = tuple[str | None, str]

GENRES = {
    28: "Action", 12: "Adventure", 35: "Comedy", 80: "Crime", 18: "Drama", 14: "Fantasy",
    36: "History", 27: "Horror", 9648: "Mystery", 10749: "Romance", 878: "Science Fiction",
    53: "Thriller",
}  # fmt: skip
DIRECTORS = (
    "Ingrid Solheim", "Tomas Varga", "Amaya Okoro", "Pieter van Dalen", "Lucía Ferrán",
    "Henrik Aas", "Noor Haddad", "Clara Whitfield", "Joon-ho Baek", "Émile Garnier",
    "Sunniva Lie", "Desmond Achebe",
)  # fmt: skip
RATINGS = ("G", "PG", "PG-13", "R", "")
UNRATED, UNTIMED, UNDATED = 7, 3, 9
TWO_DIRECTORS = 5


def imdb_id(film: Film) -> str:
    """What IMDb calls a film."""
    return f"tt{film.tmdb_id}"


def hit(film: Film, paths: Paths) -> dict[str, Any]:
    """A film in a list: genres by number alone."""
    return {**_common(film, paths), "genre_ids": [number for number, _ in _genres(film)]}


def movie(film: Film, paths: Paths, appended: Sequence[str]) -> dict[str, Any]:
    """A film's own page with what was asked to be appended."""
    rng = Random(film.tmdb_id)  # noqa: S311  # an invented film needs repeatable numbers
    page = {
        **_common(film, paths),
        "genres": [{"id": number, "name": name} for number, name in _genres(film)],
        "imdb_id": imdb_id(film),
        "runtime": 0 if film.tmdb_id % 10 == UNTIMED else rng.randint(74, 181),
        "tagline": f"Every {film.title.split()[-1].lower()} ends somewhere.",
        "status": "Released",
        "belongs_to_collection": None,
        "homepage": "",
    }
    if "credits" in appended:
        page["credits"] = {"cast": [], "crew": _crew(film)}
    if "release_dates" in appended:
        page["release_dates"] = {"results": _releases(film)}
    return page


def _common(film: Film, paths: Paths) -> dict[str, Any]:
    rng = Random(-film.tmdb_id)  # noqa: S311  # an invented film needs repeatable numbers
    undated = film.tmdb_id % 100 == UNDATED
    return {
        "adult": False,
        "id": film.tmdb_id,
        "title": film.title,
        "original_title": film.title,
        "original_language": "en",
        "release_date": "" if undated else f"{film.year}-03-12",
        "poster_path": paths[0],
        "backdrop_path": paths[1],
        "overview": f"A film of {film.year} that was never made.",
        "popularity": round(rng.random() * 40, 1),
        "video": False,
        "vote_average": round(rng.uniform(4.8, 8.9), 2),
        "vote_count": rng.randint(3, 9_000),
    }


def _genres(film: Film) -> list[tuple[int, str]]:
    rng = Random(film.tmdb_id * 3)  # noqa: S311  # an invented film needs repeatable numbers
    return rng.sample(sorted(GENRES.items()), rng.randint(1, 3))


def _crew(film: Film) -> list[dict[str, Any]]:
    rng = Random(film.tmdb_id * 5)  # noqa: S311  # an invented film needs repeatable numbers
    names = rng.sample(DIRECTORS, 2 if film.tmdb_id % TWO_DIRECTORS == 0 else 1)
    crew = [{"id": 1, "name": "Somebody Else", "job": "Producer", "department": "Production"}]
    return crew + [
        {"id": 100 + at, "name": name, "job": "Director", "department": "Directing"}
        for at, name in enumerate(names)
    ]


def _releases(film: Film) -> list[dict[str, Any]]:
    """Releases with an empty American rating in front, as a premiere has it."""
    rng = Random(film.tmdb_id * 7)  # noqa: S311  # an invented film needs repeatable numbers
    norway = {"iso_3166_1": "NO", "release_dates": [_release("15", 3, film)]}
    if film.tmdb_id % 10 == UNRATED:
        return [norway]
    american = [_release("", 1, film), _release(rng.choice(RATINGS), 3, film)]
    return [norway, {"iso_3166_1": "US", "release_dates": american}]


def _release(certification: str, kind: int, film: Film) -> dict[str, Any]:
    return {
        "certification": certification,
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{film.year}-03-12T00:00:00.000Z",
        "type": kind,
    }
