"""Statements, compiled once per database and run on the driver.

SQLAlchemy writes the SQL; its run-time path costs several times the query itself for a read by key, so a statement
is compiled on first use and afterwards handed to the driver with its bound values.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Boolean
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.selectable import CompoundSelect, Select

Clause = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Row = tuple[Any, ...]

DIALECTS: Final[dict[str, Dialect]] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="qmark"),
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]
}


class Compiled:
    """SQL text for one driver; `bind` lays out named values as the driver wants them."""

    __slots__ = ("bind", "flags", "sql")

    def __init__(self, clause: Clause, database: str) -> None:
        compiled = clause.compile(dialect=DIALECTS[database], compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        positions: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self.bind = _positional(positions, constants) if positions else _named(compiled.params, constants)
        columns = (
            clause.selected_columns if isinstance(clause, Select) else getattr(clause, "_all_selected_columns", ())
        )
        booleans = tuple(i for i, column in enumerate(columns) if isinstance(column.type, Boolean))
        self.flags = booleans if database == "sqlite" else ()

    def with_flags(self, fetched: list[Row]) -> list[Row]:
        """The rows with 0 and 1 turned into booleans in the columns `flags`, for a database without such a type."""
        return [_with_flags(row, self.flags) for row in fetched]


def _with_flags(row: Row, flags: tuple[int, ...]) -> Row:
    values = list(row)
    for i in flags:
        if values[i] is not None:
            values[i] = bool(values[i])
    return tuple(values)


def _positional(names: Sequence[str], constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    first = names[0]
    pick = itemgetter(*names) if len(names) > 1 else lambda values: (values[first],)
    return (lambda values: pick({**constants, **values})) if constants else pick


def _named(names: Mapping[str, Any], constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    if not constants:
        return lambda values: {name: values[name] for name in names}
    return lambda values: {name: values[name] if name in values else constants[name] for name in names}


Observer = Callable[["Statement", Compiled, str, Mapping[str, Any]], None]


class Statement:
    """A SELECT, INSERT, UPDATE or DELETE with named bind parameters.

    `observers` see each execution; the test suite hangs its statement rules there.
    """

    __slots__ = ("_compiled", "clause")
    observers: Final[list[Observer]] = []

    def __init__(self, clause: Clause) -> None:
        self.clause = clause
        self._compiled: dict[str, Compiled] = {}

    def on(self, database: str) -> Compiled:
        """The compiled form for "sqlite" or "postgresql"."""
        found = self._compiled.get(database)
        if found is None:
            found = self._compiled[database] = Compiled(self.clause, database)
        return found
