"""Every table keeps the rules that make the schema right on SQLite, on PostgreSQL and on several machines."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Constraint,
    DefaultClause,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import False_
from sqlalchemy.types import TypeEngine

from dealflow.storage import schema
from dealflow.storage.records import Records
from dealflow.storage.statement import DIALECTS
from tests.support.records import all_records

KINDS: Final = ("tenant", "directory", "reference", "local")
LONGEST_NAME: Final = 54

TABLES = schema.metadata.sorted_tables
TENANT = [table for table in TABLES if table.info.get("kind") == "tenant"]
tables = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
tenant_tables = pytest.mark.parametrize("table", TENANT, ids=lambda table: table.name)
foreign_keys = pytest.mark.parametrize(
    "key",
    [key for table in TABLES for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))],
    ids=lambda key: key.name,
)


def names(columns: Iterator[Column[object]] | list[Column[object]]) -> list[str]:
    return [column.name for column in columns]


def uniques(table: Table) -> list[list[str]]:
    """The columns of every unique constraint and unique index."""
    constraints = [names(list(each.columns)) for each in table.constraints if isinstance(each, UniqueConstraint)]
    return constraints + [names(list(each.columns)) for each in table.indexes if each.unique]


@tables
def test_a_table_says_its_kind(table: Table) -> None:
    assert table.info.get("kind") in KINDS


@tenant_tables
def test_a_tenants_key_starts_with_the_company(table: Table) -> None:
    assert names(list(table.primary_key.columns))[0] == "company_id"


@tenant_tables
def test_the_company_is_a_big_integer_and_always_there(table: Table) -> None:
    column = table.c.company_id
    assert (type(column.type), column.nullable) == (BigInteger, False)


@tenant_tables
def test_what_is_unique_is_unique_within_a_company(table: Table) -> None:
    assert [columns for columns in uniques(table) if "company_id" not in columns] == []


@tenant_tables
def test_what_is_found_is_found_within_a_company(table: Table) -> None:
    assert [index.name for index in table.indexes if names(list(index.columns))[:1] != ["company_id"]] == []


@foreign_keys
def test_foreign_keys_join_tenants_within_a_company(key: ForeignKeyConstraint) -> None:
    """Tenant to tenant carries the company on both sides; tenant to reference is free; nothing else is allowed."""
    assert isinstance(key.parent, Table)
    kinds = (key.parent.info["kind"], key.referred_table.info["kind"])
    pairs = {(element.parent.name, element.column.name) for element in key.elements}
    assert (kinds == ("tenant", "tenant") and ("company_id", "company_id") in pairs) or kinds == ("tenant", "reference")


@foreign_keys
def test_foreign_keys_never_blank_a_column(key: ForeignKeyConstraint) -> None:
    assert {str(each).upper() for each in (key.ondelete, key.onupdate) if each} <= {"CASCADE", "NO ACTION"}


@tenant_tables
def test_every_tenant_belongs_to_a_company(table: Table) -> None:
    owners = [
        key.referred_table.name for key in table.foreign_key_constraints if names(list(key.columns)) == ["company_id"]
    ]
    assert owners == ([] if table.name == "company" else ["company"])


def named(table: Table) -> Iterator[Constraint | Index]:
    yield from table.constraints
    yield from table.indexes


@tables
def test_names_are_given_and_leave_room_for_a_shard_number(table: Table) -> None:
    assert [each for each in named(table) if not each.name or len(str(each.name)) > LONGEST_NAME] == []
    assert len(table.name) <= LONGEST_NAME


def test_names_are_used_once() -> None:
    found = [str(each.name) for table in TABLES for each in named(table)]
    assert len(found) == len(set(found))


@tables
def test_the_database_makes_up_no_values(table: Table) -> None:
    makers = [
        column.name
        for column in table.columns
        if not _is_constant(column.server_default)
        or column.server_onupdate is not None
        or column.default is not None
        or column.onupdate is not None
        or column.computed is not None
        or isinstance(column.identity, Identity)
        or (table.primary_key.columns.contains_column(column) and column.autoincrement is True)
    ]
    assert makers == []


def _is_constant(default: object) -> bool:
    """Whether a column has no default, or one that is the same for ever."""
    return default is None or (isinstance(default, DefaultClause) and isinstance(default.arg, str | False_))


@tables
def test_no_key_becomes_a_sequence(table: Table) -> None:
    assert table.autoincrement_column is None


def is_allowed(kind: TypeEngine[object]) -> bool:
    on_sqlite, on_postgres = kind.dialect_impl(DIALECTS["sqlite"]), kind.dialect_impl(DIALECTS["postgresql"])
    if isinstance(on_postgres, postgresql.JSONB):
        return isinstance(on_sqlite, Text)
    return type(kind) in (BigInteger, Integer, Boolean, String, Text)


@tables
def test_types_mean_the_same_everywhere(table: Table) -> None:
    assert [column.name for column in table.columns if not is_allowed(column.type)] == []


@tables
def test_ids_and_instants_are_big_integers(table: Table) -> None:
    narrow = [
        column.name
        for column in table.columns
        if (column.name in ("id", "at", "seq") or column.name.endswith("_at") or _links(column))
        and not isinstance(column.type, BigInteger)
    ]
    assert narrow == []


def _links(column: Column[object]) -> bool:
    return column.name.endswith("_id") and column.name not in ("origin_id", "channel_id", "external_id")


@tables
def test_text_that_is_a_key_is_bounded(table: Table) -> None:
    assert [column.name for column in table.primary_key.columns if isinstance(column.type, Text)] == []


@tables
def test_primary_keys_hold_no_nulls(table: Table) -> None:
    key = table.primary_key
    assert isinstance(key, PrimaryKeyConstraint)
    assert [column.name for column in key.columns if column.nullable] == []


@pytest.mark.parametrize("records", all_records(), ids=lambda records: records.table.name)
def test_records_hold_all_columns_but_the_company(records: Records[Any]) -> None:
    columns = [name for name in names(list(records.table.columns)) if name != "company_id"]
    assert sorted(names(records.columns)) == sorted(columns)


@tenant_tables
def test_versions_are_whole_numbers(table: Table) -> None:
    column = table.columns.get("version")
    assert column is None or (type(column.type), column.nullable) == (Integer, False)
