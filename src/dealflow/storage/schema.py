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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

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
    _to("party", "organization_id", "party"),
    _to("party", "owner_id", "user"),
    _to("party", "creator_id", "user"),
    _find("party", "kind", "id"),
    _find("party", "kind", "updated_at", "id"),
    _find("party", "kind", "created_at", "id"),
    _find("party", "organization_id", "id"),
    _find("party", "owner_id", "id"),
    _find("party", "kind", "name_key", "id"),
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
    _find("deal", "owner_id", "updated_at", "id"),
    Index(
        "ix_deal_archived",
        "company_id",
        "id",
        sqlite_where=text("archived_at IS NOT NULL"),
        postgresql_where=text("archived_at IS NOT NULL"),
    ),
    _find("deal", "stage_id", "outcome", "id"),
    _find("deal", "updated_at", "id"),
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
