"""The embedded database: one file, write-ahead log, and what SQLite's errors mean."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from pysqlite3 import dbapi2 as sqlite

from dealflow.core.errors import StoreFull, Unavailable
from dealflow.storage.database import ConfigurationError, broken_constraint
from dealflow.storage.statement import Row, Statement

OLDEST_SQLITE: Final = (3, 51, 3)


class SqliteDatabase:
    """One file in WAL mode; acknowledged means durable (`synchronous=FULL`) unless the operator opts out."""

    single_writer: Final = True

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        if sqlite.sqlite_version_info < OLDEST_SQLITE:
            raise ConfigurationError(
                f"SQLite {sqlite.sqlite_version} can corrupt a file opened by two connections; "
                f"{'.'.join(map(str, OLDEST_SQLITE))} or newer is needed (it comes with the pysqlite3 package)"
            )
        self.url = url
        self.path = Path(unquote(url.removeprefix("sqlite://").removeprefix("/")) or "dealflow.db").expanduser()
        if url in ("sqlite://", "sqlite:///:memory:") or ":memory:" in url:
            raise ConfigurationError("an in-memory database cannot be shared by connections; name a file")
        self.synchronous = synchronous

    def connect(self, *, write: bool) -> "SqliteConnection":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        try:
            raw = sqlite.connect(
                str(self.path), isolation_level=None, cached_statements=512, check_same_thread=False, timeout=5
            )
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute(f"PRAGMA synchronous={self.synchronous}")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA trusted_schema=OFF")
            raw.execute("PRAGMA cache_size=-32000")
            raw.execute("PRAGMA journal_size_limit=67108864")
            if not write:
                raw.execute("PRAGMA query_only=ON")
        except sqlite.Error as error:
            raise ConfigurationError(f"cannot open {self.path}: {error}") from error
        return SqliteConnection(raw)


class SqliteConnection:
    """Reads outside a transaction see the newest commit; inside one, a snapshot."""

    database: Final = "sqlite"

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._cursor = raw.cursor()

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        compiled = statement.on("sqlite")
        for observe in statement.observers:
            observe(statement, compiled, "sqlite", values)
        try:
            return compiled.rows(self._cursor.execute(compiled.sql, compiled.bind(values)).fetchall())
        except sqlite.Error as error:
            raise _sqlite_fault(error) from error

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        compiled = statement.on("sqlite")
        for observe in statement.observers:
            observe(statement, compiled, "sqlite", values)
        try:
            return int(self._cursor.execute(compiled.sql, compiled.bind(values)).rowcount)
        except sqlite.Error as error:
            raise _sqlite_fault(error) from error

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        for each in values:
            self.change(statement, each)

    def _do(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except sqlite.Error as error:
            raise _sqlite_fault(error) from error

    def begin(self) -> None:
        self._do("BEGIN IMMEDIATE")

    def begin_read(self) -> None:
        self._do("BEGIN")

    def commit(self) -> None:
        self._do("COMMIT")

    @property
    def in_transaction(self) -> bool:
        return bool(self.raw.in_transaction)

    def rollback(self) -> None:
        if self.in_transaction:
            self._do("ROLLBACK")

    def savepoint(self) -> None:
        self._do("SAVEPOINT request")

    def release(self) -> None:
        self._do("RELEASE request")

    def undo(self) -> None:
        if self.in_transaction:
            self._do("ROLLBACK TO request")
            self._do("RELEASE request")

    def close(self) -> None:
        self.raw.close()


_SQLITE_CONSTRAINT = re.compile(r"constraint failed: (.+)")


def _sqlite_fault(error: Exception) -> Exception:
    text = str(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, sqlite.IntegrityError):
        found = _SQLITE_CONSTRAINT.search(text)
        return broken_constraint(_sqlite_constraint_name(found.group(1)) if found else "") or error
    if name.startswith("SQLITE_FULL") or "disk is full" in text:
        return StoreFull("no space left")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "is locked" in text:
        return Unavailable("the database is busy")
    if name.startswith(("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")) or "disk I/O error" in text:
        return Unavailable("the database cannot be written")
    return error


def _sqlite_constraint_name(found: str) -> str:
    """SQLite names a check by its name, a unique constraint by its columns: `table.a, table.b`."""
    if "." not in found:
        return found
    table = found.partition(".")[0]
    columns = [part.strip().partition(".")[2] for part in found.split(",")]
    return f"uq_{table}_{'_'.join(column for column in columns if column != 'company_id')}"
