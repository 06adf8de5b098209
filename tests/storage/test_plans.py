"""SQLite's plans: a filter of a large company goes by its index (storage/migrations/planner.py)."""

from collections.abc import Iterator
from typing import Any

import pytest

from dealflow.storage import statistics
from dealflow.storage.deals import deals
from dealflow.storage.migrations import upgrade
from dealflow.storage.parties import parties
from dealflow.storage.records import Records, _Shape
from dealflow.storage.sqlite import SqliteConnection, SqliteDatabase
from dealflow.storage.statement import Statement


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteConnection]:
    url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'empty.db'}"
    upgrade(url)
    connection = SqliteDatabase(url).connect(write=False)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("records", "where", "order", "index"),
    [
        (deals, "owner", "id", "ix_deal_owner_id_id"),
        (deals, "person", "id", "ix_deal_person_id_id"),
        (deals, "organization", "id", "ix_deal_organization_id_id"),
        (deals, "pipeline open", "id", "ix_deal_pipeline_id_id"),
        (deals, "pipeline not_deleted not_archived", "id", "ix_deal_pipeline_id_id"),
        (deals, "owner not_deleted", "updated_at", "ix_deal_owner_life"),
        (deals, "archived not_deleted", "id", "ix_deal_archived"),
        (deals, "stage open not_archived", "id", "ix_deal_stage_id_outcome_id"),
        (deals, "not_deleted not_archived", "updated_at", "ix_deal_updated_at_id"),
        (deals, "not_deleted not_archived", "started_at", "ix_deal_started_at_id"),
        (deals, "updated_since not_deleted", "updated_at", "ix_deal_updated_at_id"),
        (deals, "not_deleted not_archived", "id", "PRIMARY KEY"),
        (parties, "organization", "id", "ix_party_organization_id_id"),
        (parties, "owner", "id", "ix_party_owner_id_id"),
        (parties, "kind not_deleted", "updated_at", "ix_party_kind_updated_at_id"),
    ],
)
def test_a_filter_on_an_empty_database_is_planned_by_its_index_without_sorting(
    empty: SqliteConnection, records: Records[Any], where: str, order: str, index: str
) -> None:
    sql = records._select(_Shape(tuple(where.split()), order, limit=True)).on("sqlite").sql
    plan = empty.raw.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
    assert [str(step[3]).partition(" (")[0].replace("INDEX ", "") for step in plan] == [
        f"SEARCH {records.table.name} USING {index}"
    ]


@pytest.mark.parametrize("statement", [statistics._of_all, statistics._of_seen], ids=["all", "seen"])
def test_statistics_read_of_deals_an_index_alone(empty: SqliteConnection, statement: Statement) -> None:
    sql = statement.on("sqlite").sql
    plan = [str(step[3]) for step in empty.raw.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    assert [step for step in plan if " deal " in step or " stage_entry " in step] == [
        "SEARCH deal USING COVERING INDEX ix_deal_owner_life (company_id=? AND owner_id=?)",
        "SEARCH stage_entry USING PRIMARY KEY (company_id=? AND deal_id=?)",
    ]
