"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dealflow.storage.migrations.tenancy import place

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    place(
        op.create_table(
            "company",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("domain", sa.Text(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("timezone", sa.Text(), nullable=False),
            sa.Column("country", sa.Text(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("company_id", name="pk_company"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "currency_rate",
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("day", sa.String(length=10), nullable=False),
            sa.Column("per_euro_e8", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("currency", "day", name="pk_currency_rate"),
            info={"kind": "reference"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "installation",
            sa.Column("name", sa.String(length=40), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("name", name="pk_installation"),
            info={"kind": "local"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "token_key",
            sa.Column("hash", sa.String(length=64), nullable=False),
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("token_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("scopes", sa.Text(), nullable=True),
            sa.PrimaryKeyConstraint("hash", name="pk_token_key"),
            info={"kind": "directory"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_token_key_company", "token_key", ["company_id", "user_id"], unique=False)
    place(
        op.create_table(
            "counter",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("kind", sa.String(length=20), nullable=False),
            sa.Column("last", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_counter_company"),
            sa.PrimaryKeyConstraint("company_id", "kind", name="pk_counter"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "deal_total",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
            sa.Column("stage_id", sa.BigInteger(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("is_private", sa.Boolean(), nullable=False),
            sa.Column("deals", sa.BigInteger(), nullable=False),
            sa.Column("value", sa.BigInteger(), nullable=False),
            sa.Column("own_value", sa.BigInteger(), nullable=False),
            sa.Column("own_weighted", sa.BigInteger(), nullable=False),
            sa.CheckConstraint(
                "own_value BETWEEN -9000000000000000000 AND 9000000000000000000", name=op.f("ck_deal_total_own_value")
            ),
            sa.CheckConstraint(
                "own_weighted BETWEEN -9000000000000000000 AND 9000000000000000000",
                name=op.f("ck_deal_total_own_weighted"),
            ),
            sa.CheckConstraint(
                "value BETWEEN -9000000000000000000 AND 9000000000000000000", name=op.f("ck_deal_total_value")
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_deal_total_company"),
            sa.PrimaryKeyConstraint(
                "company_id", "pipeline_id", "stage_id", "currency", "is_private", name="pk_deal_total"
            ),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "event",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("at", sa.BigInteger(), nullable=False),
            sa.Column("actor_id", sa.BigInteger(), nullable=True),
            sa.Column("surface", sa.String(length=10), nullable=False),
            sa.Column("resource", sa.String(length=12), nullable=False),
            sa.Column("record_id", sa.BigInteger(), nullable=False),
            sa.Column("action", sa.String(length=10), nullable=False),
            sa.Column("before", sa.Text(), nullable=True),
            sa.Column("after", sa.Text(), nullable=True),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_event_company"),
            sa.PrimaryKeyConstraint("company_id", "seq", name="pk_event"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index(
        "ix_event_resource_record_id_seq", "event", ["company_id", "resource", "record_id", "seq"], unique=False
    )
    place(
        op.create_table(
            "field",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("resource", sa.String(length=12), nullable=False),
            sa.Column("key", sa.String(length=40), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("type", sa.String(length=20), nullable=False),
            sa.Column("options", sa.Text(), nullable=False),
            sa.Column("description", sa.Text(), nullable=True),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("settings", sa.Text(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=True),
            sa.Column("created_by", sa.BigInteger(), nullable=True),
            sa.Column("updated_by", sa.BigInteger(), nullable=True),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_field_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_field"),
            sa.UniqueConstraint("company_id", "resource", "key", name="uq_field_resource_key"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "idempotency",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("key", sa.String(length=255), nullable=False),
            sa.Column("request_hash", sa.String(length=64), nullable=False),
            sa.Column("status", sa.Integer(), nullable=False),
            sa.Column("body", sa.Text(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_idempotency_company"),
            sa.PrimaryKeyConstraint("company_id", "user_id", "key", name="pk_idempotency"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["company_id", "created_at"], unique=False)
    place(
        op.create_table(
            "pipeline",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("state", sa.String(length=10), nullable=False),
            sa.Column("probability_enabled", sa.Boolean(), nullable=False),
            sa.Column("is_seeded", sa.Boolean(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_pipeline_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_pipeline"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "user",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("email", sa.Text(), nullable=False),
            sa.Column("email_key", sa.Text(), nullable=False),
            sa.Column("role", sa.String(length=10), nullable=False),
            sa.Column("sees_all", sa.Boolean(), nullable=False),
            sa.Column("is_active", sa.Boolean(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("locale", sa.Text(), nullable=False),
            sa.Column("timezone", sa.Text(), nullable=False),
            sa.Column("phone", sa.Text(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("last_login_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_user_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_user"),
            sa.UniqueConstraint("company_id", "email_key", name="uq_user_email_key"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "follower",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("resource", sa.String(length=12), nullable=False),
            sa.Column("record_id", sa.BigInteger(), nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_follower_user_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_follower_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_follower"),
            sa.UniqueConstraint(
                "company_id", "resource", "record_id", "user_id", name="uq_follower_resource_record_id_user_id"
            ),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index(
        "ix_follower_user_id_resource_record_id",
        "follower",
        ["company_id", "user_id", "resource", "record_id"],
        unique=False,
    )
    place(
        op.create_table(
            "label",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("resource", sa.String(length=12), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("colour", sa.Text(), nullable=True),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_label_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_label_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_label"),
            sa.UniqueConstraint("company_id", "resource", "name", name="uq_label_resource_name"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "party",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("kind", sa.String(length=12), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("name_key", sa.Text(), nullable=False),
            sa.Column("first_name", sa.Text(), nullable=True),
            sa.Column("last_name", sa.Text(), nullable=True),
            sa.Column("organization_id", sa.BigInteger(), nullable=True),
            sa.Column("owner_id", sa.BigInteger(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("visibility", sa.Integer(), nullable=False),
            sa.Column("label_ids", sa.Text(), nullable=False),
            sa.Column("details", sa.Text(), nullable=False),
            sa.Column("custom_fields", sa.Text().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_party_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "organization_id"], ["party.company_id", "party.id"], name="fk_party_organization_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "owner_id"], ["user.company_id", "user.id"], name="fk_party_owner_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_party_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_party"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_party_kind_created_at_id", "party", ["company_id", "kind", "created_at", "id"], unique=False)
    op.create_index("ix_party_kind_id", "party", ["company_id", "kind", "id"], unique=False)
    op.create_index("ix_party_kind_name_key_id", "party", ["company_id", "kind", "name_key", "id"], unique=False)
    op.create_index("ix_party_kind_updated_at_id", "party", ["company_id", "kind", "updated_at", "id"], unique=False)
    op.create_index("ix_party_organization_id_id", "party", ["company_id", "organization_id", "id"], unique=False)
    op.create_index("ix_party_owner_id_id", "party", ["company_id", "owner_id", "id"], unique=False)
    place(
        op.create_table(
            "stage",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("category", sa.String(length=12), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("likelihood", sa.Integer(), nullable=False),
            sa.Column("rot_enabled", sa.Boolean(), nullable=False),
            sa.Column("rot_days", sa.Integer(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=True),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "pipeline_id"], ["pipeline.company_id", "pipeline.id"], name="fk_stage_pipeline_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_stage_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_stage"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_stage_pipeline_id_position", "stage", ["company_id", "pipeline_id", "position"], unique=False)
    place(
        op.create_table(
            "token",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("kind", sa.String(length=10), nullable=False),
            sa.Column("hash", sa.String(length=64), nullable=False),
            sa.Column("last4", sa.String(length=4), nullable=False),
            sa.Column("scopes", sa.Text(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("revoked_at", sa.BigInteger(), nullable=True),
            sa.ForeignKeyConstraint(["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_token_user_id"),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_token_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_token"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_token_user_id", "token", ["company_id", "user_id"], unique=False)
    place(
        op.create_table(
            "contact_point",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("party_id", sa.BigInteger(), nullable=False),
            sa.Column("kind", sa.String(length=10), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.Column("value_key", sa.Text(), nullable=False),
            sa.Column("is_primary", sa.Boolean(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "party_id"], ["party.company_id", "party.id"], name="fk_contact_point_party_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_contact_point_company"),
            sa.PrimaryKeyConstraint("company_id", "party_id", "kind", "position", name="pk_contact_point"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "deal",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("title", sa.Text(), nullable=False),
            sa.Column("title_key", sa.Text(), nullable=False),
            sa.Column("value", sa.BigInteger(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("owner_id", sa.BigInteger(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("person_id", sa.BigInteger(), nullable=True),
            sa.Column("organization_id", sa.BigInteger(), nullable=True),
            sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
            sa.Column("stage_id", sa.BigInteger(), nullable=False),
            sa.Column("outcome", sa.String(length=12), nullable=False),
            sa.Column("outcome_at", sa.BigInteger(), nullable=True),
            sa.Column("first_won_at", sa.BigInteger(), nullable=True),
            sa.Column("loss_reason", sa.Text(), nullable=True),
            sa.Column("probability", sa.Integer(), nullable=True),
            sa.Column("expected_close", sa.String(length=10), nullable=True),
            sa.Column("visibility", sa.Integer(), nullable=False),
            sa.Column("label_ids", sa.Text(), nullable=False),
            sa.Column("custom_fields", sa.Text().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
            sa.Column("origin", sa.Text(), nullable=False),
            sa.Column("origin_id", sa.Text(), nullable=True),
            sa.Column("channel", sa.Integer(), nullable=True),
            sa.Column("channel_id", sa.Text(), nullable=True),
            sa.Column("started_at", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("stage_changed_at", sa.BigInteger(), nullable=True),
            sa.Column("archived_at", sa.BigInteger(), nullable=True),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_deal_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "organization_id"], ["party.company_id", "party.id"], name="fk_deal_organization_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "owner_id"], ["user.company_id", "user.id"], name="fk_deal_owner_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "person_id"], ["party.company_id", "party.id"], name="fk_deal_person_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "pipeline_id"], ["pipeline.company_id", "pipeline.id"], name="fk_deal_pipeline_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "stage_id"], ["stage.company_id", "stage.id"], name="fk_deal_stage_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_deal_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_deal"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index(
        "ix_deal_archived",
        "deal",
        ["company_id", "id"],
        unique=False,
        sqlite_where=sa.text("archived_at IS NOT NULL"),
        postgresql_where=sa.text("archived_at IS NOT NULL"),
    )
    op.create_index("ix_deal_organization_id_id", "deal", ["company_id", "organization_id", "id"], unique=False)
    op.create_index("ix_deal_outcome_id", "deal", ["company_id", "outcome", "id"], unique=False)
    op.create_index("ix_deal_owner_id_id", "deal", ["company_id", "owner_id", "id"], unique=False)
    op.create_index(
        "ix_deal_owner_id_updated_at_id", "deal", ["company_id", "owner_id", "updated_at", "id"], unique=False
    )
    op.create_index("ix_deal_person_id_id", "deal", ["company_id", "person_id", "id"], unique=False)
    op.create_index("ix_deal_pipeline_id_id", "deal", ["company_id", "pipeline_id", "id"], unique=False)
    op.create_index("ix_deal_stage_id_outcome_id", "deal", ["company_id", "stage_id", "outcome", "id"], unique=False)
    op.create_index("ix_deal_started_at_id", "deal", ["company_id", "started_at", "id"], unique=False)
    op.create_index("ix_deal_updated_at_id", "deal", ["company_id", "updated_at", "id"], unique=False)
    place(
        op.create_table(
            "participant",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("deal_id", sa.BigInteger(), nullable=False),
            sa.Column("person_id", sa.BigInteger(), nullable=False),
            sa.Column("role", sa.String(length=255), nullable=False),
            sa.Column("added_by", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "added_by"], ["user.company_id", "user.id"], name="fk_participant_added_by"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "deal_id"], ["deal.company_id", "deal.id"], name="fk_participant_deal_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "person_id"], ["party.company_id", "party.id"], name="fk_participant_person_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_participant_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_participant"),
            sa.UniqueConstraint("company_id", "deal_id", "person_id", name="uq_participant_deal_id_person_id"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index(
        "ix_participant_person_id_deal_id", "participant", ["company_id", "person_id", "deal_id"], unique=False
    )
