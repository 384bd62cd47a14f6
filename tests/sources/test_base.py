"""What every source stands on: parsing with rejects, streams in order, requests with its keys."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.base import Stored
from rewind_gql.errors import SourceChanged, SourceDenied
from rewind_gql.ports.http import IMPATIENT, Client
from rewind_gql.sources.base import (
    RAW_CHARS,
    Batch,
    NothingReadable,
    Position,
    Source,
    Unreadable,
    parse,
    reject,
    stream,
)
from rewind_gql.store.engine import Writing

HOURLY = timedelta(hours=1)


async def _keep(conn: Writing, user_id: int, batch: Any, /, *, source: str) -> Stored:
    return Stored(inserted=len(batch))


class Songs(Source):
    """Two streams of one run and one of another."""

    name = "songs"
    docs = "https://songs.example"
    domain = "listening"
    base_url = "http://127.0.0.1:9"
    base_url_setting = "songs_base_url"
    account_setting = "songs_user"

    def headers(self) -> dict[str, str]:
        return {"X-Token": self.option("songs_token")}

    def params(self) -> dict[str, str]:
        return {"user": self.account}

    @stream(sync_type="full", every=HOURLY, into=_keep, kind="series")
    async def zebra(self, at: Position) -> AsyncIterator[Batch[Any]]:
        yield Batch()

    @stream(sync_type="full", every=HOURLY, into=_keep)
    async def apple(self, at: Position) -> AsyncIterator[Batch[Any]]:
        yield Batch()

    @stream(sync_type="extra", every=timedelta(days=1), into=_keep)
    async def mango(self, at: Position) -> AsyncIterator[Batch[Any]]:
        yield Batch()


async def _ask(*_: Any, **__: Any) -> Any:
    return "answer"


def _parse(raw: Any) -> int | None:
    if raw == "ad":
        return None
    if raw["n"] < 0:
        raise Unreadable("a negative number")
    return int(raw["n"])


def test_streams_come_in_the_order_they_are_written_in() -> None:
    streams = Songs.streams()

    assert [(each.part, each.sync_type, each.kind) for each in streams] == [
        ("zebra", "full", "series"),
        ("apple", "full", "event"),
        ("mango", "extra", "event"),
    ]


def test_what_cannot_be_read_is_rejected_with_its_place_and_the_rest_is_kept() -> None:
    items = [{"n": 1}, {"n": -1}, {"m": 1}, "ad", {"n": "x"}, 7, None]

    records, rejects = parse(items, _parse, place="page 3")

    assert records == [1]
    assert [(each.place, each.reason) for each in rejects] == [
        ("page 3, item 2", "a negative number"),
        ("page 3, item 3", "'n' is missing"),
        ("page 3, item 5", "TypeError: '<' not supported between instances of 'str' and 'int'"),
        ("page 3, item 6", "TypeError: 'int' object is not subscriptable"),
        ("page 3, item 7", "TypeError: 'NoneType' object is not subscriptable"),
    ]


def test_a_page_of_nothing_but_rejects_has_changed() -> None:
    with pytest.raises(NothingReadable, match="None of 3 items") as caught:
        parse([1, 2, 3], _parse)

    assert isinstance(caught.value, SourceChanged)
    assert [each.place for each in caught.value.rejects] == ["item 1", "item 2", "item 3"]


def test_one_unreadable_item_alone_does_not_stop_the_stream() -> None:
    records, rejects = parse([{"n": -1}], _parse)

    assert (records, len(rejects)) == ([], 1)


def test_an_empty_page_and_a_page_of_nothing_we_keep_are_fine() -> None:
    assert parse([], _parse) == ([], [])
    assert parse(["ad", "ad"], _parse) == ([], [])


def test_rejects_hold_no_secret_and_no_more_than_fits() -> None:
    kept = reject({"token": "abcdef", "text": "x" * 9_000}, "api_key=abcdef is odd")

    assert "abcdef" not in kept.raw + kept.reason
    assert len(kept.raw) == RAW_CHARS


def test_the_same_item_has_the_same_fingerprint_wherever_it_stood() -> None:
    one, two = reject({"n": 1}, "odd", place="page 1"), reject({"n": 1}, "odder", place="page 2")

    assert one.fingerprint == two.fingerprint
    assert one.fingerprint != reject({"n": 2}, "odd").fingerprint


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
        max_leaves=8,
    )
)
def test_any_item_can_be_kept(item: Any) -> None:
    kept = reject(item, "odd")

    assert kept.raw.encode().decode() == kept.raw
    assert "\x00" not in kept.raw
    assert len(kept.fingerprint) == 32


async def test_requests_carry_the_sources_headers_and_parameters() -> None:
    async def echo(request: Request) -> Response:
        if request.headers["x-token"] != "t0ken":
            return JSONResponse({"message": "no t0ken"}, 401)
        return JSONResponse(dict(request.query_params))

    with serve(Starlette(routes=[Route("/plays", echo)])) as url:
        client = Client("songs", url, patience=IMPATIENT)
        good = Songs(client, _ask, account="ann", options={"songs_token": "t0ken"})
        bad = Songs(client, _ask, account="ann", options={}, secrets=["t0ken"])

        body = await good.get_json("/plays", page=2, since=None)
        with pytest.raises(SourceDenied) as caught:
            await bad.get_json("/plays")

        await client.close()
    assert body == {"user": "ann", "page": "2"}
    assert caught.value.message == "songs answered 401: no [secret]"


async def test_a_source_asks_for_its_person() -> None:
    client = Client("songs", "http://127.0.0.1:9", patience=IMPATIENT)
    source = Songs(client, _ask, account="ann", options={})

    assert await source.ask(_ask) == "answer"
    await client.close()
