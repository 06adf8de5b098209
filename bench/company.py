"""Databases to measure on."""

import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, select

from dealflow.actions import pipelines as pipeline_actions
from dealflow.actions.companies import new_user, set_up_company
from dealflow.actions.deals import add_deal
from dealflow.core.deal import Deal
from dealflow.core.time import DAY, Instant
from dealflow.server.calls import system_clock
from dealflow.storage import counters, schema
from dealflow.storage.migrations import upgrade
from dealflow.storage.sqlite import SqliteConnection, SqliteDatabase
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

COMPANY: Final = 1
STAGES: Final = 5
USERS: Final = 5
OPEN_DEALS: Final = 10_000

_columns = schema.deal.columns
_deals = Statement(insert(schema.deal).values({c.name: bindparam(c.name, type_=c.type) for c in _columns}))
_one_deal = Statement(
    select(*[_columns[name] for name in Deal._fields]).where(
        _columns.company_id == bindparam("company_id"), _columns.id == bindparam("id")
    )
)


class Filled(NamedTuple):
    """A database file and a token that opens its company as an admin."""

    path: Path
    token: str

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def copy(self, name: str) -> "Filled":
        """The same database in another file, beside this one."""
        path = self.path.with_name(name)
        for file in path.parent.glob(f"{name}*"):
            file.unlink()
        shutil.copyfile(self.path, path)
        return Filled(path, self.token)


def connect(filled: Filled, *, write: bool = False, synchronous: str = "FULL") -> SqliteConnection:
    """A connection as the server opens it."""
    return SqliteDatabase(filled.url, synchronous=synchronous).connect(write=write)


def company(path: Path, deals: int = OPEN_DEALS) -> Filled:
    """A company of open deals in one pipeline of five stages and five users, made by the actions."""
    upgrade(f"sqlite:///{path}")
    db = SqliteDatabase(f"sqlite:///{path}").connect(write=True)
    db.begin()
    tx = Tx(db, COMPANY, 0, system_clock())
    _, admin = set_up_company(
        tx, "Bench", currency="EUR", timezone="Europe/Tallinn", admin_name="Ann", admin_email="ann@example.com"
    )
    for n in range(1, USERS):
        new_user(tx, f"User {n}", f"user{n}@example.com")
    for name in ("Partners", "Renewals"):
        pipeline_actions.add_pipeline(tx, name)
    for n in range(1, deals + 1):
        add_deal(tx, _given(n))
    db.commit()
    db.close()
    return Filled(path, admin.pipedrive_token)


def _given(n: int) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": f"Deal {n} with a title of usual length",
        "value": n % 500 * 10_000 + (2_500 if n % 5 == 0 else 0),
        "currency": "USD" if n % 4 == 0 else "EUR",
        "stage_id": n % STAGES + 1,
        "owner_id": n % USERS + 1,
        "expected_close": "2027-03-31" if n % 2 else None,
    }
    if n % 3 == 0:
        given["probability"] = n % 100
    return given


def company_of_many(path: Path, deals: int) -> Filled:
    """The same with so many deals, inserted in one go: without events, followers and totals, which no list reads."""
    filled = company(path, 10)
    db = connect(filled, write=True, synchronous="OFF")
    tx = Tx(db, COMPANY, 1, system_clock())
    (row,) = tx.rows(_one_deal, id=1)
    compiled = _deals.on("sqlite")
    values = ({**each._asdict(), "company_id": COMPANY} for each in _more_deals(Deal._make(row), deals))
    db.begin()
    db.raw.executemany(compiled.sql, map(compiled.bind, values))
    counters.next_id(tx, "deal", deals - 10)
    db.commit()
    db.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    return filled


def _more_deals(first: Deal, deals: int) -> Iterator[Deal]:
    for n in range(11, deals + 1):
        given = _given(n)
        started_at = Instant(first.started_at - n * 7_919 % 365 * DAY - n)
        yield first._replace(
            id=n,
            title=given["title"],
            title_key=given["title"].lower(),
            value=given["value"],
            currency=given["currency"],
            stage_id=given["stage_id"],
            owner_id=given["owner_id"],
            expected_close=given["expected_close"],
            probability=given.get("probability"),
            started_at=started_at,
            updated_at=started_at,
        )


def remove(*filled: Filled) -> None:
    """Delete database files."""
    for file in chain.from_iterable(each.path.parent.glob(f"{each.path.name}*") for each in filled):
        file.unlink()
