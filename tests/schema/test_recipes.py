"""The queries of docs/recipes.md, each of which answers whoever pastes it."""

import re
from pathlib import Path

import pytest

from rewind_gql.server.pages.starters import STARTERS
from tests.schema.conftest import Asking

PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"
TEXT = PAGE.read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (.+?)\n.*?```graphql\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))


@pytest.mark.either
@pytest.mark.parametrize("name", RECIPES)
async def test_a_recipe_is_answered(ask: Asking, name: str) -> None:
    data = await ask.data(RECIPES[name])

    assert all(data.values())


@pytest.mark.either
@pytest.mark.parametrize("text", [each for each in STARTERS if "\nquery " in each])
async def test_what_the_explorer_opens_with_is_answered(ask: Asking, text: str) -> None:
    data = await ask.data(text)

    assert all(data.values())


def test_every_recipe_is_found() -> None:
    assert len(RECIPES) == TEXT.count("```graphql") >= 7
