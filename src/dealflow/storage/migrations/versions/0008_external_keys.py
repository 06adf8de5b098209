"""The keys by which files that were imported call users, pipelines, stages and deals"""

import sqlalchemy as sa
from alembic import op

from dealflow.storage.migrations.tenancy import place

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    place(
        op.create_table(
            "external_key",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("kind", sa.String(length=12), nullable=False),
            sa.Column("key", sa.String(length=255), nullable=False),
            sa.Column("record_id", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_external_key_company"),
            sa.PrimaryKeyConstraint("company_id", "kind", "key", name="pk_external_key"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_external_key_kind_record_id", "external_key", ["company_id", "kind", "record_id"])
