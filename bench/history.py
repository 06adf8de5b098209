"""A company with a long past: so many stage changes over three years, by 50 users in a pipeline of seven stages."""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, cast

import msgspec
from sqlalchemy import Table, bindparam, insert

from bench.company import COMPANY, Filled, connect
from dealflow.actions import pipelines as pipeline_actions
from dealflow.actions.companies import new_user, set_up_company
from dealflow.actions.deals import add_deal, delete_deal
from dealflow.core.deal import Deal
from dealflow.core.money import Amount
from dealflow.core.time import DAY, Instant
from dealflow.server.calls import system_clock
from dealflow.storage import counters, schema
from dealflow.storage.migrations import upgrade
from dealflow.storage.sqlite import SqliteConnection
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

USERS: Final = 50
STAGES: Final = 7
YEARS: Final = 3
SEED: Final = 1
DEALS_AT_ONCE: Final = 20_000


class Life(NamedTuple):
    """A deal: when it came into which stage (from 0 on), and how it ended."""

    deal_id: int
    owner: int
    value: int
    entries: list[tuple[Instant, int]]
    outcome: str
    closed_at: Instant | None


def lives(changes: int, now: Instant, seed: int = SEED) -> Iterator[Life]:
    """Deals with so many entries into stages in all, the last ones cut short; the same for the same seed."""
    chance = random.Random(seed)
    left, deal_id = changes, 0
    while left > 0:
        deal_id += 1
        at = Instant(now - int(chance.random() * YEARS * 365 * DAY))
        stage = 0
        entries = [(at, stage)]
        outcome, closed_at = "open", cast("Instant | None", None)
        while True:
            at = Instant(at + int(chance.expovariate(1 / 9) * DAY) + 1)
            if at >= now:
                break
            fate = chance.random()
            if fate < 0.09 or (stage == STAGES - 1 and fate < 0.7):
                outcome, closed_at = ("lost" if fate < 0.09 else "won"), at
                break
            if fate < 0.17 and stage:
                stage -= 1
            elif stage == STAGES - 1:
                continue
            else:
                stage += 1
            entries.append((at, stage))
        entries = entries[:left]
        left -= len(entries)
        yield Life(deal_id, chance.randrange(USERS), chance.randrange(1, 500) * 1_000_000, entries, outcome, closed_at)


def company_with_past(path: Path, changes: int) -> Filled:
    """The company with its deals, their entries into stages and their events; without followers and totals."""
    upgrade(f"sqlite:///{path}")
    db = connect(Filled(path, ""), write=True, synchronous="OFF")
    db.raw.execute("PRAGMA foreign_keys=OFF")
    db.begin()
    now = system_clock()
    tx = Tx(db, COMPANY, 0, Instant(now - YEARS * 366 * DAY))
    _, admin = set_up_company(
        tx, "Bench", currency="EUR", timezone="UTC", admin_name="Ann", admin_email="ann@example.com", template="empty"
    )
    for n in range(1, USERS):
        new_user(tx, f"User {n}", f"user{n}@example.com")
    pipeline = pipeline_actions.add_pipeline(tx, "Sales")
    stages = [pipeline_actions.add_stage(tx, pipeline.id, f"Stage {n}").id for n in range(1, STAGES + 1)]
    model = add_deal(tx, {"title": "Deal", "stage_id": stages[0]})
    delete_deal(tx, model.id)
    told = _Told(tx, model, stages)
    waiting = lives(changes, now)
    while piece := list(islice(waiting, DEALS_AT_ONCE)):
        told.write(piece)
    told.finish()
    db.commit()
    db.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    return Filled(path, admin.pipedrive_token)


class _Told:
    """Writes lives as rows, deal by deal."""

    def __init__(self, tx: Tx, model: Deal, stages: list[int]) -> None:
        self._tx = tx
        self._model = model
        self._stages = stages
        self._first = self._seq = counters.next_id(tx, "event")
        self._last_deal = model.id

    def write(self, piece: Sequence[Life]) -> None:
        deals, entries, events = [], [], []
        for life in piece:
            deal = self._deal(life)
            deals.append(deal._asdict())
            for number, (at, stage) in enumerate(life.entries):
                place = {"pipeline_id": deal.pipeline_id, "stage_id": self._stages[stage]}
                entries.append({"deal_id": deal.id, "seq": self._seq, "at": at, **place})
                events.append(self._event(deal, at, place if number else self._begun(deal, place), number))
        db = cast("SqliteConnection", self._tx.db)
        for table, rows in ((schema.deal, deals), (schema.stage_entry, entries), (schema.event, events)):
            compiled = _insert(table).on("sqlite")
            db.raw.executemany(compiled.sql, (compiled.bind({**each, "company_id": COMPANY}) for each in rows))

    def finish(self) -> None:
        """Bring the counters to what was used."""
        counters.next_id(self._tx, "deal", self._last_deal - self._model.id)
        counters.next_id(self._tx, "event", self._seq - self._first - 1)

    def _deal(self, life: Life) -> Deal:
        self._last_deal = self._model.id + life.deal_id
        last_at, stage = life.entries[-1]
        return self._model._replace(
            id=self._last_deal,
            owner_id=life.owner + 1,
            value=Amount(life.value),
            stage_id=self._stages[stage],
            outcome=life.outcome,
            outcome_at=life.closed_at,
            started_at=life.entries[0][0],
            created_at=life.entries[0][0],
            updated_at=life.closed_at or last_at,
            deleted_at=None,
        )

    def _begun(self, deal: Deal, place: dict[str, int]) -> dict[str, object]:
        told = ("owner_id", "value", "currency", "visibility", "started_at")
        return {**{name: getattr(deal, name) for name in told}, "outcome": "open", **place}

    def _event(self, deal: Deal, at: int, after: Mapping[str, object], number: int) -> dict[str, object]:
        self._seq += 1
        return {
            "seq": self._seq - 1,
            "at": at,
            "actor_id": deal.owner_id,
            "surface": "bench",
            "resource": "deal",
            "record_id": deal.id,
            "action": "updated" if number else "created",
            "before": None,
            "after": msgspec.json.encode(after).decode(),
        }


@cache
def _insert(table: Table) -> Statement:
    return Statement(insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns}))
