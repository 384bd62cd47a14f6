"""The guarded fetch, over real sockets, against names and servers that mean no good."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Sequence

import pytest

from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.ports.guarded import (
    USER_AGENT,
    BadAnswer,
    Fetched,
    Forbidden,
    Guard,
    TooLarge,
    Unreachable,
)
from tests.ports.network import OTHER, PUBLIC, Lines, Names, Server, always, said, sized
from tests.ports.test_addresses import CLOSED
from tests.ports.test_places import NO_PLACE, NOT_OPEN

URL = "http://covers.example/a.jpg"
PICTURE = b"\xff\xd8\xff" + bytes(5_000)
SOON_S = 0.3


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Serves a picture to everybody; tests give it other answers."""
    async with Server(always(sized(PICTURE, "Content-Type: image/jpeg"))).listening() as made:
        yield made


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def lines(server: Server) -> Lines:
    """Every address there is leads to the server, which counts who comes."""
    return Lines({}, otherwise=server.port)


@pytest.fixture
async def guard(names: Names, lines: Lines) -> AsyncIterator[Guard]:
    made = Guard(resolver=names, network=lines)
    yield made
    await made.close()


async def refused(guard: Guard, url: str = URL, **given: float) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await fetch(guard, url, **given)
    assert "0.0" not in caught.value.message
    assert "::" not in caught.value.message
    return caught.value


async def fetch(guard: Guard, url: str = URL, **given: float) -> Fetched:
    most = int(given.pop("max_bytes", 100_000))
    return await guard.get(url, max_bytes=most, **given)  # type: ignore[arg-type]  # seconds


async def test_a_picture_of_the_open_internet_is_fetched(guard: Guard, lines: Lines) -> None:
    found = await fetch(guard)

    assert found == Fetched(URL, 200, "image/jpeg", PICTURE)
    assert lines.dialled == [(PUBLIC, 80)]


async def test_the_server_is_asked_by_its_name_and_told_who_asks(
    guard: Guard, server: Server
) -> None:
    await guard.get(URL + "?b=%20c d", max_bytes=9_999, accept="text/html", headers={"X-Key": "k"})

    first, *rest = server.heads[0].strip().lower().split("\r\n")
    assert first == "get /a.jpg?b=%20c%20d http/1.1"
    assert dict(line.split(": ", 1) for line in rest) == {
        "host": "covers.example",
        "user-agent": USER_AGENT.lower(),
        "accept": "text/html",
        "accept-encoding": "gzip",
        "x-key": "k",
    }


@pytest.mark.parametrize("url", [*NO_PLACE, *NOT_OPEN])
async def test_a_forbidden_address_is_not_reached(guard: Guard, server: Server, url: str) -> None:
    wrong = await refused(guard, url)

    assert isinstance(wrong, Forbidden)
    assert wrong.code == "forbidden_address"
    assert server.connections == 0


@pytest.mark.parametrize("address", CLOSED.split())
async def test_a_name_that_leads_inside_is_not_followed(
    guard: Guard, names: Names, server: Server, address: str
) -> None:
    names.answers = [[address]]

    wrong = await refused(guard)

    assert isinstance(wrong, Forbidden)
    assert server.connections == 0


@pytest.mark.parametrize("at", range(3))
async def test_one_address_inside_among_public_ones_closes_the_name(
    guard: Guard, names: Names, server: Server, at: int
) -> None:
    answer = [PUBLIC, OTHER]
    answer.insert(at, "10.0.0.1")
    names.answers = [answer]

    assert isinstance(await refused(guard), Forbidden)
    assert server.connections == 0


async def test_what_was_looked_up_is_what_is_dialled(
    guard: Guard, names: Names, lines: Lines
) -> None:
    names.answers = [[PUBLIC], ["127.0.0.1"]]

    await fetch(guard)

    assert names.asked == ["covers.example"]
    assert lines.dialled == [(PUBLIC, 80)]


async def test_a_name_that_turns_inside_is_not_followed_there(
    guard: Guard, names: Names, server: Server
) -> None:
    names.answers = [[PUBLIC], ["127.0.0.1"]]
    server.answer = always(sized(PICTURE, "Connection: close"))
    await fetch(guard)

    wrong = await refused(guard)

    assert isinstance(wrong, Forbidden)
    assert server.connections == 1


async def test_a_name_that_turns_inside_for_a_redirect_is_not_followed_there(
    guard: Guard, names: Names, server: Server
) -> None:
    names.answers = [[PUBLIC], ["169.254.169.254"]]
    server.answer = always(said("302 Found", "Location: /latest", "Connection: close"))

    wrong = await refused(guard)

    assert isinstance(wrong, Forbidden)
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(guard: Guard, server: Server, status: int) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        if "/a.jpg" in head:
            writer.write(sized(b"", "Location: //b.example/b.jpg#x", status=f"{status} Moved"))
        else:
            writer.write(sized(PICTURE))

    server.answer = answer

    found = await fetch(guard)

    assert (found.url, found.media_type) == ("http://b.example/b.jpg", "")


@pytest.mark.parametrize("target", [*NOT_OPEN, "file:///etc/passwd", "//me@b.example/", "http://["])
async def test_a_redirect_inside_is_not_followed(guard: Guard, server: Server, target: str) -> None:
    server.answer = always(sized(b"", f"Location: {target}", status="302 Found"))

    assert isinstance(await refused(guard), Forbidden)
    assert server.connections == 1


@pytest.mark.parametrize("target", ["/a.jpg", "http://other.example/", "?again"])
async def test_redirects_end_after_three(guard: Guard, server: Server, target: str) -> None:
    server.answer = always(sized(b"", f"Location: {target}", status="302 Found"))

    wrong = await refused(guard)

    assert isinstance(wrong, BadAnswer)
    assert wrong.code == "redirect"
    assert len(server.heads) == 4


async def test_a_redirect_to_nowhere_is_no_answer(guard: Guard, server: Server) -> None:
    server.answer = always(sized(b"", status="302 Found"))

    assert isinstance(await refused(guard), BadAnswer)


async def test_headers_stay_with_the_first_origin(guard: Guard, server: Server) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        targets = {"/a.jpg": "/b", "/b": "http://other.example/c", "/c": "http://covers.example/d"}
        target = targets.get(head.split()[1], "")
        writer.write(
            sized(b"", f"Location: {target}", status="302 Found") if target else sized(b"x")
        )

    server.answer = answer

    await guard.get(URL, max_bytes=10, headers={"X-Plex-Token": "secret", "User-Agent": "mine"})

    assert ["secret" in head for head in server.heads] == [True, True, False, False]
    assert all("user-agent: mine" in head for head in server.heads)


async def test_http_is_refused_on_request(guard: Guard, server: Server) -> None:
    with pytest.raises(Forbidden):
        await guard.get(URL, max_bytes=10, plain=False)

    assert server.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        said("200 OK", body=bytes(2_000)),
        said("200 OK", "Content-Length: 2000", body=bytes(2_000)),
        said("200 OK", "Transfer-Encoding: chunked", body=b"7d0\r\n%b\r\n0\r\n\r\n" % bytes(2_000)),
        said("200 OK", "Content-Length: 99999999999999999999"),
        sized(gzip.compress(bytes(2_000), mtime=0), "Content-Encoding: gzip"),
        sized(zlib.compress(bytes(2_000)), "Content-Encoding: deflate"),
        sized(gzip.compress(bytes(200_000_000), 1, mtime=0), "Content-Encoding: gzip"),
    ],
    ids=["endless", "sized", "chunked", "claimed", "gzip", "deflate", "bomb"],
)
async def test_a_body_that_is_too_large_is_refused(
    guard: Guard, server: Server, answer: bytes
) -> None:
    server.answer = always(answer, hang_up=True)

    wrong = await refused(guard, max_bytes=1_999)

    assert isinstance(wrong, TooLarge)
    assert wrong.code == "too_large"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_a_body_of_just_the_size_is_taken(guard: Guard, server: Server, coding: str) -> None:
    body = gzip.compress(PICTURE) if coding == "gzip" else PICTURE
    server.answer = always(sized(body, f"Content-Encoding: {coding}"))

    found = await fetch(guard, max_bytes=len(PICTURE))

    assert found.body == PICTURE


async def endless(piece: bytes, writer: asyncio.StreamWriter, pause_s: float = 0.0) -> None:
    """Writes until nobody listens any more."""
    while not writer.is_closing():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause_s)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_body_without_end_is_cut_off(guard: Guard, server: Server, coding: str) -> None:
    nothing = zlib.compressobj(wbits=31)
    start = nothing.compress(b"") + nothing.flush(zlib.Z_FULL_FLUSH)

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(said("200 OK", f"Content-Encoding: {coding}", body=start))
        await endless(b"\0\0\0\xff\xff" * 1_000, writer)

    server.answer = answer

    assert isinstance(await refused(guard, total_s=60), TooLarge)


async def test_what_follows_a_packed_body_is_not_waited_for(guard: Guard, server: Server) -> None:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(said("200 OK", "Content-Encoding: gzip", body=gzip.compress(PICTURE)))
        await endless(bytes(1_000), writer)

    server.answer = answer

    found = await fetch(guard, total_s=60)

    assert found.body == PICTURE


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=repr
)
async def test_an_answer_that_drips_is_given_up(guard: Guard, server: Server, start: bytes) -> None:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await endless(b"a" if start else b"", writer, pause_s=0.05)

    server.answer = answer

    wrong = await refused(guard, total_s=SOON_S)

    assert isinstance(wrong, Unreachable)
    assert (wrong.kind, wrong.code) == ("network", "timeout")


async def test_headers_without_end_are_given_up(guard: Guard, server: Server) -> None:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await endless(b"X-More: " + b"x" * 1_000 + b"\r\n", writer)

    server.answer = answer

    assert isinstance(await refused(guard, total_s=60), Unreachable)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        said("200 OK", "Content-Encoding: gzip", body=gzip.compress(PICTURE, mtime=0)[:-9]),
        said("200 OK", "Content-Encoding: gzip"),
    ],
)
async def test_an_answer_that_breaks_off_is_asked_for_again_later(
    guard: Guard, server: Server, answer: bytes
) -> None:
    server.answer = always(answer, hang_up=True)

    wrong = await refused(guard)

    assert isinstance(wrong, Unreachable)
    assert isinstance(wrong, SourceBusy)
    assert wrong.kind == "network"


@pytest.mark.parametrize(
    "answer",
    [
        sized(PICTURE, "Content-Encoding: br"),
        sized(PICTURE, "Content-Encoding: gzip, gzip"),
        sized(PICTURE, "Content-Encoding: gzip"),
        sized(b"", status="404 Not Found"),
        sized(b"", status="410 Gone"),
        sized(b"", status="403 Forbidden"),
        sized(b"", status="304 Not Modified"),
    ],
)
async def test_an_answer_of_no_use_is_not_asked_for_again(
    guard: Guard, server: Server, answer: bytes
) -> None:
    server.answer = always(answer, hang_up=True)

    wrong = await refused(guard)

    assert isinstance(wrong, BadAnswer)
    assert isinstance(wrong, SourceChanged)


@pytest.mark.parametrize(
    ("status", "said", "pause"),
    [("429 Slow", "7", 7), ("503 Away", "9" * 400, 86_400), ("500 No", "x", None)],
)
async def test_a_server_in_trouble_says_when_to_come_back(
    guard: Guard, server: Server, status: str, said: str, pause: float | None
) -> None:
    server.answer = always(sized(b"", f"Retry-After: {said}", status=status))

    wrong = await refused(guard)

    assert isinstance(wrong, Unreachable)
    assert (wrong.retry_after, wrong.code) == (pause, status[:3])


@pytest.mark.parametrize("claimed", ["text/html; charset=utf-8", "IMAGE/SVG+XML", "\xff", ""])
async def test_the_type_is_what_is_claimed_and_no_more(
    guard: Guard, server: Server, claimed: str
) -> None:
    head = f"Content-Type: {claimed}".encode("latin-1")
    server.answer = always(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + head + b"\r\n\r\nx")

    found = await fetch(guard)

    assert found.media_type == claimed.partition(";")[0].lower()


@pytest.mark.parametrize("failure", [OSError("10.0.0.53 says no"), UnicodeError("label")])
async def test_an_unknown_name_is_unreachable(lines: Lines, failure: Exception) -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise failure

    guard = Guard(resolver=unknown, network=lines)

    assert isinstance(await refused(guard), Unreachable)
    assert lines.dialled == []


async def test_a_name_server_that_stalls_is_given_up(lines: Lines) -> None:
    async def stalled(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return [PUBLIC]

    guard = Guard(resolver=stalled, network=lines)

    assert isinstance(await refused(guard, connect_s=SOON_S), Unreachable)


async def test_a_name_without_an_address_is_unreachable(guard: Guard, names: Names) -> None:
    names.answers = [[]]

    assert isinstance(await refused(guard), Unreachable)


async def test_the_next_address_is_tried_when_one_does_not_answer(
    names: Names, server: Server
) -> None:
    names.answers = [[OTHER, "2606:4700::1", "2606:4700::2", PUBLIC]]
    lines = Lines({PUBLIC: server.port})
    guard = Guard(resolver=names, network=lines)

    found = await fetch(guard)

    assert found.body == PICTURE
    assert [host for host, _ in lines.dialled] == [OTHER, PUBLIC]
    await guard.close()


async def test_an_address_nobody_answers_at_is_unreachable(names: Names) -> None:
    guard = Guard(resolver=names, network=Lines({}))

    assert isinstance(await refused(guard), Unreachable)


async def test_a_number_is_not_looked_up(guard: Guard, names: Names, lines: Lines) -> None:
    await fetch(guard, f"http://{PUBLIC}/")
    await fetch(guard, f"http://[{OTHER}]/")

    assert names.asked == []
    assert lines.dialled == [(PUBLIC, 80), (OTHER, 80)]
