"""A folder in which the npm tools find the schema, their settings and the programs of the page."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from schema.root import SDL
from tests.cli.world import PATIENCE_S, environment

FOLDER = Path(__file__).parent
DOCS = FOLDER.parents[1] / "docs"
PACKAGES = FOLDER / "node_modules"
SETTINGS = (
    ".graphql-schema-linterrc",
    "breaking.mjs",
    "bundle.mjs",
    "codegen.mjs",
    "eslint.config.mjs",
    "package.json",
    "recipes.ts",
    "tsconfig.json",
)
PAGE = (DOCS / "clients.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
RECIPES = re.findall(r"```graphql\n(.*?)```", (DOCS / "recipes.md").read_text(), re.DOTALL)


class Workshop(NamedTuple):
    """A folder with the packages of npm in it."""

    folder: Path

    def tool(self, name: str, *arguments: str) -> str:
        """What a command of one of the packages says that ends well."""
        return self.run(str(PACKAGES / ".bin" / name), *arguments)

    def node(self, script: str, *arguments: str, **variables: str) -> str:
        """What a program says that ends well."""
        return self.run("node", script, *arguments, **variables)

    def run(self, *command: str, **variables: str) -> str:
        """What a command says that ends well."""
        done = self.tried(*command, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tried(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """How a command ended."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A folder of the test's own."""
    assert PACKAGES.is_dir(), "The tools are not there: run `make clients`."
    for name in SETTINGS:
        shutil.copy(FOLDER / name, tmp_path)
    shutil.copy(SDL, tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "src").mkdir()
    for name, text in PROGRAMS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "recipes.json").write_text(json.dumps(RECIPES), encoding="utf-8")
    return Workshop(tmp_path)
