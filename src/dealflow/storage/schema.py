"""Every table. `info["kind"]` says whose rows it holds: tenant, directory, reference or local (docs/storage.md)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from dealflow.core.text import NO_KEY

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_1_name)s",
        "uq": "uq_%(table_name)s_%(column_1_name)s",
        "ix": "ix_%(table_name)s_%(column_1_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

INSTANT = BigInteger
MONEY = BigInteger
DAY = String(10)
DOCUMENT = Text
JSON_OBJECT = Text().with_variant(JSONB(), "postgresql")


def _id(name: str = "id") -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def _link(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, INSTANT, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False), nullable=False)


def _sort_key(name: str) -> Column[str]:
    """A search key to sort by; `NO_KEY`, which sorts behind every text, where there is no text."""
    return Column(name, Text, nullable=False, server_default=NO_KEY)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False)


def _key(table: str, *columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("company_id", *columns, name=f"pk_{table}")


def _to(table: str, column: str, target: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["company_id", column], [f"{target}.company_id", f"{target}.id"], name=f"fk_{table}_{column}"
    )


def _find(table: str, *columns: str) -> Index:
    return Index(f"ix_{table}_{'_'.join(columns)}", "company_id", *columns)


def _one(table: str, *columns: str) -> UniqueConstraint:
    return UniqueConstraint("company_id", *columns, name=f"uq_{table}_{'_'.join(columns)}")


def _tenant(name: str, *items: SchemaItem, key: tuple[str, ...] = ("id",)) -> Table:
    owner = ForeignKeyConstraint(["company_id"], ["company.company_id"], name=f"fk_{name}_company")
    return Table(
        name,
        metadata,
        _id("company_id"),
        *items,
        _key(name, *key),
        owner,
        info={"kind": "tenant"},
        sqlite_with_rowid=False,
    )


company = Table(
    "company",
    metadata,
    _id("company_id"),
    _text("name"),
    _text("domain"),
    Column("currency", String(3), nullable=False),
    _text("timezone"),
    _text("country", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    _version(),
    PrimaryKeyConstraint("company_id", name="pk_company"),
    info={"kind": "tenant"},
    sqlite_with_rowid=False,
)

counter = _tenant(
    "counter",
    Column("kind", String(20), nullable=False),
    Column("last", BigInteger, nullable=False),
    key=("kind",),
)

user = _tenant(
    "user",
    _id(),
    _text("name"),
    _text("email"),
    _text("email_key"),
    Column("role", String(10), nullable=False),
    _flag("sees_all"),
    _flag("is_active"),
    Column("currency", String(3), nullable=False),
    _text("locale"),
    _text("timezone"),
    _text("phone", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    _at("last_login_at", nullable=True),
    _version(),
    _one("user", "email_key"),
)

password = _tenant(
    "password",
    _link("user_id"),
    _text("hash"),
    _at("updated_at"),
    _to("password", "user_id", "user"),
    key=("user_id",),
)

token = _tenant(
    "token",
    _id(),
    _link("user_id"),
    Column("kind", String(10), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("last4", String(4), nullable=False),
    _text("scopes", nullable=True),
    _at("created_at"),
    _at("revoked_at", nullable=True),
    _at("expires_at", nullable=True),
    Column("client", String(64), nullable=True),
    _to("token", "user_id", "user"),
    _find("token", "user_id"),
)

token_key = Table(
    "token_key",
    metadata,
    Column("hash", String(64), nullable=False),
    _id("company_id"),
    _id("user_id"),
    _id("token_id"),
    _text("scopes", nullable=True),
    _at("expires_at", nullable=True),
    PrimaryKeyConstraint("hash", name="pk_token_key"),
    Index("ix_token_key_company", "company_id", "user_id"),
    info={"kind": "directory"},
    sqlite_with_rowid=False,
)

pipeline = _tenant(
    "pipeline",
    _id(),
    _text("name"),
    Column("position", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    _flag("probability_enabled"),
    _flag("is_seeded"),
    _at("created_at"),
    _at("updated_at", nullable=True),
    _version(),
)

stage = _tenant(
    "stage",
    _id(),
    _link("pipeline_id"),
    _text("name"),
    Column("category", String(12), nullable=False),
    Column("position", Integer, nullable=False),
    Column("likelihood", Integer, nullable=False),
    _flag("rot_enabled"),
    Column("rot_days", Integer, nullable=True),
    _at("created_at"),
    _at("updated_at", nullable=True),
    _at("deleted_at", nullable=True),
    _version(),
    _to("stage", "pipeline_id", "pipeline"),
    _find("stage", "pipeline_id", "position"),
)

party = _tenant(
    "party",
    _id(),
    Column("kind", String(12), nullable=False),
    _text("name"),
    _text("name_key"),
    _text("first_name", nullable=True),
    _text("last_name", nullable=True),
    _link("organization_id", nullable=True),
    _link("owner_id"),
    _link("creator_id"),
    Column("visibility", Integer, nullable=False),
    Column("label_ids", DOCUMENT, nullable=False),
    Column("details", DOCUMENT, nullable=False),
    Column("custom_fields", JSON_OBJECT, nullable=False),
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    _version(),
    _link("parent_id", nullable=True),
    _sort_key("first_key"),
    _sort_key("last_key"),
    _to("party", "organization_id", "party"),
    _to("party", "owner_id", "user"),
    _to("party", "creator_id", "user"),
    _find("party", "kind", "id"),
    _find("party", "kind", "updated_at", "id"),
    _find("party", "kind", "created_at", "id"),
    _find("party", "organization_id", "id"),
    _find("party", "owner_id", "id"),
    _find("party", "kind", "name_key", "id"),
    _find("party", "parent_id", "id"),
    _find("party", "last_key", "id"),
    _find("party", "updated_at", "id"),
)

contact_point = _tenant(
    "contact_point",
    _link("party_id"),
    Column("kind", String(10), nullable=False),
    Column("position", Integer, nullable=False),
    _text("label"),
    _text("value"),
    _text("value_key"),
    _flag("is_primary"),
    _to("contact_point", "party_id", "party"),
    key=("party_id", "kind", "position"),
)

deal = _tenant(
    "deal",
    _id(),
    _text("title"),
    _text("title_key"),
    Column("value", MONEY, nullable=False),
    Column("currency", String(3), nullable=False),
    _link("owner_id"),
    _link("creator_id"),
    _link("person_id", nullable=True),
    _link("organization_id", nullable=True),
    _link("pipeline_id"),
    _link("stage_id"),
    Column("outcome", String(12), nullable=False),
    _at("outcome_at", nullable=True),
    _at("first_won_at", nullable=True),
    _text("loss_reason", nullable=True),
    Column("probability", Integer, nullable=True),
    Column("expected_close", DAY, nullable=True),
    Column("visibility", Integer, nullable=False),
    Column("label_ids", DOCUMENT, nullable=False),
    Column("custom_fields", JSON_OBJECT, nullable=False),
    _text("origin"),
    _text("origin_id", nullable=True),
    Column("channel", Integer, nullable=True),
    _text("channel_id", nullable=True),
    _at("started_at"),
    _at("created_at"),
    _at("updated_at"),
    _at("stage_changed_at", nullable=True),
    _at("archived_at", nullable=True),
    _at("deleted_at", nullable=True),
    _version(),
    Column("hot", Boolean(create_constraint=False), nullable=False, server_default=false()),
    _link("source_id", nullable=True),
    _link("loss_reason_id", nullable=True),
    _link("unqualified_reason_id", nullable=True),
    _at("sell_stage_changed_at", nullable=True),
    _link("sell_stage_changed_by_id", nullable=True),
    _at("last_activity_at", nullable=True),
    _to("deal", "owner_id", "user"),
    _to("deal", "creator_id", "user"),
    _to("deal", "person_id", "party"),
    _to("deal", "organization_id", "party"),
    _to("deal", "pipeline_id", "pipeline"),
    _to("deal", "stage_id", "stage"),
    _find("deal", "owner_id", "id"),
    _find("deal", "person_id", "id"),
    _find("deal", "organization_id", "id"),
    _find("deal", "pipeline_id", "id"),
    _find("deal", "outcome", "id"),
    Index(
        "ix_deal_owner_life",
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
    ),
    Index(
        "ix_deal_archived",
        "company_id",
        "id",
        sqlite_where=text("archived_at IS NOT NULL"),
        postgresql_where=text("archived_at IS NOT NULL"),
    ),
    _find("deal", "stage_id", "outcome", "id"),
    _find("deal", "updated_at", "id"),
    _find("deal", "created_at", "id"),
    _find("deal", "started_at", "id"),
)

deal_total = _tenant(
    "deal_total",
    _link("pipeline_id"),
    _link("stage_id"),
    Column("currency", String(3), nullable=False),
    _flag("is_private"),
    Column("deals", BigInteger, nullable=False),
    Column("value", MONEY, nullable=False),
    Column("own_value", MONEY, nullable=False),
    Column("own_weighted", MONEY, nullable=False),
    CheckConstraint("value BETWEEN -9000000000000000000 AND 9000000000000000000", name="value"),
    CheckConstraint("own_value BETWEEN -9000000000000000000 AND 9000000000000000000", name="own_value"),
    CheckConstraint("own_weighted BETWEEN -9000000000000000000 AND 9000000000000000000", name="own_weighted"),
    key=("pipeline_id", "stage_id", "currency", "is_private"),
)

stage_entry = _tenant(
    "stage_entry",
    _link("deal_id"),
    _id("seq"),
    _at("at"),
    _link("pipeline_id"),
    _link("stage_id"),
    key=("deal_id", "seq"),
)

participant = _tenant(
    "participant",
    _id(),
    _link("deal_id"),
    _link("person_id"),
    Column("role", String(255), nullable=False),
    _link("added_by"),
    _at("created_at"),
    _to("participant", "deal_id", "deal"),
    _to("participant", "person_id", "party"),
    _to("participant", "added_by", "user"),
    _one("participant", "deal_id", "person_id"),
    _find("participant", "person_id", "deal_id"),
)

follower = _tenant(
    "follower",
    _id(),
    Column("resource", String(12), nullable=False),
    _link("record_id"),
    _link("user_id"),
    _at("created_at"),
    _to("follower", "user_id", "user"),
    _one("follower", "resource", "record_id", "user_id"),
    _find("follower", "user_id", "resource", "record_id"),
)

label = _tenant(
    "label",
    _id(),
    Column("resource", String(12), nullable=False),
    _text("name"),
    _text("colour", nullable=True),
    _link("creator_id"),
    _at("created_at"),
    _at("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    _to("label", "creator_id", "user"),
    _one("label", "resource", "name"),
)

field = _tenant(
    "field",
    _id(),
    Column("resource", String(12), nullable=False),
    Column("key", String(40), nullable=False),
    _text("name"),
    Column("type", String(20), nullable=False),
    Column("options", DOCUMENT, nullable=False),
    _text("description", nullable=True),
    Column("position", Integer, nullable=False),
    Column("settings", DOCUMENT, nullable=False),
    _at("created_at"),
    _at("updated_at", nullable=True),
    _link("created_by", nullable=True),
    _link("updated_by", nullable=True),
    _at("deleted_at", nullable=True),
    _version(),
    _one("field", "resource", "key"),
)

term = _tenant(
    "term",
    _id(),
    Column("kind", String(24), nullable=False),
    _text("name"),
    _link("creator_id", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    _version(),
    _to("term", "creator_id", "user"),
    _one("term", "kind", "name"),
)

lead = _tenant(
    "lead",
    _id(),
    _text("first_name", nullable=True),
    _text("last_name", nullable=True),
    _text("organization_name", nullable=True),
    _sort_key("first_key"),
    _sort_key("last_key"),
    _sort_key("organization_key"),
    _link("status_id"),
    _link("owner_id"),
    _link("creator_id"),
    _link("source_id", nullable=True),
    _link("unqualified_reason_id", nullable=True),
    _text("email", nullable=True),
    _sort_key("email_key"),
    _text("phone", nullable=True),
    _text("mobile", nullable=True),
    Column("label_ids", DOCUMENT, nullable=False),
    Column("details", DOCUMENT, nullable=False),
    Column("custom_fields", JSON_OBJECT, nullable=False),
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    _version(),
    _to("lead", "status_id", "term"),
    _to("lead", "owner_id", "user"),
    _to("lead", "creator_id", "user"),
    _to("lead", "source_id", "term"),
    _to("lead", "unqualified_reason_id", "term"),
    _find("lead", "updated_at", "id"),
    _find("lead", "owner_id", "id"),
    _find("lead", "email_key", "id"),
)

lead_conversion = _tenant(
    "lead_conversion",
    _id(),
    _link("lead_id"),
    _link("person_id", nullable=True),
    _link("organization_id", nullable=True),
    _link("deal_id", nullable=True),
    _link("creator_id"),
    _at("created_at"),
    _to("lead_conversion", "lead_id", "lead"),
    _to("lead_conversion", "person_id", "party"),
    _to("lead_conversion", "organization_id", "party"),
    _to("lead_conversion", "deal_id", "deal"),
    _to("lead_conversion", "creator_id", "user"),
)

note = _tenant(
    "note",
    _id(),
    _text("content"),
    _text("content_key"),
    Column("kind", String(12), nullable=False),
    _flag("is_important"),
    Column("tags", DOCUMENT, nullable=False),
    _link("creator_id"),
    _link("deal_id", nullable=True),
    _link("person_id", nullable=True),
    _link("organization_id", nullable=True),
    _link("lead_id", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    _version(),
    _to("note", "creator_id", "user"),
    _to("note", "deal_id", "deal"),
    _to("note", "person_id", "party"),
    _to("note", "organization_id", "party"),
    _to("note", "lead_id", "lead"),
    _find("note", "updated_at", "id"),
    _find("note", "deal_id", "id"),
    _find("note", "person_id", "id"),
    _find("note", "organization_id", "id"),
    _find("note", "lead_id", "id"),
)

activity = _tenant(
    "activity",
    _id(),
    Column("type", String(64), nullable=False),
    _text("subject"),
    _text("subject_key"),
    _at("due_at", nullable=True),
    _at("remind_at", nullable=True),
    _flag("done"),
    _at("done_at", nullable=True),
    _link("owner_id"),
    _link("creator_id"),
    _link("deal_id", nullable=True),
    _link("person_id", nullable=True),
    _link("organization_id", nullable=True),
    _link("lead_id", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    _version(),
    _to("activity", "owner_id", "user"),
    _to("activity", "creator_id", "user"),
    _to("activity", "deal_id", "deal"),
    _to("activity", "person_id", "party"),
    _to("activity", "organization_id", "party"),
    _to("activity", "lead_id", "lead"),
    _find("activity", "updated_at", "id"),
    _find("activity", "owner_id", "id"),
    _find("activity", "deal_id", "id"),
    _find("activity", "person_id", "id"),
    _find("activity", "organization_id", "id"),
    _find("activity", "lead_id", "id"),
)

product = _tenant(
    "product",
    _id(),
    _text("name"),
    _text("name_key"),
    _text("description"),
    _text("sku"),
    _text("sku_key"),
    _flag("is_active"),
    Column("max_discount", Integer, nullable=True),
    Column("max_markup", Integer, nullable=True),
    Column("cost", MONEY, nullable=True),
    Column("cost_currency", String(3), nullable=False),
    Column("prices", DOCUMENT, nullable=False),
    _link("creator_id"),
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    _version(),
    _to("product", "creator_id", "user"),
    _find("product", "name_key", "id"),
)

sales_order = _tenant(
    "sales_order",
    _id(),
    _link("deal_id"),
    Column("discount", Integer, nullable=False),
    _link("creator_id"),
    _at("created_at"),
    _at("updated_at"),
    _version(),
    _to("sales_order", "deal_id", "deal"),
    _to("sales_order", "creator_id", "user"),
    _one("sales_order", "deal_id"),
)

line_item = _tenant(
    "line_item",
    _id(),
    _link("order_id"),
    _link("product_id"),
    _text("name"),
    _text("sku"),
    _text("description"),
    Column("price", MONEY, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("variation", MONEY, nullable=False),
    Column("value", MONEY, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    _at("created_at"),
    _at("updated_at"),
    _to("line_item", "order_id", "sales_order"),
    _to("line_item", "product_id", "product"),
    _find("line_item", "order_id", "id"),
)

call = _tenant(
    "call",
    _id(),
    _link("user_id"),
    _text("phone_number"),
    _flag("incoming"),
    _flag("missed"),
    _text("summary", nullable=True),
    _text("recording_url", nullable=True),
    _text("external_id", nullable=True),
    Column("duration_s", BigInteger, nullable=True),
    _link("outcome_id", nullable=True),
    _link("lead_id", nullable=True),
    _link("party_id", nullable=True),
    Column("deal_ids", DOCUMENT, nullable=False),
    _at("made_at"),
    _at("created_at"),
    _at("updated_at"),
    _version(),
    _to("call", "user_id", "user"),
    _to("call", "outcome_id", "term"),
    _to("call", "lead_id", "lead"),
    _to("call", "party_id", "party"),
    _find("call", "made_at", "id"),
)

text_message = _tenant(
    "text_message",
    _id(),
    _link("user_id"),
    _text("user_phone_number"),
    _text("content"),
    _flag("incoming"),
    _link("lead_id", nullable=True),
    _link("party_id", nullable=True),
    _text("resource_phone_number"),
    Column("deal_ids", DOCUMENT, nullable=False),
    _at("sent_at"),
    _at("created_at"),
    _at("updated_at"),
    _to("text_message", "user_id", "user"),
    _to("text_message", "lead_id", "lead"),
    _to("text_message", "party_id", "party"),
)

visit = _tenant(
    "visit",
    _id(),
    _link("creator_id"),
    _link("outcome_id", nullable=True),
    _link("lead_id", nullable=True),
    _link("party_id", nullable=True),
    _text("address", nullable=True),
    _at("visited_at"),
    _text("summary", nullable=True),
    Column("verification", String(40), nullable=False),
    _at("created_at"),
    _at("updated_at"),
    _to("visit", "creator_id", "user"),
    _to("visit", "outcome_id", "term"),
    _to("visit", "lead_id", "lead"),
    _to("visit", "party_id", "party"),
    _find("visit", "visited_at", "id"),
)

collaboration = _tenant(
    "collaboration",
    _id(),
    Column("resource", String(12), nullable=False),
    _link("record_id"),
    _link("collaborator_id"),
    _link("creator_id"),
    _at("created_at"),
    _at("updated_at"),
    _to("collaboration", "collaborator_id", "user"),
    _to("collaboration", "creator_id", "user"),
    _one("collaboration", "resource", "record_id", "collaborator_id"),
)

sync_device = _tenant(
    "sync_device",
    _id(),
    _link("user_id"),
    Column("uuid", String(255), nullable=False),
    Column("position", BigInteger, nullable=False),
    _at("created_at"),
    _at("seen_at"),
    _to("sync_device", "user_id", "user"),
    _one("sync_device", "user_id", "uuid"),
)

sync_session = _tenant(
    "sync_session",
    Column("uuid", String(36), nullable=False),
    _link("device_id"),
    Column("served_rank", Integer, nullable=False),
    Column("served_record_id", BigInteger, nullable=False),
    Column("served_part_id", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    _at("created_at"),
    _to("sync_session", "device_id", "sync_device"),
    _find("sync_session", "created_at"),
    key=("uuid",),
)

sync_item = _tenant(
    "sync_item",
    _link("device_id"),
    Column("rank", Integer, nullable=False),
    _link("record_id"),
    _link("part_id"),
    Column("seq", BigInteger, nullable=False),
    _to("sync_item", "device_id", "sync_device"),
    key=("device_id", "rank", "record_id", "part_id"),
)

oauth_client = Table(
    "oauth_client",
    metadata,
    Column("client", String(64), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    _text("name"),
    Column("redirect_uris", DOCUMENT, nullable=False),
    _at("created_at"),
    PrimaryKeyConstraint("client", name="pk_oauth_client"),
    info={"kind": "directory"},
    sqlite_with_rowid=False,
)

oauth_grant = Table(
    "oauth_grant",
    metadata,
    Column("hash", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("family", String(64), nullable=False),
    Column("client", String(64), nullable=False),
    _id("company_id"),
    _id("user_id"),
    _text("scopes"),
    _text("redirect_uri", nullable=True),
    _at("created_at"),
    _at("expires_at", nullable=True),
    _at("used_at", nullable=True),
    PrimaryKeyConstraint("hash", name="pk_oauth_grant"),
    Index("ix_oauth_grant_family", "family"),
    Index("ix_oauth_grant_company", "company_id", "user_id"),
    info={"kind": "directory"},
    sqlite_with_rowid=False,
)

login = Table(
    "login",
    metadata,
    Column("email_key", String(320), nullable=False),
    _id("company_id"),
    _id("user_id"),
    PrimaryKeyConstraint("email_key", "company_id", name="pk_login"),
    Index("ix_login_company", "company_id", "user_id"),
    info={"kind": "directory"},
    sqlite_with_rowid=False,
)

event = _tenant(
    "event",
    _id("seq"),
    _at("at"),
    _link("actor_id", nullable=True),
    Column("surface", String(10), nullable=False),
    Column("resource", String(12), nullable=False),
    _link("record_id"),
    Column("action", String(10), nullable=False),
    Column("before", DOCUMENT, nullable=True),
    Column("after", DOCUMENT, nullable=True),
    _find("event", "resource", "record_id", "seq"),
    key=("seq",),
)

external_key = _tenant(
    "external_key",
    Column("kind", String(12), nullable=False),
    Column("key", String(255), nullable=False),
    _link("record_id"),
    _find("external_key", "kind", "record_id"),
    key=("kind", "key"),
)

idempotency = _tenant(
    "idempotency",
    _link("user_id"),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", DOCUMENT, nullable=False),
    _at("created_at"),
    _find("idempotency", "created_at"),
    key=("user_id", "key"),
)

currency_rate = Table(
    "currency_rate",
    metadata,
    Column("currency", String(3), nullable=False),
    Column("day", DAY, nullable=False),
    Column("per_euro_e8", BigInteger, nullable=False),
    PrimaryKeyConstraint("currency", "day", name="pk_currency_rate"),
    info={"kind": "reference"},
    sqlite_with_rowid=False,
)

installation = Table(
    "installation",
    metadata,
    Column("name", String(40), nullable=False),
    _text("value"),
    PrimaryKeyConstraint("name", name="pk_installation"),
    info={"kind": "local"},
    sqlite_with_rowid=False,
)
