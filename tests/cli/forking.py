"""The `rewind` command as processes of their own that find it imported already.

Importing takes a second, and there are hundreds of commands to run. One process imports all of it
and forks for each command, which then has its own folder, environment, output and exit code.
"""

import importlib
import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rewind_gql.cli.app import COMMANDS, main


@dataclass
class Forker:
    """That process. Whoever makes it closes it."""

    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, root: Path, environment: dict[str, str]) -> "Forker":
        """Start it; what is read from the environment while importing is read from this one."""
        # Only a process without threads may fork.
        alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forking"],
            cwd=root,
            env=environment | alone,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return cls(made)

    def run(self, arguments: list[str], folder: Path, environment: dict[str, str]) -> int:
        """Run one command to its end; what it says goes to the files `out` and `err` there."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"arguments": arguments, "folder": str(folder), "environment": environment}
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self.process.communicate()


def serve() -> None:
    """Run what is asked for on standard input, one after the other."""
    for name in COMMANDS:
        importlib.import_module(f"rewind_gql.cli.{name}{'_' * (name == 'import')}")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            become(**asked)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # the answer


def become(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """Be the command, in a fork of this process."""
    for name, number, how in (
        (os.devnull, 0, os.O_RDONLY),
        (environment.pop("OUT"), 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (environment.pop("ERR"), 2, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()  # noqa: TID251  # it is a child's own
    os.environ.update(environment)  # noqa: TID251
    sys.argv = ["rewind", *arguments]
    os._exit(_code())


def _code() -> int:
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # as the interpreter would
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve()
