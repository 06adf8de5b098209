"""What SQLite's planner is told about the tables.

Without statistics SQLite answers every filter of a table clustered by company with a scan of the company; statistics
of an empty database say nothing. So fixed ones are written: a company of ten thousand rows in a table of a million.
`ANALYZE` is never run on real data, so plans stay the same on every installation.
"""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from dealflow.storage.schema import metadata

ROWS: Final = 1_000_000
ROWS_OF_A_COMPANY: Final = 10_000
# A partial index holds one row in so many.
PARTIAL: Final = 100
# How many values a column has in a company; the rest have fifty.
VALUES: Final = {
    "kind": 3,
    "resource": 3,
    "outcome": 3,
    "id": ROWS,
    "seq": ROWS,
    "created_at": 5_000,
    "deal_id": 3_000,
    "first_key": 5_000,
    "last_key": 5_000,
    "made_at": 5_000,
    "started_at": 5_000,
    "updated_at": 5_000,
    "visited_at": 5_000,
}

_statistics = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))


def describe(connection: sa.Connection) -> None:
    """Write the statistics of all tables; does nothing on other databases."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("ANALYZE")
    connection.execute(sa.delete(_statistics))
    connection.execute(sa.insert(_statistics), [dict(zip(("tbl", "idx", "stat"), row, strict=True)) for row in rows()])
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def rows() -> Iterator[tuple[str, str, str]]:
    """Table, index and estimate: all rows, then the rows that share the first column, the first two, and so on."""
    for table in metadata.sorted_tables:
        if table.info["kind"] != "tenant":
            continue
        yield table.name, table.name, _estimate([column.name for column in table.primary_key], unique=True)
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            part = 1 if index.dialect_options["sqlite"]["where"] is None else PARTIAL
            columns = [column.name for column in index.columns]
            yield table.name, str(index.name), _estimate(columns, unique=False, part=part)


def _estimate(columns: list[str], *, unique: bool, part: int = 1) -> str:
    sharing = ROWS // part
    numbers = [sharing]
    for column in columns:
        sharing = ROWS_OF_A_COMPANY // part if column == "company_id" else max(1, sharing // VALUES.get(column, 50))
        numbers.append(sharing)
    if unique:
        numbers[-1] = 1
    return " ".join(map(str, numbers))
