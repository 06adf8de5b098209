"""Where the rows of a new table live when the database is spread over several machines."""

import sqlalchemy as sa
from alembic import op

_HAS_CITUS = sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")


def place(*tables: sa.Table) -> None:
    """Spread new tables by their kind; to be called right after their creation. Does nothing without Citus."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql" or not connection.scalar(_HAS_CITUS):
        return
    for table in tables:
        kind = table.info["kind"]
        if kind == "tenant":
            together = "none" if table.name == "company" else "company"
            call = sa.func.create_distributed_table(table.name, "company_id", sa.text(f"colocate_with => '{together}'"))
        elif kind == "directory":
            call = sa.func.create_distributed_table(table.name, next(iter(table.primary_key)).name)
        elif kind == "reference":
            call = sa.func.create_reference_table(table.name)
        else:
            continue
        connection.execute(sa.select(call))
