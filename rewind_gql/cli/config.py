"""`rewind config show`: every setting, its value and where it comes from."""

from typing import Annotated

import typer

from rewind_gql.cli import options
from rewind_gql.settings import load, variable

app = options.command(group=True)


@app.callback()
def group() -> None:
    """See what the server will use. Settings are read, never written, by this program."""


@app.command()
def show(
    data_dir: options.DataDir = None,
    origin: Annotated[
        bool, typer.Option("--origin", help="Also where each value comes from.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Every setting by the name of its environment variable; secrets are never printed.

    In rewind.toml the same settings go by the lower-case names in the second column, those of the
    ledger in a table [sync]. NAME_FILE reads a value from a file.
    """
    _, origins = load({"data_dir": data_dir})
    if as_json:
        options.print_json(
            {variable(o.name): {"value": o.value, "origin": o.origin} for o in origins}
        )
        return
    columns = ["variable", "rewind.toml", "value", *(["origin"] if origin else [])]
    rows = [
        [variable(o.name), o.name, o.value or "-", *([o.origin] if origin else [])] for o in origins
    ]
    options.print_table(columns, rows, empty="")
