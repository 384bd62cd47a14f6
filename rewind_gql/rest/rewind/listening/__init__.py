"""Listening over REST: a module of ROUTES for each family of paths."""

from rewind_gql.rest.rewind.listening import (
    admin,
    detail,
    filters,
    genres,
    history,
    library,
    now_playing,
    stats,
    top,
    years,
)

ROUTES = (
    *now_playing.ROUTES,
    *history.ROUTES,
    *top.ROUTES,
    *stats.ROUTES,
    *library.ROUTES,
    *detail.ROUTES,
    *years.ROUTES,
    *genres.ROUTES,
    *filters.ROUTES,
    *admin.ROUTES,
)
