"""Passwords: which may be one, what is kept, and that nobody waits for ever."""

import asyncio

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from rewind_gql.auth import passwords
from rewind_gql.errors import BadInput, TooMany


async def test_the_right_one_matches_and_no_other() -> None:
    kept = await passwords.hashed("correct horse")

    assert await passwords.matches("correct horse", kept)
    assert not await passwords.matches("correct horsf", kept)
    assert not await passwords.matches("", kept)


async def test_what_is_kept_does_not_tell_that_two_are_alike() -> None:
    first, second = [await passwords.hashed("correct horse") for _ in range(2)]

    assert first != second
    assert "horse" not in first
    assert first.startswith("$argon2id$")


async def test_an_accent_is_one_however_it_was_typed() -> None:
    kept = await passwords.hashed("caf\u00e9 au lait")

    assert await passwords.matches("cafe\u0301 au lait", kept)


async def test_nobodys_hash_costs_the_same_and_matches_nothing() -> None:
    kept = await passwords.hashed("correct horse")

    assert not Argon2Hasher().check_needs_rehash(passwords.NOBODYS)
    assert passwords.NOBODYS.split("$")[:4] == kept.split("$")[:4]
    assert len(passwords.NOBODYS) == len(kept)
    assert not await passwords.matches("correct horse", None)


@pytest.mark.parametrize("length", [8, 1024])
async def test_lengths_at_the_edge_are_accepted(length: int) -> None:
    assert await passwords.matches("x" * length, await passwords.hashed("x" * length))


@pytest.mark.parametrize("length", [0, 7, 1025, 100_000])
async def test_too_short_or_too_long_is_refused(length: int) -> None:
    with pytest.raises(BadInput) as refused:
        await passwords.hashed("x" * length)

    assert refused.value.path == "password"


async def test_one_that_is_longer_than_allowed_matches_nothing() -> None:
    kept = await passwords.hashed("x" * 1024)

    assert not await passwords.matches("x" * 1025, kept)


async def test_half_a_sign_is_only_a_wrong_password() -> None:
    kept = await passwords.hashed("correct horse")

    assert not await passwords.matches("correct \ud800", kept)


async def test_one_after_another_has_a_turn() -> None:
    queue = passwords.Queue()
    inside: list[int] = []

    async def visit() -> None:
        async with queue.turn():
            inside.append(1)
            assert len(inside) == 1
            await asyncio.sleep(0)
            inside.pop()

    await asyncio.gather(*(visit() for _ in range(passwords.MAX_WAITING)))


async def test_who_finds_too_many_waiting_is_sent_away_and_leaves_no_trace() -> None:
    queue = passwords.Queue()
    open_ = asyncio.Event()

    async def visit() -> None:
        async with queue.turn():
            await open_.wait()

    waiting = [asyncio.create_task(visit()) for _ in range(passwords.MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await visit()
    open_.set()
    await asyncio.gather(*waiting)

    await visit()


async def test_who_gives_up_waiting_makes_room() -> None:
    queue = passwords.Queue()
    open_ = asyncio.Event()

    async def visit() -> None:
        async with queue.turn():
            await open_.wait()

    waiting = [asyncio.create_task(visit()) for _ in range(passwords.MAX_WAITING)]
    await asyncio.sleep(0)
    waiting[-1].cancel()
    await asyncio.wait({waiting[-1]})
    open_.set()

    await visit()
    await asyncio.gather(*waiting[:-1])
