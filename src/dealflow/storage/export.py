"""A company's rows as plain objects, the same from every database."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table, bindparam, select, tuple_

from dealflow.storage import schema
from dealflow.storage.schema import JSON_OBJECT
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

ROWS_AT_ONCE: Final = 1_000
SECRET: Final = frozenset({("token", "hash"), ("password", "hash")})


class _Pages(NamedTuple):
    """How to read one table in the order of its key: a first page, and one behind a row."""

    columns: list[str]
    key: list[str]
    documents: frozenset[str]
    first: Statement
    following: Statement | None


def _pages(table: Table) -> _Pages:
    c = table.c
    columns = [str(column.name) for column in table.columns if (table.name, column.name) not in SECRET]
    key = [str(column.name) for column in table.primary_key.columns if column.name != "company_id"]
    query = (
        select(*[c[name] for name in columns])
        .where(c.company_id == bindparam("company_id"))
        .order_by(*[c[name] for name in key])
        .limit(bindparam("limit"))
    )
    following = None
    if key:
        last_seen = tuple_(*[bindparam(f"after_{name}", type_=c[name].type) for name in key])
        following = Statement(query.where(tuple_(*[c[name] for name in key]) > last_seen))
    documents = frozenset(str(column.name) for column in table.columns if column.type is JSON_OBJECT)
    return _Pages(columns, key, documents, Statement(query), following)


TABLES: Final = {
    str(table.name): _pages(table) for table in schema.metadata.sorted_tables if table.info["kind"] == "tenant"
}


def rows(tx: Tx) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of the company with the name of its table, tables so that what is referred to comes first.

    Read in short pages by key, so that no reader stays open: rows written meanwhile may be in it or not. Hashes of
    tokens and passwords are left out, and so are the directories made from them.
    """
    for name, pages in TABLES.items():
        page = tx.rows(pages.first, limit=ROWS_AT_ONCE)
        while page:
            for row in page:
                yield name, _object(pages, row)
            if len(page) < ROWS_AT_ONCE or pages.following is None:
                break
            last = dict(zip(pages.columns, page[-1], strict=True))
            after = {f"after_{column}": last[column] for column in pages.key}
            page = tx.rows(pages.following, limit=ROWS_AT_ONCE, **after)


def _object(pages: _Pages, row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(pages.columns, row, strict=True))
    for name in pages.documents:
        if found[name] is not None:
            found[name] = msgspec.json.decode(found[name])
    return found
