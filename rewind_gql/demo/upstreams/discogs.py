"""The pretend Discogs: one collector's shelf, wants and the releases on them."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.records import FIELDS, FOLDERS, Copy, Want
from rewind_gql.demo.upstreams.discogs_release import RATES, price, release
from rewind_gql.demo.upstreams.discogs_rows import (
    API,
    PICTURES,
    copy_row,
    credit,
    search_row,
    want_row,
)
from rewind_gql.demo.upstreams.discogs_words import (
    NOT_FOUND,
    Door,
    answer,
    need_owner,
    paged,
    refusal,
)
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pictures import here, picture
from rewind_gql.demo.upstreams.shelf import Shelf

__all__ = ["TOKEN", "Shelf", "app"]

TOKEN = "demo" * 10
CURRENCY = "EUR"
# A copy is worth at least the lowest price asked; the two others are set off from it.
WORTH = {"minimum": 1.0, "median": 1.65, "maximum": 2.9}
CONDITIONS = (
    "Mint (M)",
    "Near Mint (NM or M-)",
    "Very Good Plus (VG+)",
    "Very Good (VG)",
    "Good Plus (G+)",
    "Good (G)",
    "Fair (F)",
    "Poor (P)",
)
CHOICES = {1: list(CONDITIONS), 2: ["Generic", "No Cover", *CONDITIONS]}
NOTE_LINES = 3
LARGEST = 600


def app(
    shelf: Shelf,
    faults: Faults | None = None,
    *,
    token: str = TOKEN,
    rate_limit: int | None = None,
    pictures: bool = False,
) -> Starlette:
    """A Discogs that knows one collector and takes that collector's token.

    `rate_limit` is in requests a minute for the signed in; others get five in twelve of it. With
    `pictures` the addresses of a release's pictures lead here instead of to Discogs' own host.
    """
    site = _Site(shelf, pictures=pictures)
    user = "/users/{user}"
    routes = [
        Route("/oauth/identity", site.identity),
        Route(user, site.profile),
        Route(f"{user}/collection/folders", site.folders),
        Route(f"{user}/collection/folders/{{folder:int}}/releases", site.copies),
        Route(f"{user}/collection/releases/{{release:int}}", site.instances),
        Route(
            f"{user}/collection/folders/{{folder:int}}/releases/{{release:int}}",
            site.add,
            methods=["POST"],
        ),
        Route("/database/search", site.search),
        Route(f"{user}/collection/fields", site.fields),
        Route(f"{user}/collection/value", site.value),
        Route(f"{user}/wants", site.wants),
        Route("/releases/{release:int}", site.release),
        Route("/x/rs:fit/{how:path}/h:{side:int}/w:{_:int}/R-{release:int}-1.jpeg", site.picture),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Faulty, faults=faults or Faults()),
            Middleware(Door, token=token, rate_limit=rate_limit),
        ],
        exception_handlers={HTTPException: refusal},
    )


class _Site:
    """The endpoints over one shelf."""

    def __init__(self, shelf: Shelf, *, pictures: bool) -> None:
        self.shelf = shelf
        self.pictures = pictures
        self.person = shelf.person
        self.home = f"{API}/users/{shelf.person.discogs}"

    async def identity(self, request: Request) -> Response:
        """Whose token this is."""
        need_owner(request)
        return answer(
            {
                "id": self.person.discogs_id,
                "username": self.person.discogs,
                "resource_url": self.home,
                "consumer_name": "Personal access token",
            }
        )

    async def profile(self, request: Request) -> Response:
        """The collector and the sizes of the shelf."""
        self._same_user(request)
        person = self.person
        return answer(
            {
                "id": person.discogs_id,
                "resource_url": self.home,
                "uri": f"https://www.discogs.com/user/{person.discogs}",
                "username": person.discogs,
                "name": person.real_name,
                "home_page": "",
                "location": person.country,
                "profile": "",
                "registered": person.registered_at.isoformat(timespec="seconds"),
                "num_lists": 0,
                "num_collection": len(self.shelf.copies()),
                "num_wantlist": len(self.shelf.wants()),
                "curr_abbr": CURRENCY,
                "wantlist_url": f"{self.home}/wants",
                "collection_folders_url": f"{self.home}/collection/folders",
                "collection_fields_url": f"{self.home}/collection/fields",
            }
        )

    async def folders(self, request: Request) -> Response:
        """The folders and their sizes; only folder 0, which is all, for others than the owner."""
        self._visible(request)
        names = {0: "All"} | (FOLDERS if request.state.owner else {})
        rows = [
            {
                "id": folder,
                "name": name,
                "count": len(self.shelf.copies(folder)),
                "resource_url": f"{self.home}/collection/folders/{folder}",
            }
            for folder, name in names.items()
        ]
        return answer({"folders": rows})

    async def copies(self, request: Request) -> Response:
        """A page of the copies in a folder, in the order asked for, newest first if in none."""
        self._visible(request)
        folder = request.path_params["folder"]
        if folder != 0:
            need_owner(request)
        if folder not in {0, *FOLDERS}:
            raise HTTPException(404, NOT_FOUND)
        known = _sorted(self.shelf.copies(folder), request)
        owner = request.state.owner
        return paged(request, "releases", known, lambda copy: copy_row(copy, owner=owner))

    async def instances(self, request: Request) -> Response:
        """A page of the copies of one release."""
        self._visible(request)
        number, owner = request.path_params["release"], request.state.owner
        found = [copy for copy in self.shelf.copies() if copy.sleeve.release_id == number]
        return paged(request, "releases", found, lambda copy: copy_row(copy, owner=owner))

    async def add(self, request: Request) -> Response:
        """Add a copy of a release; asked twice, there are two."""
        self._same_user(request)
        need_owner(request)
        sleeve = self.shelf.sleeve(request.path_params["release"])
        if sleeve is None:
            raise HTTPException(404, "Release not found.")
        copy = self.shelf.buy(sleeve, request.path_params["folder"])
        there = f"{self.home}/collection/folders/{copy.folder_id}/releases/{sleeve.release_id}"
        return answer({"instance_id": copy.instance_id, "resource_url": there}, 201)

    async def search(self, request: Request) -> Response:
        """Releases whose artist and title hold all the words asked for, of one year if any."""
        need_owner(request)
        params = request.query_params
        words = [word for word in params.get("q", "").casefold().split() if word != "-"]
        year = params.get("year")
        found = [
            sleeve
            for sleeve in self.shelf.sleeves()
            if all(word in f"{credit(sleeve)} {sleeve.title}".casefold() for word in words)
            and year in (None, str(sleeve.year))
        ]
        return paged(request, "results", found, search_row)

    async def fields(self, request: Request) -> Response:
        """What can be noted with a copy."""
        self._visible(request)
        return answer({"fields": [_field(number, name) for number, name in FIELDS.items()]})

    async def value(self, request: Request) -> Response:
        """What the collection is worth, as text with a currency sign."""
        self._same_user(request)
        need_owner(request)
        lowest = sum(price(copy.sleeve, CURRENCY) or 0 for copy in self.shelf.copies())
        return answer({name: f"€{lowest * factor:,.2f}" for name, factor in WORTH.items()})

    async def wants(self, request: Request) -> Response:
        """A page of the wants, newest first."""
        self._visible(request)
        user, owner = self.person.discogs, request.state.owner

        def row(want: Want) -> dict[str, Any]:
            return want_row(want, user, owner=owner)

        return paged(request, "wants", self.shelf.wants(), row)

    async def release(self, request: Request) -> Response:
        """One release, with its lowest price in dollars or in the currency asked for."""
        sleeve = self.shelf.sleeve(request.path_params["release"])
        if sleeve is None:
            raise HTTPException(404, "Release not found.")
        currency = request.query_params.get("curr_abbr", "USD").upper()
        if currency not in RATES:
            raise HTTPException(422, f"{currency} is not a currency we trade in.")
        full = answer(release(sleeve, currency=currency, owner=request.state.owner))
        if not self.pictures:
            return full
        moved = bytes(full.body).replace(PICTURES.encode(), here(request, "/x/rs:fit").encode())
        return Response(moved, media_type="application/json")

    def picture(self, request: Request) -> Response:
        """A release's cover, in the size its address asks for."""
        sleeve, side = (
            self.shelf.sleeve(request.path_params["release"]),
            request.path_params["side"],
        )
        if sleeve is None or not 0 < side <= LARGEST:
            raise HTTPException(404, NOT_FOUND)
        names = credit(sleeve), sleeve.title
        return picture(lambda kind: artwork.cover(*names, side, kind), "jpeg")

    def _same_user(self, request: Request) -> None:
        if request.path_params["user"].casefold() != self.person.discogs.casefold():
            raise HTTPException(404, "User does not exist or may have been deleted.")

    def _visible(self, request: Request) -> None:
        self._same_user(request)
        if self.shelf.is_private and not request.state.owner:
            raise HTTPException(403, "This collection is private.")


SORTS: dict[str, Callable[[Copy], Any]] = {
    "added": lambda copy: copy.added_at,
    "artist": lambda copy: credit(copy.sleeve).casefold(),
    "title": lambda copy: copy.sleeve.title.casefold(),
    "label": lambda copy: [label.name.casefold() for label in copy.sleeve.labels],
    "catno": lambda copy: [label.catno.casefold() for label in copy.sleeve.labels],
    "format": lambda copy: [medium.name for medium in copy.sleeve.formats],
    "rating": lambda copy: copy.rating,
    "year": lambda copy: copy.sleeve.year,
}


def _sorted(copies: list[Copy], request: Request) -> list[Copy]:
    params = request.query_params
    sort, order = params.get("sort", "added"), params.get("sort_order", "desc")
    if sort not in SORTS or order not in ("asc", "desc"):
        raise HTTPException(422, f"Cannot sort by {sort} {order}.")
    key = SORTS[sort]
    return sorted(copies, key=lambda copy: (key(copy), copy.instance_id), reverse=order == "desc")


def _field(number: int, name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": number, "name": name, "position": number, "public": True}
    if number in CHOICES:
        return row | {"type": "dropdown", "options": CHOICES[number]}
    return row | {"type": "textarea", "lines": NOTE_LINES}
