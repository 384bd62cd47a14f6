"""Tests, arranged like the rooms they look into."""

import os
import tempfile
from pathlib import Path

# The PostgreSQL wheel keeps its locks there, and warns at import where a container has none.
if "XDG_RUNTIME_DIR" not in os.environ:  # noqa: TID251
    folder = Path(tempfile.gettempdir(), f"runtime-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # noqa: TID251
