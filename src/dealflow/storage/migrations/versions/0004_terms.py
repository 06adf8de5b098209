"""Statuses of leads and outcomes of calls and visits for the companies that were there before them"""

import sqlalchemy as sa
from alembic import op

from dealflow.core.term import BASICS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_company = sa.table("company", *(sa.column(name) for name in ("company_id", "created_at")))
_counter = sa.table("counter", *(sa.column(name) for name in ("company_id", "kind", "last")))
_term = sa.table(
    "term",
    *(
        sa.column(name)
        for name in ("company_id", "id", "kind", "name", "creator_id", "created_at", "updated_at", "version")
    ),
)


def upgrade() -> None:
    connection = op.get_bind()
    for company_id, since in connection.execute(sa.select(_company.c.company_id, _company.c.created_at)).all():
        has = set(connection.scalars(sa.select(_term.c.kind).where(_term.c.company_id == company_id).distinct()))
        names = [(kind, name) for kind, names in BASICS.items() if kind not in has for name in names]
        if names:
            first = _take_ids(connection, company_id, len(names))
            rows = [
                {
                    "company_id": company_id,
                    "id": term_id,
                    "kind": kind,
                    "name": name,
                    "creator_id": None,
                    "created_at": since,
                    "updated_at": since,
                    "version": 1,
                }
                for term_id, (kind, name) in enumerate(names, first)
            ]
            connection.execute(sa.insert(_term), rows)


def _take_ids(connection: sa.Connection, company_id: int, count: int) -> int:
    """The first of so many fresh ids of terms."""
    mine = (_counter.c.company_id == company_id, _counter.c.kind == "term")
    last = connection.scalar(sa.select(_counter.c.last).where(*mine))
    if last is None:
        connection.execute(sa.insert(_counter).values(company_id=company_id, kind="term", last=count))
        return 1
    connection.execute(sa.update(_counter).where(*mine).values(last=last + count))
    return int(last) + 1
