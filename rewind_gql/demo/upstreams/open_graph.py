"""Pretend articles: pages whose heads name their preview picture in all the ways pages do."""

from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pictures import here, picture

__all__ = ["ARTICLES", "app"]

SIDES = (1200, 630)

Head = Callable[[str], str]


def _property(url: str) -> str:
    size = '<meta property="og:image:width" content="1200">'
    return f'<meta property="og:image" content="{escape(url)}">{size}'


def _turned(url: str) -> str:
    return f"<meta content='{escape(url)}' name='og:image' />"


def _entities(url: str) -> str:
    return f'<meta property="og:image" content="{escape(url + "?w=1200&h=630")}">'


def _relative(url: str) -> str:
    return f'<meta property="og:image" content="../pictures/{url.rpartition("/")[2]}">'


def _based(url: str) -> str:
    folder, _, name = url.rpartition("/")
    return f'<base href="{folder}/"><meta property="og:image" content="{name}">'


def _secure(url: str) -> str:
    return f'<meta property="og:image:secure_url" content="{url}">'


def _twitter(url: str) -> str:
    return f'<meta name="twitter:image" content="{url}">'


def _inline(_: str) -> str:
    return '<meta property="og:image" content="data:image/png;base64,iVBORw0KGgo=">'


def _nothing(_: str) -> str:
    return '<meta name="description" content="No picture.">'


# The name of the article, and of its picture: how its page says where that is.
ARTICLES: Mapping[str, tuple[str, Head]] = MappingProxyType(
    {
        "how-tape-hiss-came-back": ("jpg", _property),
        "the-last-ferry-north": ("webp", _turned),
        "a-short-history-of-margins": ("png", _entities),
        "walking-every-street": ("jpg", _relative),
        "why-bread-sings": ("webp", _based),
        "the-quiet-room": ("png", _secure),
        "letters-from-a-lighthouse": ("jpg", _twitter),
        "drawn-into-the-page": ("jpg", _inline),
        "all-words": ("jpg", _nothing),
    }
)


def app(faults: Faults | None = None) -> Starlette:
    """A site with every article under `/articles/`; `/go/` leads there, too."""
    return Starlette(
        routes=[
            Route("/articles/{slug}", _page),
            Route("/go/{slug}", _moved),
            Route("/pictures/{slug}.{suffix}", _picture),
            Route("/papers/{slug}.pdf", _paper),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


def _page(request: Request) -> Response:
    slug = request.path_params["slug"]
    if slug not in ARTICLES:
        return Response("<!doctype html><title>Gone</title>", 404, media_type="text/html")
    suffix, head = ARTICLES[slug]
    meta = head(here(request, f"/pictures/{slug}.{suffix}"))
    title = slug.replace("-", " ").capitalize()
    page = (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title>{meta}</head>"
        f"<body><h1>{title}</h1><meta property='og:image' content='/wrong.jpg'></body></html>"
    )
    return Response(page, media_type="text/html")


def _moved(request: Request) -> Response:
    return RedirectResponse(here(request, f"/articles/{request.path_params['slug']}"), 301)


def _picture(request: Request) -> Response:
    slug = request.path_params["slug"]
    return picture(lambda kind: artwork.poster(slug, *SIDES, kind), request.path_params["suffix"])


def _paper(_: Request) -> Response:
    return Response(b"%PDF-1.7\n", media_type="application/pdf")
