"""The shelf behind the pretend Discogs, changed while it is read."""

import pytest

from rewind_gql.demo.upstreams.shelf import Shelf
from tests.demo.upstreams.shelves import a_life, copy, sleeve, want


def test_holds_two_copies_of_one_release() -> None:
    shelf = Shelf(a_life((copy(1), copy(2, sleeve=sleeve(1)))))

    assert len(shelf.copies()) == 2


def test_a_folder_holds_its_own_copies() -> None:
    shelf = Shelf(a_life((copy(1), copy(2, folder_id=4471234))))

    assert [each.instance_id for each in shelf.copies(4471234)] == [800_002]


def test_copies_come_and_go() -> None:
    shelf = Shelf(a_life((copy(1),)))

    shelf.add(copy(2))
    shelf.remove(800_001)

    assert [each.instance_id for each in shelf.copies()] == [800_002]


def test_adding_a_known_copy_changes_it() -> None:
    shelf = Shelf(a_life((copy(1),)))

    shelf.add(copy(1, folder_id=4471234))

    assert [each.folder_id for each in shelf.copies()] == [4471234]


def test_a_rating_changes_nothing_else() -> None:
    shelf = Shelf(a_life((copy(1),)))

    shelf.rate(800_001, 5)

    assert shelf.copies() == [copy(1, rating=5)]


def test_wants_come_and_go_newest_first() -> None:
    shelf = Shelf(a_life((), (want(1), want(2))))

    shelf.want(want(3))
    shelf.unwant(2)

    assert [each.sleeve.release_id for each in shelf.wants()] == [3, 1]


def test_a_release_stays_known_when_nobody_has_it() -> None:
    shelf = Shelf(a_life((copy(1),)))

    shelf.remove(800_001)

    assert shelf.sleeve(1) == sleeve(1)
    assert shelf.sleeve(2) is None


def test_refuses_to_change_what_is_not_there() -> None:
    shelf = Shelf(a_life())

    for change in (shelf.remove, shelf.unwant, lambda number: shelf.rate(number, 1)):
        with pytest.raises(KeyError):
            change(7)
