"""`dealflow backup` and `dealflow restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import ResolvedPath

from dealflow.cli.options import Database, Json

if TYPE_CHECKING:
    from dealflow.storage.backup import Counts
    from dealflow.storage.sqlite import SqliteDatabase

Force = Annotated[bool, Parameter(negative="", help="Replace the file that is there.")]


def backup(file: ResolvedPath, /, *, force: Force = False, database: Database = None, json: Json = False) -> None:
    """Copy the database into a file, also while a server runs on it.

    The copy is the database at one moment, verified by an integrity check and by the rows of each table.
    """
    from rich.console import Console
    from rich.progress import Progress

    from dealflow.storage.backup import back_up

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Copying")
        counts = back_up(
            _embedded(database, "use pg_dump to back it up"),
            file,
            force=force,
            progress=lambda left, pages: bar.update(task, total=pages, completed=pages - left),
        )
    _tell("Backed up to", file, counts, json=json)


def restore(file: ResolvedPath, /, *, force: Force = False, database: Database = None, json: Json = False) -> None:
    """Put a backup in the place of the database, which no server may be using."""
    from dealflow.storage.backup import restore as put_back

    opened = _embedded(database, "use pg_restore or psql to restore it")
    counts = put_back(file, opened, force=force)
    _tell("Restored to", opened.path, counts, json=json)


def _embedded(database: str | None, instead: str) -> "SqliteDatabase":
    from dealflow.cli.store import url_of
    from dealflow.storage.database import ConfigurationError
    from dealflow.storage.database import database as database_at
    from dealflow.storage.sqlite import SqliteDatabase

    opened = database_at(url_of(database))
    if not isinstance(opened, SqliteDatabase):
        raise ConfigurationError(f"this command is for SQLite; the database is PostgreSQL, {instead}")
    return opened


def _tell(what: str, file: Path, counts: "Counts", *, json: bool) -> None:
    from dealflow.cli.output import print_json

    size = file.stat().st_size
    if json:
        print_json({"file": str(file), "bytes": size, "rows": counts})
    else:
        told = f"companies: {counts['company']}, deals: {counts['deal']:,}, events: {counts['event']:,}"
        print(f"{what} {file} ({told}; {size:,} bytes), verified.")
