"""Connections to the two databases behind one small interface, their settings, and their faults in domain words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote

import psycopg
import psycopg.types.json
from psycopg.types.string import TextLoader
from pysqlite3 import dbapi2 as sqlite

from dealflow.core.errors import Conflict, DealflowError, Invalid, StoreFull, Unavailable
from dealflow.storage.statement import Row, Statement

OLDEST_SQLITE: Final = (3, 51, 3)
STATEMENT_TIMEOUT_MS: Final = 10_000
LOCK_TIMEOUT_MS: Final = 3_000

# What a broken constraint means to the person who caused it.
MEANING: Final[Mapping[str, tuple[str, str]]] = {
    "ck_deal_total_value": ("value", "too large"),
    "ck_deal_total_own_value": ("value", "too large"),
    "ck_deal_total_own_weighted": ("value", "too large"),
    "uq_user_email_key": ("email", "already in use"),
    "uq_label_resource_name": ("label", "already exists"),
    "uq_follower_resource_record_id_user_id": ("user_id", "already a follower"),
    "uq_participant_deal_id_person_id": ("person_id", "already a participant"),
}


class ConfigurationError(DealflowError):
    """The database cannot be used as it is configured; the text says what to change."""


class SerializationFailure(DealflowError):
    """The transaction met another one and may be run again from the start."""


class Connection(Protocol):
    """One connection of one thread. Values are bound by name; rows are plain tuples."""

    @property
    def database(self) -> str: ...
    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]: ...
    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; the number of rows it touched."""
        ...

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None: ...
    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def undo(self) -> None:
        """Roll back to the savepoint and drop it."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """Where connections come from."""

    @property
    def url(self) -> str: ...
    def connect(self, *, write: bool) -> Connection: ...


def database(url: str) -> Database:
    """The database of a URL: `sqlite:///path/file.db` or `postgresql://…`. Raises ConfigurationError."""
    if url.startswith("sqlite:"):
        return SqliteDatabase(url)
    if url.startswith(("postgresql:", "postgres:", "postgresql+psycopg:")):
        return PostgresDatabase(url)
    raise ConfigurationError(f"unknown kind of database: {url.partition(':')[0]!r} (use sqlite:/// or postgresql://)")


# ---------------------------------------------------------------------------------------------------------- SQLite


class SqliteDatabase:
    """One file in WAL mode; acknowledged means durable (`synchronous=FULL`) unless the operator opts out."""

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
        """False once SQLite has given a transaction up by itself, as it may on a full disk."""
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
        return _broken_constraint(_sqlite_constraint_name(found.group(1)) if found else "") or error
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


def _broken_constraint(name: str) -> Invalid | None:
    meaning = MEANING.get(re.sub(r"_[0-9]+$", "", name))
    return Conflict(*meaning) if meaning else None


# ------------------------------------------------------------------------------------------------------ PostgreSQL


class PostgresDatabase:
    """One PostgreSQL 15 or newer, or Citus; connections belong to worker threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.conninfo = re.sub(r"^postgres(ql)?(\+psycopg)?:", "postgresql:", url)

    def connect(self, *, write: bool) -> "PostgresConnection":
        return PostgresConnection(self.conninfo)


class _Text(TextLoader):
    """Documents come back as text, as they do from SQLite."""


class PostgresConnection:
    """Statements outside `begin` commit by themselves. A lost connection is opened again at the next use."""

    database: Final = "postgresql"

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self._raw: psycopg.Connection[Row] | None = None

    @property
    def raw(self) -> psycopg.Connection[Row]:
        if self._raw is None or self._raw.closed:
            try:
                self._raw = psycopg.connect(
                    self.conninfo,
                    autocommit=True,
                    connect_timeout=5,
                    options=(
                        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
                        "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
                    ),
                )
            except psycopg.Error as error:
                raise Unavailable("the database cannot be reached") from error
            self._raw.adapters.register_loader("jsonb", _Text)
            self._cursor = self._raw.cursor()
        return self._raw

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._fault(error) from error

    def _fault(self, error: psycopg.Error) -> Exception:
        state = error.sqlstate or ""
        lost = self._raw is None or self._raw.closed or state[:2] == "08" or state in ("57P01", "57P02", "57P03")
        if lost and self._raw is not None:
            self._raw.close()
        if lost or state in ("53300", "57014", "55P03"):
            return Unavailable("the database cannot answer now")
        if state in ("53100", "53200"):
            return StoreFull("no space left")
        if state in ("40001", "40P01"):
            return SerializationFailure(state)
        if state == "22003":
            return Invalid("value", "too large")
        if state[:2] == "23":
            return _broken_constraint(error.diag.constraint_name or "") or error
        return error

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        compiled = statement.on("postgresql")
        _ = self.raw
        for observe in statement.observers:
            observe(statement, compiled, "postgresql", values)
        with self._faults():
            return self._cursor.execute(compiled.sql, compiled.bind(values)).fetchall()

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        compiled = statement.on("postgresql")
        _ = self.raw
        for observe in statement.observers:
            observe(statement, compiled, "postgresql", values)
        with self._faults():
            return self._cursor.execute(compiled.sql, compiled.bind(values)).rowcount

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        if not values:
            return
        compiled = statement.on("postgresql")
        _ = self.raw
        for observe in statement.observers:
            for each in values:
                observe(statement, compiled, "postgresql", each)
        with self._faults():
            self._cursor.executemany(compiled.sql, [compiled.bind(each) for each in values])

    def _do(self, sql: str) -> None:
        _ = self.raw
        with self._faults():
            self._cursor.execute(sql)

    def begin(self) -> None:
        self._do("BEGIN")

    def commit(self) -> None:
        self._do("COMMIT")

    def rollback(self) -> None:
        if self._raw is not None and not self._raw.closed:
            self._do("ROLLBACK")

    def savepoint(self) -> None:
        self._do("SAVEPOINT request")

    def release(self) -> None:
        self._do("RELEASE SAVEPOINT request")

    def undo(self) -> None:
        self._do("ROLLBACK TO SAVEPOINT request")

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()
