"""Where deals have been"""

import sqlalchemy as sa
from alembic import op

from dealflow.storage.migrations.tenancy import place

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    place(
        op.create_table(
            "stage_entry",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("deal_id", sa.BigInteger(), nullable=False),
            sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("at", sa.BigInteger(), nullable=False),
            sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
            sa.Column("stage_id", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_stage_entry_company"),
            sa.PrimaryKeyConstraint("company_id", "deal_id", "seq", name="pk_stage_entry"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
