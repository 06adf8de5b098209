"""Sort keys of the first and last names that were there before the keys"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from dealflow.core.text import search_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PIECE = 500

_party = sa.table(
    "party", *(sa.column(name) for name in ("company_id", "id", "first_name", "last_name", "first_key", "last_key"))
)


def upgrade() -> None:
    connection = op.get_bind()
    companies = connection.scalars(sa.select(_party.c.company_id).distinct()).all()
    for company_id in companies:
        last_id = 0
        while rows := _following(connection, company_id, last_id):
            last_id = rows[-1].id
            for row in rows:
                names = {"first_key": row.first_name, "last_key": row.last_name}
                keys = {key: search_key(name) for key, name in names.items() if name}
                if keys:
                    mine = (_party.c.company_id == company_id, _party.c.id == row.id)
                    connection.execute(sa.update(_party).where(*mine).values(keys))


def _following(connection: sa.Connection, company_id: int, last_id: int) -> Sequence[Any]:
    """The next parties of a company by id."""
    wanted = (
        sa.select(_party.c.id, _party.c.first_name, _party.c.last_name)
        .where(_party.c.company_id == company_id, _party.c.id > last_id)
        .order_by(_party.c.id)
        .limit(PIECE)
    )
    return connection.execute(wanted).all()
