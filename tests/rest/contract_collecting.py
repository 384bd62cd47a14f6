"""What clients of collecting were promised, path by path: each field's kinds, `?` for null too."""

from typing import Any

IMAGE = {"url": "string", "thumbhash": "string?", "dominant_color": "string?"} | {
    "accent_color": "string?"
}
PAGES = {"page": "number", "limit": "number", "total": "number", "total_pages": "number"}
NAMED = [{"name": "string", "count": "number"}]

_HEAD = {"id": "number", "discogs_id": "number", "title": "string", "artists": ["string"]}
_TAIL = {"date_added": "string?", "rating": "number?", "discogs_url": "string?"}
_LISTS = {"genres": ["string"], "styles": ["string"], "image": ("null", IMAGE)}
COPY = {
    **_HEAD,
    "year": "number?",
    "format": "string",
    "format_detail": "string",
    "label": "string",
    **_LISTS,
    **_TAIL,
}
RECORD = {
    **COPY,
    "tracklist": ["any"],
    "country": "string?",
    "community_have": "number?",
    "community_want": "number?",
    "lowest_price": "number?",
    "num_for_sale": "number?",
}
WANT = {
    **_HEAD,
    "year": "number?",
    "formats": ["string"],
    "genres": ["string"],
    "image": "null",
    "notes": "string?",
    **_TAIL,
}
STATS = {
    "total_items": "number",
    "by_format": "any",
    "wantlist_count": "number?",
    "unique_artists": "number?",
    "estimated_value": "number?",
    "top_genre": "string?",
    "oldest_release_year": "number?",
    "newest_release_year": "number?",
    "most_collected_artist": "any",
    "added_this_year": "number?",
}
DAY = {"date": "string", "count": "number"}
_FILM_HEAD = {"id": "number", "title": "string", "year": "number?", "tmdb_id": "number?"}
NEW_FILM = {
    **_FILM_HEAD,
    "image": ("null", IMAGE),
    "tmdb_rating": "number?",
    "media_type": "string",
    "resolution": "string?",
    "hdr": "string?",
    "audio": "string?",
    "audio_channels": "string?",
    "collected_at": "string?",
}
FILM = {**NEW_FILM, "imdb_id": "string?", "runtime": "number?"}
WATCH = {"watched_at": "string?", "source": "string?", "user_rating": "number?"}
MEDIA_STATS = {
    "total_items": "number",
    "by_format": "any",
    "by_resolution": "any",
    "by_hdr": "any",
    "by_genre": "any",
    "by_decade": "any",
    "added_this_year": "number?",
}
PROMISED: dict[str, Any] = {
    "vinyl": {"data": [COPY], "pagination": PAGES},
    "recent": {"data": [COPY]},
    "vinyl/{item}": RECORD,
    "stats": STATS,
    "wantlist": {"data": [WANT], "pagination": PAGES},
    "formats": {"data": NAMED},
    "genres": {"data": NAMED},
    "artists": {
        "data": [
            {"name": "string", "discogs_id": "number", "image_url": "string?"}
            | {"release_count": "number"}
        ]
    },
    "cross-reference": {
        "data": [
            {
                "collection": {**_HEAD, "year": "number?", "format": "string", **_LISTS, **_TAIL},
                "listening": {
                    "album_name": "string?",
                    "artist_name": "string?",
                    "play_count": "number?",
                    "last_played": "string?",
                    "match_type": "string?",
                    "match_confidence": "number?",
                },
            }
        ],
        "summary": {
            "total_matches": "number",
            "listen_rate": "number",
            "unlistened_count": "number",
        },
        "pagination": PAGES,
    },
    "calendar": {"year": "number", "days": [DAY], "total": "number", "max_day": DAY},
    "media": {"data": [FILM], "pagination": PAGES},
    "media/recent": {"data": [NEW_FILM]},
    "media/stats": MEDIA_STATS,
    "media/formats": {"data": NAMED},
    "media/cross-reference": {
        "data": [
            {
                "collection": {
                    **_FILM_HEAD,
                    "image": "null",
                    "media_type": "string",
                    "resolution": "string?",
                    "collected_at": "string?",
                },
                "watching": {
                    "watched": "boolean",
                    "watch_count": "number",
                    "last_watched": "string?",
                },
            }
        ],
        "summary": {
            "total_owned": "number",
            "total_watched": "number",
            "total_unwatched": "number",
            "watch_rate": "number",
        },
        "pagination": PAGES,
    },
    "media/{media}": {
        **FILM,
        "tagline": "string?",
        "summary": "string?",
        "content_rating": "string?",
        "watch_history": [WATCH],
    },
}
"""The bodies below `/v1/collecting/`; what they have beyond these fields is an addition of ours."""

_SEARCHED = {"success": "boolean", "results": "any"}
_SYNCED = {"status": "string"}
WRITTEN: dict[str, Any] = {
    "adminAddCollectingVinyl": {
        "status": "string",
        "release": {
            "title": "string",
            "artist": "string",
            "year": "number?",
            "discogs_id": "number",
            "format": "string",
        },
        "discogs": {"instance_id": "number"},
        "image_processed": "boolean",
    },
    "adminAddCollectingMedia": {
        "status": "string",
        "movie": {"title": "string", "year": "number?", "tmdb_id": "number"},
        "media_type": "string",
        "trakt": {"added": "number", "existing": "number"},
        "image_processed": "boolean",
    },
    "adminRemoveCollectingMedia": {"status": "string", "message": "string"},
    "adminCollectingBackfillImages": _SEARCHED,
    "adminCollectingMediaBackfillImages": _SEARCHED,
    "adminSyncDiscogsCollection": _SYNCED,
    "adminSyncTraktCollection": _SYNCED,
}
"""What is answered where something was done, by the operation's name."""
