"""The listening history behind the pretend Last.fm, changed while it is read."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from rewind_gql.clock import seconds
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.demo.upstreams.scrobbles import Scrobbles

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def listen(track: str, at: datetime) -> Listen:
    return Listen(at, "Low", "Hey What", track, "", "", "")


def scrobbles(*listens: Listen) -> Scrobbles:
    return Scrobbles(Life(Person(registered_at=NOON), listens, (), (), None))


def names(known: Scrobbles, number: int = 1, limit: int = 10) -> list[str]:
    return [listen.track for listen in known.page(None, None, number, limit).listens]


def test_pages_run_newest_first() -> None:
    known = scrobbles(*(listen(name, NOON + index * MINUTE) for index, name in enumerate("abcde")))

    assert [names(known, number, 2) for number in (1, 2, 3, 4)] == [
        ["e", "d"],
        ["c", "b"],
        ["a"],
        [],
    ]


def test_a_window_takes_its_opening_second_and_leaves_its_closing_one() -> None:
    known = scrobbles(*(listen(name, NOON + index * MINUTE) for index, name in enumerate("abc")))

    page = known.page(seconds(NOON), seconds(NOON + 2 * MINUTE), 1, 10)

    assert [play.track for play in page.listens] == ["b", "a"]
    assert page.total == 2


def test_a_window_that_ends_before_it_starts_is_empty() -> None:
    known = scrobbles(listen("a", NOON))

    page = known.page(seconds(NOON) + 1, seconds(NOON), 1, 10)

    assert (page.listens, page.total) == ([], 0)


def test_a_late_play_takes_its_place_in_time() -> None:
    known = scrobbles(listen("a", NOON), listen("c", NOON + 2 * MINUTE))

    known.add(listen("b", NOON + MINUTE))

    assert names(known) == ["c", "b", "a"]


def test_two_plays_may_share_a_second() -> None:
    known = scrobbles(listen("a", NOON))

    known.add(listen("b", NOON))

    assert names(known) == ["b", "a"]


def test_remove_takes_that_play_and_no_other_of_its_second() -> None:
    known = scrobbles(listen("a", NOON), listen("b", NOON), listen("b", NOON))

    known.remove(listen("b", NOON))

    assert names(known) == ["b", "a"]


def test_remove_refuses_a_play_that_is_not_there() -> None:
    known = scrobbles(listen("a", NOON))

    with pytest.raises(LookupError):
        known.remove(listen("a", NOON + MINUTE))


def test_threads_may_add_while_pages_are_read() -> None:
    known = scrobbles()

    def add(name: str) -> None:
        for index in range(300):
            known.add(listen(name, NOON + index * MINUTE))

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        times = [play.at for play in known.page(None, None, 1, 2000).listens]
        assert times == sorted(times, reverse=True)

    assert known.page(None, None, 1, 1).total == 1200
