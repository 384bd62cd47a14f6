"""CORS: which origins may read, and what a browser is told."""

import pytest

from rewind_gql.errors import BadSettings
from rewind_gql.server.cors import Origins
from tests.serving import Api, desk_of, serving


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://site.example", "https://site.example"),
        ("https://site.example/", "https://site.example"),
        ("HTTPS://Site.Example", "https://site.example"),
        ("https://site.example:443", "https://site.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("localhost:3000", "https://localhost:3000"),
        ("site.example", "http://site.example"),
        ("site.example", "https://site.example"),
        ("*.site.example", "https://a.b.site.example"),
        ("https://*.site.example", "https://www.site.example"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("null", "null"),
        ("*", "https://anything.example:8443"),
    ],
)
def test_an_entry_allows_its_origin(entry: str, origin: str) -> None:
    assert Origins(["https://other.example", entry]).allow(origin)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://site.example", "http://site.example"),
        ("https://site.example", "https://site.example:8443"),
        ("https://site.example", "https://site.example.evil.test"),
        ("https://site.example", "https://evilsite.example"),
        ("*.site.example", "https://site.example"),
        ("*.site.example", "https://evilsite.example"),
        ("http://localhost:3000", "http://localhost:3001"),
        ("http://localhost:3000", "http://localhost"),
        ("site.example", "ftp://site.example"),
        ("site.example", "https://site.example/path"),
        ("site.example", "https://user@site.example"),
        ("site.example", "https://site.example:99999"),
        ("site.example", "https://[::1"),
        ("site.example", "null"),
        ("*", "null"),
        ("null", "https://site.example"),
        ("*", ""),
        ("*", "\x00\xff"),
    ],
)
def test_an_entry_allows_no_other_origin(entry: str, origin: str) -> None:
    assert not Origins([entry]).allow(origin)


@pytest.mark.parametrize("entry", ["https://", "ftp://site.example", "site example", "https://a/b"])
def test_an_entry_that_is_no_origin_is_a_wrong_setting(entry: str) -> None:
    with pytest.raises(BadSettings, match="REWIND_ALLOWED_ORIGINS"):
        Origins([entry])


async def test_without_entries_no_origin_may_read(quick_api: Api) -> None:
    answered = await quick_api.ask("/v1/health", headers={"Origin": "https://site.example"})

    assert answered.status_code == 200
    assert "access-control-allow-origin" not in answered.headers
    assert "Origin" in answered.headers["vary"]


async def test_an_allowed_origin_reads_the_answer_and_its_headers(quick_api: Api) -> None:
    settings = quick_api.desk.settings.model_copy(update={"allowed_origins": ("site.example",)})
    headers = {"Origin": "https://site.example"}

    async with serving(desk_of(quick_api.desk.store, settings)) as api:
        refused = await api.ask("/v1/listening/recent", key=None, headers=headers)
        asked = await api.ask("/v1/listening/recent", headers=headers, method="OPTIONS", key=None)

    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://site.example"
    exposed = refused.headers["access-control-expose-headers"]
    assert {"ETag", "X-Request-Id", "X-RateLimit-Remaining"} <= set(exposed.split(", "))
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "https://site.example"
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    assert asked.headers["access-control-max-age"] == "86400"


async def test_a_preflight_of_another_origin_allows_nothing(quick_api: Api) -> None:
    answered = await quick_api.ask(
        "/v1/listening/recent",
        method="OPTIONS",
        key=None,
        headers={"Origin": "null", "Access-Control-Request-Method": "GET"},
    )

    assert answered.status_code == 204
    assert not [name for name in answered.headers if name.startswith("access-control")]
