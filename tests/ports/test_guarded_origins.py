"""The origins a guard may find on a private network, and certificates."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rewind_gql import clock
from rewind_gql.ports.guarded import Forbidden, Guard, Unreachable
from tests.ports.network import PUBLIC, Lines, Names, Server, always, sized


@pytest.fixture
async def plex() -> AsyncIterator[Server]:
    async with Server(always(sized(b"poster"))).listening() as made:
        yield made


async def test_an_origin_of_the_owners_own_is_asked(plex: Server) -> None:
    own = f"http://127.0.0.1:{plex.port}"
    guard = Guard(frozenset({own + "/"}))

    found = await guard.get(f"{own}/photo", max_bytes=10, plain=False)

    assert found.body == b"poster"
    await guard.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1/",
        "http://127.0.0.2:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://me@127.0.0.1:{port}/",
        "http://127.0.0.1.covers.example:{port}/",
    ],
)
async def test_an_own_origin_opens_no_other(plex: Server, url: str) -> None:
    guard = Guard(frozenset({f"http://127.0.0.1:{plex.port}"}))

    with pytest.raises(Forbidden):
        await guard.get(url.format(port=plex.port), max_bytes=10)

    assert plex.connections == 0


async def test_a_stranger_leads_to_no_own_origin(plex: Server) -> None:
    own = f"http://127.0.0.1:{plex.port}"
    moved = sized(b"", f"Location: {own}/photo", status="302 Found")
    async with Server(always(moved)).listening() as stranger:
        lines = Lines({PUBLIC: stranger.port})
        guard = Guard(frozenset({own}), resolver=Names(), network=lines)

        with pytest.raises(Forbidden):
            await guard.get("http://covers.example/", max_bytes=10)

        assert (stranger.connections, plex.connections) == (1, 0)


async def test_an_own_origin_leads_to_another_without_what_it_was_told(plex: Server) -> None:
    own = f"http://127.0.0.1:{plex.port}"
    moved = sized(b"", f"Location: {own}/photo", status="302 Found")
    async with Server(always(moved)).listening() as other:
        first = f"http://127.0.0.1:{other.port}"
        guard = Guard(frozenset({own, first}))

        found = await guard.get(first, max_bytes=10, headers={"X-Plex-Token": "secret"})

        assert found.url == f"{own}/photo"
        assert "secret" in other.heads[0]
        assert "secret" not in plex.heads[0]
        await guard.close()


async def test_an_own_name_may_lead_inside(plex: Server) -> None:
    names = Names(known={"nas.home": ["192.168.1.20"]})
    lines = Lines({"192.168.1.20": plex.port})
    guard = Guard(frozenset({"http://nas.home:32400"}), resolver=names, network=lines)

    await guard.get("http://NAS.home.:32400/photo", max_bytes=10)

    assert lines.dialled == [("192.168.1.20", 32400)]
    assert "host: nas.home:32400" in plex.heads[0].lower()
    await guard.close()


@pytest.mark.parametrize("origin", ["192.168.1.20", "ftp://nas", "http://me:word@nas:1"])
def test_an_own_origin_must_be_one(origin: str) -> None:
    with pytest.raises(Forbidden):
        Guard(frozenset({origin}))


def certified(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side for `host` and the side of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    since = clock.now() - timedelta(hours=1)
    alternative = x509.SubjectAlternativeName(
        [x509.DNSName(host), x509.IPAddress(ip_address("10.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = made.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(*kinds, serialization.NoEncryption()) + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_the_name_and_not_the_number_is_what_a_certificate_vouches_for(
    tmp_path: Path,
) -> None:
    ours, theirs = certified(tmp_path, "covers.example")
    named: list[str | None] = []
    ours.sni_callback = lambda _connection, name, _context: named.append(name)
    async with Server(always(sized(b"x")), tls=ours).listening() as server:
        lines = Lines({PUBLIC: server.port})
        guard = Guard(resolver=Names(), network=lines, tls=theirs)

        found = await guard.get("https://covers.example/a", max_bytes=10)

        assert found.url == "https://covers.example/a"
        assert lines.dialled == [(PUBLIC, 443)]
        assert named == ["covers.example"]
        await guard.close()


@pytest.mark.parametrize("host", ["other.example", PUBLIC])
async def test_a_certificate_of_another_name_is_not_taken(tmp_path: Path, host: str) -> None:
    ours, theirs = certified(tmp_path, "covers.example")
    async with Server(always(sized(b"x")), tls=ours).listening() as server:
        guard = Guard(resolver=Names(), network=Lines({PUBLIC: server.port}), tls=theirs)

        with pytest.raises(Unreachable):
            await guard.get(f"https://{host}/", max_bytes=10)

        assert server.heads == []


async def test_a_certificate_nobody_vouches_for_is_not_taken(tmp_path: Path) -> None:
    ours, _ = certified(tmp_path, "covers.example")
    async with Server(always(sized(b"x")), tls=ours).listening() as server:
        guard = Guard(resolver=Names(), network=Lines({PUBLIC: server.port}))

        with pytest.raises(Unreachable):
            await guard.get("https://covers.example/", max_bytes=10)

        assert server.heads == []


async def test_https_does_not_lead_back_to_http(tmp_path: Path) -> None:
    ours, theirs = certified(tmp_path, "covers.example")
    moved = sized(b"", "Location: http://covers.example/a", status="302 Found")
    async with Server(always(moved), tls=ours).listening() as server:
        lines = Lines({PUBLIC: server.port})
        guard = Guard(resolver=Names(), network=lines, tls=theirs)

        with pytest.raises(Forbidden, match="only https"):
            await guard.get("https://covers.example/", max_bytes=10)

        assert lines.dialled == [(PUBLIC, 443)]
        await guard.close()
