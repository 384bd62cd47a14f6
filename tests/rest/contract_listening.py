"""What clients of listening were promised, path by path: each field's kinds, `?` for null too."""

from typing import Any

from tests.rest.contract_collecting import DAY, IMAGE, PAGES

_IMAGE = {"image": ("null", IMAGE | {"cdn_url": "string"})}
_LINK = {"apple_music_url": "string?"}
_SAMPLE = {"preview_url": "string?"}
_NAMED = {"id": "number", "name": "string"}
_SPARK = {"granularity": "day|week|month|year", "points": ["number"]}
_SPARKED = {"sparkline~": _SPARK}
_PLAY = {
    "track": {**_NAMED, "url": "string?", **_LINK, **_SAMPLE},
    "artist": _NAMED,
    "album": {"id": "number?", "name": "string?", **_IMAGE},
    "scrobbled_at": "string",
}
_PLACE = {
    "rank": "number",
    **_NAMED,
    "detail": "string",
    "playcount": "number",
    **_IMAGE,
    "url": "string",
    **_LINK,
    **_SAMPLE,
    **_SPARKED,
}
_TOP = {"period": "string", "data": [_PLACE], "pagination": PAGES}
_COUNTS = {
    "total_scrobbles": "number",
    "unique_artists": "number",
    "unique_albums": "number",
    "unique_tracks": "number",
}
_ROW = {**_NAMED, "playcount": "number?", "url": "string", **_LINK, **_IMAGE}
_GENRES = [{"period": "string", "genres": {"*": "number"}, "total": "number"}]
_HEARD = {**_NAMED, "scrobbles": "number", **_LINK, **_SPARKED}
_PART = {**_NAMED, **_LINK}
_ARTIST = {
    **_NAMED,
    "mbid": "string?",
    "url": "string?",
    **_LINK,
    "playcount": "number",
    "scrobble_count": "number",
    "first_scrobbled_at": "string?",
    "last_played_at": "string?",
    "all_time_rank": "number?",
    "distinct_tracks": "number",
    "distinct_albums": "number",
    "genre": "string?",
    "tags": ("null", [{"name": "string", "count": "number"}]),
    "bio_summary": "string?",
    "bio_content": "string?",
    "bio_synced_at": "string?",
    **_IMAGE,
    "sparkline": (
        "null",
        {**_SPARK, "points": [{"at": "string", "count": "number"}]},
    ),
    "top_albums": [{**_PART, "playcount": "number", **_IMAGE}],
    "top_tracks": [
        {**_PART, **_SAMPLE, **_IMAGE, "album_id": "number?", "album_name": "string?"}
        | {"scrobble_count": "number"}
    ],
    "similar_artists": [
        {**_NAMED, "genre": "string?", "your_scrobble_count": "number"}
        | {"similarity_score": "number", **_IMAGE}
    ],
}
_ALBUM = {
    **_NAMED,
    "mbid": "string?",
    "url": "string?",
    **_LINK,
    "playcount": "number",
    **_IMAGE,
    "artist": _NAMED,
    "tracks": [{**_PART, **_SAMPLE, "scrobble_count": "number"}],
}
_REVIEW = {
    "year": "number",
    "month~": "number",
    **_COUNTS,
    "top_artists": [{**_HEARD, **_IMAGE}],
    "top_albums": [{**_HEARD, **_IMAGE, "artist": "string"}],
    "top_tracks": [{**_HEARD, **_SAMPLE, "artist": "string"}],
    "monthly": [
        {"month": "string", "scrobbles": "number", "unique_artists": "number"}
        | {"unique_albums": "number"}
    ],
}
_STREAK = {"days": "number", "start_date": "string?", "total_scrobbles": "number"}
_FILTER = {
    "id": "number",
    "filter_type": "string",
    "pattern": "string",
    "scope": "string?",
    "reason": "string?",
    "created_at": "string",
}
PROMISED: dict[str, Any] = {
    "now-playing": {
        "is_playing": "boolean",
        "track": (
            "null",
            {
                "id": "number?",
                "name": "string",
                "artist": {"id": "number?", "name": "string", **_LINK},
                "album": {"id": "number?", "name": "string?", **_IMAGE},
                "url": "string?",
                **_LINK,
                **_SAMPLE,
            },
        ),
        "scrobbled_at": "string?",
    },
    "recent": {"data": [_PLAY]},
    "recent/albums": {
        "data": [
            {
                "album": {**_NAMED, "url": "string?", **_LINK, **_IMAGE},
                "artist": _NAMED,
                "last_scrobbled_at": "string",
            }
        ]
    },
    "top/artists": _TOP,
    "top/albums": _TOP,
    "top/tracks": {
        **_TOP,
        "artist_id": "number?",
        "data": [
            _PLACE
            | {"album_id": "number?", "album_name": "string?", "album_apple_music_url": "string?"}
            | {"album_released_year": "number?", "album_total_tracks": "number?"}
        ],
    },
    "stats": {
        **_COUNTS,
        "registered_date": "string?",
        "years_tracking": "number",
        "scrobbles_per_day": "number",
    },
    "history": {"data": [_PLAY], "pagination": PAGES},
    "artists": {"data": [_ROW | {"genre": "string?"}], "pagination": PAGES},
    "albums": {"data": [_ROW | {"artist": _NAMED}], "pagination": PAGES},
    "artists/{artist}": _ARTIST,
    "albums/{album}": _ALBUM,
    "calendar": {"year": "number", "days": [DAY], "total": "number", "max_day": DAY},
    "trends": {"metric": "string", "data": [{"period": "string", "value": "number"}]},
    "streaks": {"current": _STREAK, "longest": _STREAK | {"end_date": "string?"}},
    "years": {"data": [{"year": "number", **_COUNTS, "top_artist~": ("null", _NAMED)}]},
    "year/{year}": _REVIEW,
    "genres": {"data": _GENRES, "compare~": _GENRES},
    "admin/filters": {"data": [_FILTER]},
}
"""The bodies below `/v1/listening/`; what they have beyond these fields is an addition of ours."""

_COUNTED = {"succeeded": "number", "skipped": "number", "failed": "number"}
_SYNCED = {"status": "completed", "items_synced": "number", "timestamp": "string"}
_ENRICHED = {"success": "boolean", "results": {"total": "number", **_COUNTED}}
WRITTEN: dict[str, Any] = {
    "createListeningFilter": _FILTER,
    "deleteListeningFilter": {"success": "boolean", "deleted_id": "number"},
    "backfillListeningImages": {"success": "boolean", "results": {"*": "any"}},
    "enrichListeningAppleMusic": _ENRICHED,
    "enrichListeningArtists": _ENRICHED,
    "refreshListeningArtistImages": {
        "success": "boolean",
        "results": {"domain": "string", "entityType": "string", "queued": "number", **_COUNTED},
    },
    "adminSyncListening": _SYNCED,
    "adminSyncAppleMusicAlbums": {**_SYNCED, "skipped": "number"},
}
"""What is answered where something was done, by the operation's name."""
