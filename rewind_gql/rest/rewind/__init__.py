"""The API documented by Rewind: every route below `/v1`."""

from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.openapi import with_document
from rewind_gql.rest.rewind import backfill, collecting, images, keys, listening, sync, system

ROUTES = with_document(
    REWIND,
    (
        *system.ROUTES,
        *listening.ROUTES,
        *collecting.ROUTES,
        *images.ROUTES,
        *backfill.ROUTES,
        *keys.ROUTES,
        *sync.ROUTES,
    ),
)
