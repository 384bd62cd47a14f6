"""Which addresses are everybody's."""

import asyncio
import socket

import pytest

from rewind_gql.ports.addresses import is_public, resolve

PUBLIC = """
    1.1.1.1 8.8.8.8 93.184.215.14 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.1.1
    172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
    223.255.255.255 11.0.0.0 9.255.255.255 168.63.129.15
    2606:4700:4700::1111 2a00:1450:4001:830::200e 2001:4860:4860::8888 2620:0:ccc::2
    64:ff9b::808:808 ::ffff:8.8.8.8 2a00:1450::5efe:808:808
"""

CLOSED = """
    0.0.0.0 0.1.2.3 0.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.0 100.64.0.1
    100.100.100.200 100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.53 127.1.2.3 127.255.255.255
    168.63.129.16 169.254.0.1 169.254.169.253 169.254.169.254 169.254.170.2 169.254.255.255
    172.16.0.0 172.16.0.1 172.17.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.0.192
    192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.0 192.168.1.20 192.168.255.255
    192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 224.0.0.251
    233.252.0.1 239.255.255.250 240.0.0.1 250.1.2.3 255.255.255.254 255.255.255.255
    :: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::a00:1 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:127.0.0.1
    ::ffff:7f00:1 ::ffff:a9fe:a9fe ::ffff:169.254.169.254 ::ffff:172.16.0.1 ::ffff:192.168.1.1
    ::ffff:100.64.0.1 ::ffff:224.0.0.1 0:0:0:0:0:ffff:127.0.0.1 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8
    64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::c0a8:114 64:ff9b:1::808:808
    64:ff9b:1:fffe::1 64:ff9b:0:1::1 100::1 100:0:0:1::1 2001::1 2001:0:7f00:1::
    2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
    2001:db8:ffff::1 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::
    2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1 e000::1
    fc00::1 fd00:ec2::254 fd20:ce::254 fd12:3456:789a:1::1 fe80::1 fe80::a9fe:a9fe fe80::1%eth0
    fe80::1%25eth0 2606:4700:4700::1111%eth0 febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff02::fb
    ff05::2 ff0e::1 2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:a00:1 2a00:1450::5efe:a9fe:a9fe
"""

NO_ADDRESS = (
    "", " ", "localhost", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "2130706433",
    "127.0.0.01", "010.0.0.1", "1.1.1.1.", "1.1.1.1 ", "1.1.1", "1.1.1.256", "1.1.1.1/32", "[::1]",
    "::1::", ":::", "１.1.1.1", "①.1.1.1", "8.8.8.8\n", "8.8.8.8:80", "1,1,1,1", "-1",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", CLOSED.split())
def test_an_address_that_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_plain_address_is_not_public(text: str) -> None:
    assert not is_public(text)


async def test_a_name_is_looked_up_once_for_each_of_its_addresses() -> None:
    found = await resolve("localhost", 80)

    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0


async def test_lookups_that_stall_hold_up_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    stalled = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stall(*_: object, **__: object) -> list[object]:
        future = asyncio.run_coroutine_threadsafe(stalled.wait(), loop)
        future.result()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", stall)
    lookups = [asyncio.create_task(resolve(f"{n}.example", 80)) for n in range(40)]
    await asyncio.sleep(0)

    done = await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 60)

    stalled.set()
    assert await asyncio.gather(*lookups) == [[]] * 40
    assert done == "done"
