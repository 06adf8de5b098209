"""Companies that were there before statuses and outcomes have them after the upgrade (migration 0004)."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from dealflow.core.term import BASICS, CALL_OUTCOME, LEAD_STATUS
from dealflow.storage import schema
from dealflow.storage.migrations import config, engine_of, upgrade
from tests.support.databases import Clock, Homes

OLD = "0003"
FILLED, PARTLY = 1, 2
BORN = Clock.START


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, homes: Homes, tmp_path: Path) -> str:
    """A database of the schema before, with a company that has no terms and one that has a status of its own."""
    made = (
        f"sqlite:///{tmp_path / 'old.db'}"
        if request.param == "sqlite"
        else homes.cluster.create_database(f"old_{abs(hash(request.node.nodeid))}")
    )
    engine = engine_of(made)
    with engine.begin() as connection:
        command.upgrade(config(connection), OLD)
        for company_id in (FILLED, PARTLY):
            connection.execute(
                sa.insert(schema.company).values(
                    company_id=company_id,
                    name="Acme",
                    domain="acme",
                    currency="EUR",
                    timezone="UTC",
                    created_at=BORN,
                    updated_at=BORN,
                    version=1,
                )
            )
        connection.execute(sa.insert(schema.counter).values(company_id=PARTLY, kind="term", last=7))
        connection.execute(
            sa.insert(schema.term).values(
                company_id=PARTLY,
                id=7,
                kind=LEAD_STATUS,
                name="Mine",
                created_at=BORN,
                updated_at=BORN,
                version=1,
            )
        )
    engine.dispose()
    upgrade(made)
    return made


def terms(url: str, company_id: int) -> list[tuple[int, str, str]]:
    t = schema.term.c
    engine = engine_of(url)
    with engine.connect() as connection:
        query = sa.select(t.id, t.kind, t.name).where(t.company_id == company_id).order_by(t.id)
        found = [(row.id, row.kind, row.name) for row in connection.execute(query)]
    engine.dispose()
    return found


def last_id(url: str, company_id: int) -> int | None:
    c = schema.counter.c
    engine = engine_of(url)
    with engine.connect() as connection:
        last = connection.scalar(sa.select(c.last).where(c.company_id == company_id, c.kind == "term"))
    engine.dispose()
    return last


def test_a_company_without_any_has_all_that_a_new_one_has(url: str) -> None:
    expected = [(kind, name) for kind, names in BASICS.items() for name in names]
    assert terms(url, FILLED) == [(place, *each) for place, each in enumerate(expected, 1)]
    assert last_id(url, FILLED) == len(expected)


def test_a_company_keeps_the_statuses_it_has(url: str) -> None:
    (first, second, *_) = terms(url, PARTLY)
    assert (first, second[:2]) == ((7, LEAD_STATUS, "Mine"), (8, CALL_OUTCOME))
    assert last_id(url, PARTLY) == terms(url, PARTLY)[-1][0]
