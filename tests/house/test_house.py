"""What no linter sees: sizes, imports, docstrings, and what every source must bring along."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewind_gql.sources import SOURCES

ROOT = Path(__file__).parents[2]
ROOMS = ("rewind_gql", "schema", "workers", "benchmarks")
MODULES = sorted(
    path
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if "versions" not in path.parts and path.read_text(encoding="utf-8")
)
MOST_LINES_OF_A_MODULE = 500
MOST_LINES_OF_A_FUNCTION = 50

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Every function of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_the_house(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    long = [f.name for f in functions(path) if f.end_lineno and f.end_lineno - f.lineno >= 50]
    inner = [
        f.name
        for f in functions(path)
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(f))
    ]

    assert text.count("\n") <= MOST_LINES_OF_A_MODULE
    assert ast.get_docstring(ast.parse(text))
    assert long == []
    assert inner == []
    assert "from __future__" not in text
    assert "TYPE_CHECKING" not in text
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_brings_its_card_and_its_upstream(name: str) -> None:
    card = SOURCES[name]

    assert card.name == name
    assert card.docs.startswith("https://")
    assert card.needs
    assert card.streams()
    assert card.__doc__
    assert importlib.import_module(f"rewind_gql.demo.upstreams.{name}").app


def test_only_two_modules_may_read_the_clock_or_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"datetime\.now\(|os\.environ|os\.getenv", path.read_text(encoding="utf-8"))
    }

    assert readers == {"rewind_gql/clock.py", "rewind_gql/settings.py"}


def test_only_one_module_imports_the_http_client() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"^(import|from) httpx", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert importers == {"rewind_gql/ports/http.py"}


def test_no_committed_lock_names_a_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "explorer/package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")

        assert "resolved" not in text
        assert "index-url" not in text
        assert not re.search(r"https?://[^\s\"]*(pypi|pythonhosted|npmjs|registry)", text)
