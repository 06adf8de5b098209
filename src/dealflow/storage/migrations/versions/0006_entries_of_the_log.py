"""Where the deals have been that were there before entries were kept, from the log"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PIECE = 500

_company = sa.table("company", sa.column("company_id"))
_event = sa.table("event", *(sa.column(name) for name in ("company_id", "seq", "at", "resource", "record_id", "after")))
_entry = sa.table(
    "stage_entry",
    *(sa.column(name) for name in ("company_id", "deal_id", "seq", "at", "pipeline_id", "stage_id")),
)


def upgrade() -> None:
    connection = op.get_bind()
    companies = connection.scalars(sa.select(_company.c.company_id)).all()
    for company_id in companies:
        waiting = []
        for entry in _entries(connection, company_id):
            waiting.append(entry)
            if len(waiting) == PIECE:
                connection.execute(sa.insert(_entry), waiting)
                waiting = []
        if waiting:
            connection.execute(sa.insert(_entry), waiting)


def _entries(connection: sa.Connection, company_id: int) -> Iterator[dict[str, int]]:
    """An entry for each event of a deal that names its stage or its pipeline, deal by deal."""
    deal_id, seq = 0, 0
    place: dict[str, int] = {}
    while rows := _following(connection, company_id, deal_id, seq):
        for row in rows:
            if row.record_id != deal_id:
                place = {}
            deal_id, seq = row.record_id, row.seq
            said = json.loads(row.after) if row.after else {}
            named = {name: said[name] for name in ("pipeline_id", "stage_id") if name in said}
            if named:
                at = row.at if place else said["started_at"]
                place = {**place, **named}
                yield {"company_id": company_id, "deal_id": deal_id, "seq": seq, "at": at, **place}


def _following(connection: sa.Connection, company_id: int, deal_id: int, seq: int) -> Sequence[Any]:
    """The next events of deals of a company, by deal and number."""
    e = _event.c
    wanted = (
        sa.select(e.record_id, e.seq, e.at, e.after)
        .where(
            e.company_id == company_id,
            e.resource == "deal",
            sa.tuple_(e.record_id, e.seq) > sa.tuple_(sa.literal(deal_id), sa.literal(seq)),
        )
        .order_by(e.record_id, e.seq)
        .limit(PIECE)
    )
    return connection.execute(wanted).all()
