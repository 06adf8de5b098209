"""SQLAlchemy on apsw, as far as Alembic needs it. Outside BEGIN and COMMIT each statement commits by itself."""

from pathlib import Path
from typing import Any, Final

import apsw
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from dealflow.storage.sqlite import BUSY_MS, SQLITE

# The errors of the machine, not of the statement.
OPERATIONAL: Final = (
    "BusyError",
    "CantOpenError",
    "FullError",
    "IOError",
    "LockedError",
    "ProtocolError",
    "ReadOnlyError",
)


class _Cursor(apsw.Cursor):
    """With what PEP 249 asks for; apsw tells the columns only before the first row is fetched."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self._columns: tuple[Any, ...] | None = None
        self.exec_trace = self._keep_columns

    def _keep_columns(self, *_: Any) -> bool:
        self._columns = self.get_description() or None
        return True

    @property
    def description(self) -> Any:  # type: ignore[override]
        return self._columns

    @property
    def rowcount(self) -> int:
        return self.connection.changes()

    @property
    def lastrowid(self) -> int:
        return self.connection.last_insert_rowid()


def _connect(path: str, **_: Any) -> apsw.Connection:
    connection = apsw.Connection(path)
    connection.set_busy_timeout(BUSY_MS)
    connection.cursor_factory = _Cursor
    return connection


class _Driver:
    """What SQLAlchemy looks for in a driver's module."""

    paramstyle = "qmark"
    sqlite_version_info = SQLITE
    Error = apsw.Error
    ProgrammingError = apsw.ConnectionClosedError
    connect = staticmethod(_connect)


class _Dialect(SQLiteDialect_pysqlite):
    driver = "apsw"
    supports_statement_cache = True
    dbapi_exception_translation_map = dict.fromkeys(OPERATIONAL, "OperationalError")

    def on_connect(self) -> None:  # type: ignore[override]
        """No functions of SQLAlchemy's are needed."""

    def do_commit(self, dbapi_connection: Any) -> None:
        if dbapi_connection.in_transaction:
            dbapi_connection.execute("COMMIT")

    def do_rollback(self, dbapi_connection: Any) -> None:
        if dbapi_connection.in_transaction:
            dbapi_connection.execute("ROLLBACK")


registry.register("sqlite.apsw", __name__, _Dialect.__name__)


def engine(path: Path) -> sa.Engine:
    """An engine on a file."""
    return sa.create_engine(f"sqlite+apsw:///{path}", module=_Driver, poolclass=sa.NullPool)
