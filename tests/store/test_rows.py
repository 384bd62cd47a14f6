"""Rows become views: fields, views in views, what is not there, and values that have to be read."""

from dataclasses import dataclass, field

import pytest

from rewind_gql.store.rows import builder, written

pytestmark = pytest.mark.either


@dataclass(slots=True, kw_only=True)
class Inner:
    """Something in something else."""

    id: int
    name: str


@dataclass(slots=True, kw_only=True)
class Outer:
    """Something with something in it, or not, and what no column fills."""

    id: int
    inner: Inner | None
    words: list[str] = field(default_factory=list)
    note: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Something that is made in its own way."""

    id: int


@dataclass(slots=True, kw_only=True)
class Checked:
    """Something that sees to itself when it is made."""

    id: int

    def __post_init__(self) -> None:
        self.id += 1


def test_columns_fill_fields_and_the_views_in_them() -> None:
    build = builder(Outer, [("id", None), ("inner__id", None), ("inner__name", None)])

    made = build([(1, 2, "Low"), (3, None, None)])

    assert made == [Outer(id=1, inner=Inner(id=2, name="Low")), Outer(id=3, inner=None)]


def test_what_no_column_fills_is_made_anew_for_each() -> None:
    first, second = builder(Outer, [("id", None), ("inner__id", None), ("inner__name", None)])(
        [(1, None, None), (2, None, None)]
    )

    first.words.append("one")

    assert (second.words, second.note) == ([], "none")


def test_values_are_read_by_a_function_or_by_its_text() -> None:
    @written("{c} * {factor}", factor=10)
    def tenfold(value: int) -> int:
        raise AssertionError("its text is used instead")

    build = builder(None, [("a", str), ("b", tenfold), ("c", None)])

    assert build([(1, 2, 3)]) == [("1", 20, 3)]


@pytest.mark.parametrize(("view", "expected"), [(Frozen, 1), (Checked, 2)])
def test_views_that_are_more_than_their_fields_are_made_by_themselves(
    view: type, expected: int
) -> None:
    [made] = builder(view, [("id", None)])([(1,)])

    assert made.id == expected


def test_a_single_value_goes_to_a_function() -> None:
    assert builder(str, [("a", None)])([(1,), (2,)]) == ["1", "2"]


@pytest.mark.parametrize("columns", [["id"], ["id", "inner__id", "inner__name", "more"]])
def test_columns_too_few_or_too_many_are_refused(columns: list[str]) -> None:
    with pytest.raises(TypeError):
        builder(Outer, [(name, None) for name in columns])
