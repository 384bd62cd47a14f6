"""What can happen to a request at a pretend provider, apart from changes to the JSON it answers."""

import zlib
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import orjson

from rewind_gql.demo.upstreams.exchange import Answer, Effect, Exchange

HTML_ERROR = b"<html><head><title>500</title></head><body><h1>Server Error</h1></body></html>"
MEBIBYTE = 1024 * 1024
DRIPS_A_SECOND = 20


def answer(
    status: int, headers: Mapping[str, str] | None = None, body: bytes | object = b""
) -> Effect:
    """Answer with this instead: bytes as they are, anything else as JSON.

    Bytes go out as HTML unless `headers` says what they are.
    """
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    kind = "text/html; charset=utf-8" if isinstance(body, bytes) else "application/json"
    fields = {"content-type": kind} | {k.lower(): v for k, v in (headers or {}).items()}
    pairs = tuple((k.encode(), v.encode("latin-1")) for k, v in fields.items())
    reply = Answer(status, pairs, b"").with_body(raw)

    async def answered(exchange: Exchange) -> None:
        await exchange.reply(reply)

    return answered


def broken(status: int = 500) -> Effect:
    """Answer with an HTML error page, as a provider's proxy does."""
    return answer(status, None, HTML_ERROR)


def too_many(retry_after: int | None = None, body: bytes | object = b"") -> Effect:
    """Answer 429, saying when to come back only if `retry_after` is given."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return answer(429, headers, body)


def stall(seconds: float, *, after: int | None = None) -> Effect:
    """Say nothing for that long, then go on: before the head, or `after` so many bytes of body."""

    async def stalled(exchange: Exchange) -> None:
        if after is None:
            if not await exchange.pause(seconds):
                await exchange.go()
            return
        reply = await exchange.capture()
        await exchange.head(reply)
        await exchange.part(reply.body[:after])
        if not await exchange.pause(seconds):
            await exchange.part(reply.body[after:], more=False)

    return stalled


def truncate(keep: float = 0.5) -> Effect:
    """Promise the whole body, send that share of it, close the connection."""

    async def truncated(exchange: Exchange) -> None:
        reply = await exchange.capture()
        promise = reply.with_body(reply.body)
        await exchange.head(promise)
        await exchange.part(promise.body[: int(len(promise.body) * keep)])
        await exchange.drop()

    return truncated


def reset(*, hard: bool = False) -> Effect:
    """Close the connection without a word; `hard` makes it a TCP reset."""

    async def dropped(exchange: Exchange) -> None:
        await exchange.drop(hard=hard)

    return dropped


def drip(bytes_per_second: float) -> Effect:
    """Send the body, which is the right one, at that pace."""
    size = max(1, int(bytes_per_second / DRIPS_A_SECOND))

    async def dripped(exchange: Exchange) -> None:
        reply = await exchange.capture()
        await exchange.head(reply)
        for start in range(0, len(reply.body), size):
            await exchange.part(reply.body[start : start + size])
            if await exchange.pause(size / bytes_per_second):
                return
        await exchange.part(b"", more=False)

    return dripped


def endless(opening: bytes = b'{"recenttracks":{"track":["') -> Effect:
    """A body that starts like JSON and never ends, for as long as the client reads."""

    async def flooded(exchange: Exchange) -> None:
        await exchange.head(Answer(200, ((b"content-type", b"application/json"),), b""))
        await exchange.part(opening)
        while not await exchange.pause(0.001):
            await exchange.part(b"x" * 65_536)

    return flooded


def bomb(mebibytes: int = 256) -> Effect:
    """A small gzip body that unpacks to that many MiB of blanks."""
    blank = b" " * MEBIBYTE
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # A full flush forgets what came before, so the same packed block can be sent again and again.
    block = packer.compress(blank) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, wbits=-zlib.MAX_WBITS).flush()
    crc = 0
    for _ in range(mebibytes):
        crc = zlib.crc32(blank, crc)
    tail = crc.to_bytes(4, "little") + (mebibytes * MEBIBYTE % 2**32).to_bytes(4, "little")
    body = b"\x1f\x8b\x08" + bytes(6) + b"\xff" + block * mebibytes + end + tail
    return answer(200, {"content-type": "application/json", "content-encoding": "gzip"}, body)


def asking(**params: str) -> Effect:
    """Answer as if these query parameters had been asked for: `page="1"` repeats page one."""

    async def misheard(exchange: Exchange) -> None:
        query = dict(parse_qsl(exchange.scope["query_string"].decode(), keep_blank_values=True))
        scope = {**exchange.scope, "query_string": urlencode(query | params).encode()}
        await Exchange(exchange.app, scope, exchange.receive, exchange.send).go()

    return misheard
