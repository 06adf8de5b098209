"""PostgreSQL: settings of a connection, and what its error codes mean."""

import re
import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

from dealflow.core.errors import Invalid, StoreFull, Unavailable
from dealflow.storage.database import SerializationFailure, broken_constraint
from dealflow.storage.statement import Row, Statement

STATEMENT_TIMEOUT_MS: Final = 10_000
LOCK_TIMEOUT_MS: Final = 3_000


class PostgresDatabase:
    """One PostgreSQL 15 or newer, or Citus; connections belong to worker threads."""

    single_writer: Final = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.conninfo = re.sub(r"^postgres(ql)?(\+psycopg)?:", "postgresql:", url)

    def connect(self, *, write: bool) -> "PostgresConnection":
        return PostgresConnection(self.conninfo)


class _Text(TextLoader):
    """Documents come back as text, as they do from SQLite."""


class PostgresConnection:
    """Statements outside `begin` commit by themselves.

    A lost connection is opened again at the next use; one that broke while nothing was asked is not even noticed.
    """

    database: Final = "postgresql"

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self._raw: psycopg.Connection[Row] | None = None
        self._unasked = select.poll()

    @property
    def raw(self) -> psycopg.Connection[Row]:
        if self._raw is not None and not self.in_transaction and self._unasked.poll(0):
            self._raw.close()
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
            self._unasked = select.poll()
            self._unasked.register(self._raw, select.POLLIN)
        return self._raw

    @property
    def home(self) -> str:
        return self.conninfo

    @property
    def in_transaction(self) -> bool:
        return self._raw is not None and self._raw.info.transaction_status != TransactionStatus.IDLE

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
            return broken_constraint(error.diag.constraint_name or "") or error
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
