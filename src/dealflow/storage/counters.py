"""Ids, counted up per company and kind in the writing transaction: small, without gaps, the same on every database."""

from sqlalchemy import bindparam, insert, select, update

from dealflow.storage import schema
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_counter = schema.counter.c
_mine = (_counter.company_id == bindparam("company_id"), _counter.kind == bindparam("of_kind"))
_raise = Statement(
    update(schema.counter).where(*_mine).values(last=_counter.last + bindparam("by")).returning(_counter.last)
)
_start = Statement(
    insert(schema.counter).values(
        company_id=bindparam("company_id"), kind=bindparam("of_kind"), last=bindparam("at_last")
    )
)
_read = Statement(select(_counter.last).where(*_mine))
_lock = Statement(select(_counter.last).where(*_mine).with_for_update())


def next_id(tx: Tx, kind: str, count: int = 1) -> int:
    """The first of `count` fresh ids of a kind."""
    found = tx.row(_raise, of_kind=kind, by=count)
    if found is None:
        tx.change(_start, of_kind=kind, at_last=count)
        return 1
    return int(found[0]) - count + 1


def start(tx: Tx, kind: str, last: int = 0) -> None:
    """Make a counter; the next id is `last + 1`."""
    tx.change(_start, of_kind=kind, at_last=last)


def last(tx: Tx, kind: str) -> int:
    """The last value given out."""
    found = tx.row(_read, of_kind=kind)
    return int(found[0]) if found else 0


def hold(tx: Tx, kind: str) -> int:
    """The last value given out; nobody else moves it before this transaction ends."""
    found = tx.row(_lock, of_kind=kind)
    return int(found[0]) if found else 0


def queue_up(tx: Tx) -> None:
    """From here on no other write of the company comes between; on SQLite none does anyway."""
    if tx.db.database == "postgresql":
        hold(tx, "event")
