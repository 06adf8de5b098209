"""The embedded database: one file, write-ahead log, and what SQLite's errors mean."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import apsw

from dealflow.core.errors import StoreFull, Unavailable
from dealflow.storage.database import ConfigurationError, broken_constraint
from dealflow.storage.statement import Row, Statement

OLDEST_SQLITE: Final = (3, 51, 3)
SQLITE: Final = tuple(map(int, apsw.sqlite_lib_version().split(".")))
BUSY_MS: Final = 5_000
FLAGS: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX


class SqliteDatabase:
    """One file in WAL mode; acknowledged means durable (`synchronous=FULL`) unless the operator opts out."""

    single_writer: Final = True

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        if SQLITE < OLDEST_SQLITE:
            raise ConfigurationError(
                f"SQLite {'.'.join(map(str, SQLITE))} can corrupt a file opened by two connections; "
                f"{'.'.join(map(str, OLDEST_SQLITE))} or newer is needed (it comes with the apsw package)"
            )
        self.url = url
        self.path = Path(unquote(url.removeprefix("sqlite://").removeprefix("/")) or "dealflow.db").expanduser()
        if url in ("sqlite://", "sqlite:///:memory:") or ":memory:" in url:
            raise ConfigurationError("an in-memory database cannot be shared by connections; name a file")
        self.synchronous = synchronous

    def connect(self, *, write: bool) -> "SqliteConnection":
        """A connection for one thread at a time: SQLite's own lock on it, taken for each value read, is left out."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        try:
            raw = apsw.Connection(str(self.path), flags=FLAGS, statementcachesize=512)
            raw.set_busy_timeout(BUSY_MS)
            # Plans depend on the text alone; otherwise each statement with a bound limit is planned anew.
            raw.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute(f"PRAGMA synchronous={self.synchronous}")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA trusted_schema=OFF")
            raw.execute("PRAGMA cache_size=-32000")
            raw.execute("PRAGMA journal_size_limit=67108864")
            if not write:
                raw.execute("PRAGMA query_only=ON")
        except apsw.Error as error:
            raise ConfigurationError(f"cannot open {self.path}: {error}") from error
        return SqliteConnection(raw)


class SqliteConnection:
    """Reads outside a transaction see the newest commit; inside one, a snapshot."""

    database: Final = "sqlite"

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw
        self._cursor = raw.cursor()

    @property
    def home(self) -> str:
        return self.raw.filename

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        compiled = statement.on("sqlite")
        for observe in statement.observers:
            observe(statement, compiled, "sqlite", values)
        try:
            found = self._cursor.execute(compiled.sql, compiled.bind(values)).fetchall()
        except apsw.Error as error:
            raise _sqlite_fault(error) from error
        return compiled.with_flags(found) if compiled.flags else found

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        compiled = statement.on("sqlite")
        for observe in statement.observers:
            observe(statement, compiled, "sqlite", values)
        try:
            self._cursor.execute(compiled.sql, compiled.bind(values))
            return self.raw.changes()
        except apsw.Error as error:
            raise _sqlite_fault(error) from error

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        for each in values:
            self.change(statement, each)

    def _do(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except apsw.Error as error:
            raise _sqlite_fault(error) from error

    def begin(self) -> None:
        self._do("BEGIN IMMEDIATE")

    def begin_read(self) -> None:
        self._do("BEGIN")

    def commit(self) -> None:
        self._do("COMMIT")

    @property
    def in_transaction(self) -> bool:
        return self.raw.in_transaction

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


def _sqlite_fault(error: apsw.Error) -> Exception:
    match error:
        case apsw.ConstraintError():
            found = _SQLITE_CONSTRAINT.search(str(error))
            return broken_constraint(_sqlite_constraint_name(found.group(1)) if found else "") or error
        case apsw.FullError():
            return StoreFull("no space left")
        case apsw.BusyError() | apsw.LockedError() | apsw.ProtocolError():
            return Unavailable("the database is busy")
        case apsw.IOError() | apsw.ReadOnlyError() | apsw.CantOpenError():
            return Unavailable("the database cannot be written")
    return error


def _sqlite_constraint_name(found: str) -> str:
    """SQLite names a check by its name, a unique constraint by its columns: `table.a, table.b`."""
    if "." not in found:
        return found
    table = found.partition(".")[0]
    columns = [part.strip().partition(".")[2] for part in found.split(",")]
    return f"uq_{table}_{'_'.join(column for column in columns if column != 'company_id')}"
