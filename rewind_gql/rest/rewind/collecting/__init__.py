"""Collecting over REST: a module of ROUTES for each family of paths."""

from rewind_gql.rest.rewind.collecting import (
    crossed,
    films,
    records,
    totals,
    wants,
    writes,
)

ROUTES = (
    *records.ROUTES,
    *totals.ROUTES,
    *wants.ROUTES,
    *crossed.ROUTES,
    *films.ROUTES,
    *writes.ROUTES,
)
