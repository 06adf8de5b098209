"""An index of what statistics ask of an owner's deals"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_deal_owner_life",
        "deal",
        [
            "company_id",
            "owner_id",
            "updated_at",
            "id",
            "outcome",
            "outcome_at",
            "started_at",
            "created_at",
            "deleted_at",
            "pipeline_id",
            "value",
            "currency",
            "visibility",
        ],
    )
    op.drop_index("ix_deal_owner_id_updated_at_id", table_name="deal")
