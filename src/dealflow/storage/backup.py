"""Backups of the embedded database: taken while it is in use, verified before they count, put back as a whole."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
from sqlalchemy import func, select

from dealflow.core.errors import Conflict, DealflowError, NotFound
from dealflow.storage import schema
from dealflow.storage.migrations import known_revisions
from dealflow.storage.sqlite import SqliteConnection, SqliteDatabase
from dealflow.storage.statement import Statement

PAGES_AT_ONCE: Final = 2_000
HEADER: Final = b"SQLite format 3\0"
COMPANIONS: Final = ("-wal", "-shm", "-journal")

Progress = Callable[[int, int], None]
Counts = dict[str, int]

_counts: Final = {
    str(table.name): Statement(select(func.count()).select_from(table).execution_options(crosses_companies=True))
    for table in schema.metadata.sorted_tables
}


class BadBackup(DealflowError):
    """The file is no backup that can be used; the text says why."""


def _silent(_: int, __: int) -> None:
    pass


def back_up(database: SqliteDatabase, target: Path, *, force: bool = False, progress: Progress = _silent) -> Counts:
    """Copy the database as it is at one moment; rows by table. Writers go on meanwhile.

    The file appears whole and verified, or not at all. `progress` is told pages left and pages in all. Raises
    NotFound without a database, Conflict if the file exists (unless forced), BadBackup if the copy is not sound.
    """
    if not database.path.exists():
        raise NotFound(f"database {database.path}")
    if target.exists() and not force:
        raise Conflict(str(target), "exists already; use --force to replace it")
    with _whole_file(target) as partial:
        source = database.connect(write=False)
        try:
            source.begin_read()
            counts = _rows(source)
            _copy(source.raw, partial, progress)
        finally:
            source.close()
        if verify(partial) != counts:
            raise BadBackup("the copy has not the rows of the original")
    return counts


def verify(path: Path) -> Counts:
    """Rows by table of a sound file with a schema this program knows. Raises BadBackup."""
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise BadBackup(f"{path} is not a SQLite database")
    except FileNotFoundError:
        raise NotFound(f"file {path}") from None
    raw = _unchanging(path)
    try:
        _require_sound(raw, path)
        return _rows(SqliteConnection(raw))
    except apsw.Error as error:
        raise BadBackup(f"{path} is damaged: {error}") from error
    finally:
        raw.close()


def _require_sound(raw: apsw.Connection, path: Path) -> None:
    found = [row[0] for row in raw.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise BadBackup(f"{path} is damaged: {found[0] if found else 'no answer'}")
    if raw.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise BadBackup(f"{path} is damaged: rows refer to rows that are not there")
    tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if "alembic_version" not in tables:
        raise BadBackup(f"{path} is not a database of dealflow")
    revision = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision is None or revision[0] not in known_revisions():
        raise BadBackup(f"{path} has a schema this version does not know; it comes from a newer one")


def restore(source: Path, database: SqliteDatabase, *, force: bool = False) -> Counts:
    """Put a backup in the place of the database; rows by table.

    Raises NotFound, BadBackup if the file is not sound, Conflict if a database is there (unless forced) or in use.
    """
    counts = verify(source)
    target = database.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not force:
        raise Conflict(str(target), "exists already; use --force to replace it")
    with _unused(target), _whole_file(target) as partial:
        raw = _unchanging(source)
        try:
            _copy(raw, partial, _silent)
        finally:
            raw.close()
        if verify(partial) != counts:
            raise BadBackup("the copy has not the rows of the backup")
        for companion in COMPANIONS:
            target.with_name(target.name + companion).unlink(missing_ok=True)
    return counts


def _copy(source: apsw.Connection, target: Path, progress: Progress) -> None:
    """Copy the snapshot of a connection into an empty file, to disk."""
    copy = apsw.Connection(str(target))
    try:
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(PAGES_AT_ONCE)
                progress(backup.remaining, backup.page_count)
        copy.execute("PRAGMA journal_mode=DELETE")
    except apsw.Error as error:
        raise BadBackup(f"cannot copy: {error}") from error
    finally:
        copy.close()


@contextmanager
def _whole_file(target: Path) -> Iterator[Path]:
    """A file beside `target`, readable by its owner alone, that takes its place if all goes well."""
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _unused(path: Path) -> Iterator[None]:
    """Keep others out of a database file. Raises Conflict if someone has it open."""
    if not path.exists():
        yield
        return
    raw = apsw.Connection(str(path))
    try:
        # Leaving WAL mode needs the file for oneself, and takes in and removes what lies beside it.
        raw.execute("PRAGMA journal_mode=DELETE")
        raw.execute("BEGIN EXCLUSIVE")
    except (apsw.BusyError, apsw.LockedError) as error:
        raise Conflict(str(path), "is in use; stop the server first") from error
    except apsw.Error:
        pass  # a damaged file is a reason to restore
    try:
        yield
    finally:
        raw.close()


def _rows(db: SqliteConnection) -> Counts:
    return {name: int(db.rows(statement, {})[0][0]) for name, statement in _counts.items()}


def _unchanging(path: Path) -> apsw.Connection:
    """A file that nobody writes to, opened without traces beside it."""
    name = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return apsw.Connection(f"file:{name}?mode=ro&immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
