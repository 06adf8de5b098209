"""What Zendesk Sell has"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from dealflow.storage.migrations.tenancy import place

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    place(
        op.create_table(
            "login",
            sa.Column("email_key", sa.String(length=320), nullable=False),
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.PrimaryKeyConstraint("email_key", "company_id", name="pk_login"),
            info={"kind": "directory"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_login_company", "login", ["company_id", "user_id"], unique=False)
    place(
        op.create_table(
            "oauth_client",
            sa.Column("client", sa.String(length=64), nullable=False),
            sa.Column("secret_hash", sa.String(length=64), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("redirect_uris", sa.Text(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("client", name="pk_oauth_client"),
            info={"kind": "directory"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "oauth_grant",
            sa.Column("hash", sa.String(length=64), nullable=False),
            sa.Column("kind", sa.String(length=10), nullable=False),
            sa.Column("family", sa.String(length=64), nullable=False),
            sa.Column("client", sa.String(length=64), nullable=False),
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("scopes", sa.Text(), nullable=False),
            sa.Column("redirect_uri", sa.Text(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=True),
            sa.Column("used_at", sa.BigInteger(), nullable=True),
            sa.PrimaryKeyConstraint("hash", name="pk_oauth_grant"),
            info={"kind": "directory"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_oauth_grant_company", "oauth_grant", ["company_id", "user_id"], unique=False)
    op.create_index("ix_oauth_grant_family", "oauth_grant", ["family"], unique=False)
    place(
        op.create_table(
            "collaboration",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("resource", sa.String(length=12), nullable=False),
            sa.Column("record_id", sa.BigInteger(), nullable=False),
            sa.Column("collaborator_id", sa.BigInteger(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "collaborator_id"],
                ["user.company_id", "user.id"],
                name="fk_collaboration_collaborator_id",
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_collaboration_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_collaboration_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_collaboration"),
            sa.UniqueConstraint(
                "company_id",
                "resource",
                "record_id",
                "collaborator_id",
                name="uq_collaboration_resource_record_id_collaborator_id",
            ),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "password",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("hash", sa.Text(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_password_user_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_password_company"),
            sa.PrimaryKeyConstraint("company_id", "user_id", name="pk_password"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "product",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("name_key", sa.Text(), nullable=False),
            sa.Column("description", sa.Text(), nullable=False),
            sa.Column("sku", sa.Text(), nullable=False),
            sa.Column("sku_key", sa.Text(), nullable=False),
            sa.Column("is_active", sa.Boolean(), nullable=False),
            sa.Column("max_discount", sa.Integer(), nullable=True),
            sa.Column("max_markup", sa.Integer(), nullable=True),
            sa.Column("cost", sa.BigInteger(), nullable=True),
            sa.Column("cost_currency", sa.String(length=3), nullable=False),
            sa.Column("prices", sa.Text(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_product_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_product_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_product"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_product_name_key_id", "product", ["company_id", "name_key", "id"], unique=False)
    place(
        op.create_table(
            "sync_device",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("uuid", sa.String(length=255), nullable=False),
            sa.Column("position", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("seen_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_sync_device_user_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_sync_device_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_sync_device"),
            sa.UniqueConstraint("company_id", "user_id", "uuid", name="uq_sync_device_user_id_uuid"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "term",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("kind", sa.String(length=24), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_term_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_term_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_term"),
            sa.UniqueConstraint("company_id", "kind", "name", name="uq_term_kind_name"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "lead",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("first_name", sa.Text(), nullable=True),
            sa.Column("last_name", sa.Text(), nullable=True),
            sa.Column("organization_name", sa.Text(), nullable=True),
            sa.Column("first_key", sa.Text(), server_default="\U0010ffff", nullable=False),
            sa.Column("last_key", sa.Text(), server_default="\U0010ffff", nullable=False),
            sa.Column("organization_key", sa.Text(), server_default="\U0010ffff", nullable=False),
            sa.Column("status_id", sa.BigInteger(), nullable=False),
            sa.Column("owner_id", sa.BigInteger(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("source_id", sa.BigInteger(), nullable=True),
            sa.Column("unqualified_reason_id", sa.BigInteger(), nullable=True),
            sa.Column("email", sa.Text(), nullable=True),
            sa.Column("email_key", sa.Text(), server_default="\U0010ffff", nullable=False),
            sa.Column("phone", sa.Text(), nullable=True),
            sa.Column("mobile", sa.Text(), nullable=True),
            sa.Column("label_ids", sa.Text(), nullable=False),
            sa.Column("details", sa.Text(), nullable=False),
            sa.Column("custom_fields", sa.Text().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_lead_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "owner_id"], ["user.company_id", "user.id"], name="fk_lead_owner_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "source_id"], ["term.company_id", "term.id"], name="fk_lead_source_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "status_id"], ["term.company_id", "term.id"], name="fk_lead_status_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "unqualified_reason_id"],
                ["term.company_id", "term.id"],
                name="fk_lead_unqualified_reason_id",
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_lead_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_lead"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_lead_email_key_id", "lead", ["company_id", "email_key", "id"], unique=False)
    op.create_index("ix_lead_owner_id_id", "lead", ["company_id", "owner_id", "id"], unique=False)
    op.create_index("ix_lead_updated_at_id", "lead", ["company_id", "updated_at", "id"], unique=False)
    place(
        op.create_table(
            "sync_item",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("device_id", sa.BigInteger(), nullable=False),
            sa.Column("rank", sa.Integer(), nullable=False),
            sa.Column("record_id", sa.BigInteger(), nullable=False),
            sa.Column("part_id", sa.BigInteger(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "device_id"], ["sync_device.company_id", "sync_device.id"], name="fk_sync_item_device_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_sync_item_company"),
            sa.PrimaryKeyConstraint("company_id", "device_id", "rank", "record_id", "part_id", name="pk_sync_item"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "sync_session",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("uuid", sa.String(length=36), nullable=False),
            sa.Column("device_id", sa.BigInteger(), nullable=False),
            sa.Column("served_rank", sa.Integer(), nullable=False),
            sa.Column("served_record_id", sa.BigInteger(), nullable=False),
            sa.Column("served_part_id", sa.BigInteger(), nullable=False),
            sa.Column("last_seq", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "device_id"],
                ["sync_device.company_id", "sync_device.id"],
                name="fk_sync_session_device_id",
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_sync_session_company"),
            sa.PrimaryKeyConstraint("company_id", "uuid", name="pk_sync_session"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_sync_session_created_at", "sync_session", ["company_id", "created_at"], unique=False)
    place(
        op.create_table(
            "activity",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("type", sa.String(length=64), nullable=False),
            sa.Column("subject", sa.Text(), nullable=False),
            sa.Column("subject_key", sa.Text(), nullable=False),
            sa.Column("due_at", sa.BigInteger(), nullable=True),
            sa.Column("remind_at", sa.BigInteger(), nullable=True),
            sa.Column("done", sa.Boolean(), nullable=False),
            sa.Column("done_at", sa.BigInteger(), nullable=True),
            sa.Column("owner_id", sa.BigInteger(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("deal_id", sa.BigInteger(), nullable=True),
            sa.Column("person_id", sa.BigInteger(), nullable=True),
            sa.Column("organization_id", sa.BigInteger(), nullable=True),
            sa.Column("lead_id", sa.BigInteger(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_activity_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "deal_id"], ["deal.company_id", "deal.id"], name="fk_activity_deal_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_activity_lead_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "organization_id"], ["party.company_id", "party.id"], name="fk_activity_organization_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "owner_id"], ["user.company_id", "user.id"], name="fk_activity_owner_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "person_id"], ["party.company_id", "party.id"], name="fk_activity_person_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_activity_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_activity"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_activity_deal_id_id", "activity", ["company_id", "deal_id", "id"], unique=False)
    op.create_index("ix_activity_lead_id_id", "activity", ["company_id", "lead_id", "id"], unique=False)
    op.create_index("ix_activity_organization_id_id", "activity", ["company_id", "organization_id", "id"], unique=False)
    op.create_index("ix_activity_owner_id_id", "activity", ["company_id", "owner_id", "id"], unique=False)
    op.create_index("ix_activity_person_id_id", "activity", ["company_id", "person_id", "id"], unique=False)
    op.create_index("ix_activity_updated_at_id", "activity", ["company_id", "updated_at", "id"], unique=False)
    place(
        op.create_table(
            "call",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("phone_number", sa.Text(), nullable=False),
            sa.Column("incoming", sa.Boolean(), nullable=False),
            sa.Column("missed", sa.Boolean(), nullable=False),
            sa.Column("summary", sa.Text(), nullable=True),
            sa.Column("recording_url", sa.Text(), nullable=True),
            sa.Column("external_id", sa.Text(), nullable=True),
            sa.Column("duration_s", sa.BigInteger(), nullable=True),
            sa.Column("outcome_id", sa.BigInteger(), nullable=True),
            sa.Column("lead_id", sa.BigInteger(), nullable=True),
            sa.Column("party_id", sa.BigInteger(), nullable=True),
            sa.Column("deal_ids", sa.Text(), nullable=False),
            sa.Column("made_at", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_call_lead_id"),
            sa.ForeignKeyConstraint(
                ["company_id", "outcome_id"], ["term.company_id", "term.id"], name="fk_call_outcome_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "party_id"], ["party.company_id", "party.id"], name="fk_call_party_id"
            ),
            sa.ForeignKeyConstraint(["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_call_user_id"),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_call_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_call"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_call_made_at_id", "call", ["company_id", "made_at", "id"], unique=False)
    place(
        op.create_table(
            "lead_conversion",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("lead_id", sa.BigInteger(), nullable=False),
            sa.Column("person_id", sa.BigInteger(), nullable=True),
            sa.Column("organization_id", sa.BigInteger(), nullable=True),
            sa.Column("deal_id", sa.BigInteger(), nullable=True),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_lead_conversion_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "deal_id"], ["deal.company_id", "deal.id"], name="fk_lead_conversion_deal_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_lead_conversion_lead_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "organization_id"],
                ["party.company_id", "party.id"],
                name="fk_lead_conversion_organization_id",
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "person_id"], ["party.company_id", "party.id"], name="fk_lead_conversion_person_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_lead_conversion_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_lead_conversion"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "note",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("content", sa.Text(), nullable=False),
            sa.Column("content_key", sa.Text(), nullable=False),
            sa.Column("kind", sa.String(length=12), nullable=False),
            sa.Column("is_important", sa.Boolean(), nullable=False),
            sa.Column("tags", sa.Text(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("deal_id", sa.BigInteger(), nullable=True),
            sa.Column("person_id", sa.BigInteger(), nullable=True),
            sa.Column("organization_id", sa.BigInteger(), nullable=True),
            sa.Column("lead_id", sa.BigInteger(), nullable=True),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("deleted_at", sa.BigInteger(), nullable=True),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_note_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id", "deal_id"], ["deal.company_id", "deal.id"], name="fk_note_deal_id"),
            sa.ForeignKeyConstraint(["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_note_lead_id"),
            sa.ForeignKeyConstraint(
                ["company_id", "organization_id"], ["party.company_id", "party.id"], name="fk_note_organization_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "person_id"], ["party.company_id", "party.id"], name="fk_note_person_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_note_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_note"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_note_deal_id_id", "note", ["company_id", "deal_id", "id"], unique=False)
    op.create_index("ix_note_lead_id_id", "note", ["company_id", "lead_id", "id"], unique=False)
    op.create_index("ix_note_organization_id_id", "note", ["company_id", "organization_id", "id"], unique=False)
    op.create_index("ix_note_person_id_id", "note", ["company_id", "person_id", "id"], unique=False)
    op.create_index("ix_note_updated_at_id", "note", ["company_id", "updated_at", "id"], unique=False)
    place(
        op.create_table(
            "sales_order",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("deal_id", sa.BigInteger(), nullable=False),
            sa.Column("discount", sa.Integer(), nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_sales_order_creator_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "deal_id"], ["deal.company_id", "deal.id"], name="fk_sales_order_deal_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_sales_order_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_sales_order"),
            sa.UniqueConstraint("company_id", "deal_id", name="uq_sales_order_deal_id"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "text_message",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("user_phone_number", sa.Text(), nullable=False),
            sa.Column("content", sa.Text(), nullable=False),
            sa.Column("incoming", sa.Boolean(), nullable=False),
            sa.Column("lead_id", sa.BigInteger(), nullable=True),
            sa.Column("party_id", sa.BigInteger(), nullable=True),
            sa.Column("resource_phone_number", sa.Text(), nullable=False),
            sa.Column("deal_ids", sa.Text(), nullable=False),
            sa.Column("sent_at", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_text_message_lead_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "party_id"], ["party.company_id", "party.id"], name="fk_text_message_party_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "user_id"], ["user.company_id", "user.id"], name="fk_text_message_user_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_text_message_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_text_message"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    place(
        op.create_table(
            "visit",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("creator_id", sa.BigInteger(), nullable=False),
            sa.Column("outcome_id", sa.BigInteger(), nullable=True),
            sa.Column("lead_id", sa.BigInteger(), nullable=True),
            sa.Column("party_id", sa.BigInteger(), nullable=True),
            sa.Column("address", sa.Text(), nullable=True),
            sa.Column("visited_at", sa.BigInteger(), nullable=False),
            sa.Column("summary", sa.Text(), nullable=True),
            sa.Column("verification", sa.String(length=40), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "creator_id"], ["user.company_id", "user.id"], name="fk_visit_creator_id"
            ),
            sa.ForeignKeyConstraint(["company_id", "lead_id"], ["lead.company_id", "lead.id"], name="fk_visit_lead_id"),
            sa.ForeignKeyConstraint(
                ["company_id", "outcome_id"], ["term.company_id", "term.id"], name="fk_visit_outcome_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "party_id"], ["party.company_id", "party.id"], name="fk_visit_party_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_visit_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_visit"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_visit_visited_at_id", "visit", ["company_id", "visited_at", "id"], unique=False)
    place(
        op.create_table(
            "line_item",
            sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("order_id", sa.BigInteger(), nullable=False),
            sa.Column("product_id", sa.BigInteger(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("sku", sa.Text(), nullable=False),
            sa.Column("description", sa.Text(), nullable=False),
            sa.Column("price", sa.BigInteger(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("variation", sa.BigInteger(), nullable=False),
            sa.Column("value", sa.BigInteger(), nullable=False),
            sa.Column("quantity", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint(
                ["company_id", "order_id"], ["sales_order.company_id", "sales_order.id"], name="fk_line_item_order_id"
            ),
            sa.ForeignKeyConstraint(
                ["company_id", "product_id"], ["product.company_id", "product.id"], name="fk_line_item_product_id"
            ),
            sa.ForeignKeyConstraint(["company_id"], ["company.company_id"], name="fk_line_item_company"),
            sa.PrimaryKeyConstraint("company_id", "id", name="pk_line_item"),
            info={"kind": "tenant"},
            sqlite_with_rowid=False,
        )
    )
    op.create_index("ix_line_item_order_id_id", "line_item", ["company_id", "order_id", "id"], unique=False)
    op.add_column("deal", sa.Column("hot", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("deal", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("loss_reason_id", sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("unqualified_reason_id", sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("sell_stage_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("sell_stage_changed_by_id", sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("last_activity_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_deal_created_at_id", "deal", ["company_id", "created_at", "id"], unique=False)
    op.add_column("label", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("party", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.add_column("party", sa.Column("first_key", sa.Text(), server_default="\U0010ffff", nullable=False))
    op.add_column("party", sa.Column("last_key", sa.Text(), server_default="\U0010ffff", nullable=False))
    op.create_index("ix_party_last_key_id", "party", ["company_id", "last_key", "id"], unique=False)
    op.create_index("ix_party_parent_id_id", "party", ["company_id", "parent_id", "id"], unique=False)
    op.create_index("ix_party_updated_at_id", "party", ["company_id", "updated_at", "id"], unique=False)
    op.add_column("token", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("client", sa.String(length=64), nullable=True))
    op.add_column("token_key", sa.Column("expires_at", sa.BigInteger(), nullable=True))
