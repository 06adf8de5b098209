"""What the operator does to a company as a whole."""

from typing import Final

from sqlalchemy import bindparam, delete

from dealflow.core.errors import Conflict
from dealflow.storage import operator, schema
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_deletions: Final = [
    Statement(delete(table).where(table.c.company_id == bindparam("company_id")))
    for table in reversed(schema.metadata.sorted_tables)
    if "company_id" in table.c
]


def delete_company(tx: Tx) -> dict[str, int]:
    """Remove every row of the company, its history too; the rows removed, by table.

    Raises Conflict if any row is still there afterwards.
    """
    before = operator.rows_of(tx.db, tx.company_id)
    for statement in _deletions:
        tx.change(statement)
    left = {name: rows for name, rows in operator.rows_of(tx.db, tx.company_id).items() if rows}
    if left:
        raise Conflict("company", f"rows remain in {', '.join(left)}")
    return before
