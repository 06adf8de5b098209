"""Where deals have been is kept beside the log, and was filled from it for those that were there before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic import command

from dealflow.actions.deals import add_deal, delete_deal, update_deal
from dealflow.actions.pipelines import add_pipeline, add_stage, update_stage
from dealflow.core.time import DAY, Instant
from dealflow.storage import schema, stage_entries
from dealflow.storage.migrations import config, engine_of, upgrade
from dealflow.storage.stage_entries import StageEntry
from dealflow.storage.tx import Tx
from tests.support.databases import Clock, Homes

OLD: Final = "0004"
BORN: Final = Clock.START
# More than the fill takes at once, of events and of entries.
MANY: Final = 1_203


def places(tx: Tx) -> list[tuple[int, Instant, int, int]]:
    found = stage_entries.following(tx, 0, 0, 100)
    return [(entry.deal_id, entry.at, entry.pipeline_id, entry.stage_id) for entry in found]


def test_a_deal_begins_where_it_was_made_when_it_was_begun(tx: Tx) -> None:
    begun = Instant(tx.now - 5 * DAY)
    deal = add_deal(tx, {"title": "Acme", "stage_id": 2, "started_at": begun})
    assert places(tx) == [(deal.id, begun, 1, 2)]


def test_each_move_is_an_entry(tx: Tx) -> None:
    deal = add_deal(tx, {"title": "Acme"})
    for stage_id in (3, 2, 3):
        tx.now = Instant(tx.now + DAY)
        update_deal(tx, deal.id, {"stage_id": stage_id})
    assert [(at - BORN, stage) for _, at, _, stage in places(tx)] == [(0, 1), (DAY, 3), (2 * DAY, 2), (3 * DAY, 3)]


def test_a_move_to_another_pipeline_names_both(tx: Tx) -> None:
    pipeline = add_pipeline(tx, "Renewals")
    stage = add_stage(tx, pipeline.id, "Signing")
    deal = add_deal(tx, {"title": "Acme"})
    update_deal(tx, deal.id, {"pipeline_id": pipeline.id})
    assert [place[2:] for place in places(tx)] == [(1, 1), (pipeline.id, stage.id)]


def test_a_stage_that_moves_takes_its_deals_along(tx: Tx) -> None:
    deal = add_deal(tx, {"title": "Acme"})
    pipeline = add_pipeline(tx, "Renewals")
    update_stage(tx, 1, {"pipeline_id": pipeline.id})
    assert places(tx) == [(deal.id, tx.now, 1, 1), (deal.id, tx.now, pipeline.id, 1)]


@pytest.mark.parametrize("change", [{"outcome": "won"}, {"title": "Other"}, {"started_at": BORN}, {"stage_id": 1}])
def test_what_moves_no_deal_is_no_entry(tx: Tx, change: dict[str, Any]) -> None:
    deal = add_deal(tx, {"title": "Acme"})
    update_deal(tx, deal.id, change)
    delete_deal(tx, deal.id)
    assert len(places(tx)) == 1


# ------------------------------------------------------------------------------------------------- from the log


class Told:
    """A log as it is told, and the entries it should lead to."""

    def __init__(self, company_id: int) -> None:
        self.company_id = company_id
        self.events: list[dict[str, Any]] = []
        self.entries: list[StageEntry] = []

    def tell(self, deal_id: int, after: dict[str, Any] | None, *place: int, resource: str = "deal") -> None:
        """Add an event; `place` is the pipeline and the stage of the entry it leads to, if any."""
        seq = len(self.events) + 1
        at = Instant(BORN + seq)
        self.events.append(
            {
                "company_id": self.company_id,
                "seq": seq,
                "at": at,
                "surface": "pipedrive",
                "resource": resource,
                "record_id": deal_id,
                "action": "created" if after and "started_at" in after else "updated",
                "after": None if after is None else json.dumps(after),
            }
        )
        if place:
            begun = (after or {}).get("started_at", at)
            self.entries.append(StageEntry(deal_id, seq, begun, *place))


def small(company_id: int) -> Told:
    """Two deals whose events come in turn, and other things with the same ids."""
    log = Told(company_id)
    log.tell(7, {"started_at": 5, "pipeline_id": 1, "stage_id": 1, "title": "Acme"}, 1, 1)
    log.tell(7, {"user_id": 1})
    log.tell(2, {"started_at": 6, "pipeline_id": 1, "stage_id": 2, "title": "Globex"}, 1, 2)
    log.tell(7, {"stage_id": 2, "updated_at": 3}, 1, 2)
    log.tell(7, None)
    log.tell(2, {"pipeline_id": 3}, 3, 2)
    log.tell(7, {"pipeline_id": 3, "stage_id": 9}, 3, 9)
    log.tell(7, {"name": "Signing", "pipeline_id": 1}, resource="stage")
    log.tell(2, {"outcome": "won"})
    log.tell(2, {"stage_id": 9}, 3, 9)
    return log


def large(company_id: int) -> Told:
    """Many deals, each with a move."""
    log = Told(company_id)
    for deal_id in range(1, MANY + 1):
        log.tell(deal_id, {"started_at": deal_id, "pipeline_id": 1, "stage_id": 1}, 1, 1)
    for deal_id in range(1, MANY + 1):
        log.tell(deal_id, {"stage_id": 2 + deal_id % 3}, 1, 2 + deal_id % 3)
    return log


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_database(request: pytest.FixtureRequest, homes: Homes, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of the schema before, with three companies, the last without deals; then brought up to date."""
    url = (
        f"sqlite:///{tmp_path / 'old.db'}"
        if request.param == "sqlite"
        else homes.cluster.create_database(f"entries_{abs(hash(request.node.nodeid))}")
    )
    engine = engine_of(url)
    with engine.begin() as connection:
        command.upgrade(config(connection), OLD)
        for company_id in (1, 2, 3):
            named = {"company_id": company_id, "name": "Acme", "domain": "acme", "currency": "EUR", "timezone": "UTC"}
            connection.execute(sa.insert(schema.company).values(**named, created_at=BORN, updated_at=BORN, version=1))
        for log in (small(1), large(2)):
            connection.execute(sa.insert(schema.event), log.events)
    upgrade(url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("log", [small(1), large(2), Told(3)], ids=["small", "large", "empty"])
def test_the_log_fills_them(old_database: sa.Engine, log: Told) -> None:
    c = schema.stage_entry.c
    with old_database.connect() as connection:
        wanted = sa.select(*[c[name] for name in StageEntry._fields]).where(c.company_id == log.company_id)
        found = [tuple(row) for row in connection.execute(wanted.order_by(c.deal_id, c.seq))]
    assert found == sorted(log.entries)
