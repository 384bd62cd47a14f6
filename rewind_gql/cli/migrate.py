"""`rewind migrate`: bring the database to the newest form."""

import asyncio

from rewind_gql.cli import options
from rewind_gql.store import migrate

app = options.command()


@app.command()
def run(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Bring the database to the newest form; does nothing when it is there already.

    A SQLite file that will change is copied to backups/ beside it first, and the copy is checked.
    `rewind serve` does this by itself; with PostgreSQL and several processes, run it once before
    they start (the Procfile's release step does).
    """
    done = asyncio.run(migrate.upgrade(options.settings(data_dir).url))
    if as_json:
        backup = None if done.backup is None else str(done.backup)
        options.print_json({"before": done.before, "after": done.after, "backup": backup})
    elif done.before == done.after:
        options.say(f"The database is at {done.after} already.")
    else:
        options.say(f"The database went from {done.before or 'nothing'} to {done.after}.")
        if done.backup:
            options.say(f"A checked copy of the one before: {done.backup}")
