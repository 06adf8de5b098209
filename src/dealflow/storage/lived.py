"""Deals and where they have been, read for counting: many at once, or those that changed.

Many come as one row of texts, a column of numbers each with commas between: the database writes them while other
threads of the program go on, where rows would have to be made one by one.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, case, cast, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.events import RELATIONS
from dealflow.storage.records import ids_in, padded, pieces, spread
from dealflow.storage.statement import Row, Statement
from dealflow.storage.tx import Tx

DEALS_AT_ONCE: Final = 20_000
UNLIMITED: Final = 2**31

_d, _e, _log = schema.deal.c, schema.stage_entry.c, schema.event.c
_company: Final = bindparam("company_id", type_=BigInteger)


class joined(FunctionElement[str]):  # noqa: N801  named as it is called
    """The texts of a group with commas between, in the order of the rows."""

    type = Text()
    name = "joined"
    inherit_cache = True


@compiles(joined)
def _joined(element: joined, compiler: SQLCompiler, **more: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **more)}, ',')"


@compiles(joined, "postgresql")
def _joined_on_postgresql(element: joined, compiler: SQLCompiler, **more: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **more)}, ',')"


class DealTexts(NamedTuple):
    """Columns of deals by id. Times and days are 0 where there is none; `day` is `20260430`, `currency` letters."""

    id: str
    owner_id: str
    pipeline_id: str
    outcome: str
    outcome_at: str
    started_at: str
    value: str
    currency: str
    visibility: str
    archived_at: str
    deleted_at: str
    day: str
    probability: str


class EntryTexts(NamedTuple):
    """Columns of entries into stages, by deal and event."""

    deal_id: str
    at: str
    pipeline_id: str
    stage_id: str


_outcome = case((_d.outcome == "open", 0), (_d.outcome == "won", 1), else_=2)
_columns: Final[dict[str, ColumnElement[Any]]] = {
    "id": _d.id,
    "owner_id": _d.owner_id,
    "pipeline_id": _d.pipeline_id,
    "outcome": _outcome,
    "outcome_at": func.coalesce(_d.outcome_at, 0),
    "started_at": _d.started_at,
    "value": _d.value,
    "currency": _d.currency,
    "visibility": _d.visibility,
    "archived_at": func.coalesce(_d.archived_at, 0),
    "deleted_at": func.coalesce(_d.deleted_at, 0),
    "day": func.replace(func.coalesce(_d.expected_close, "0"), "-", ""),
    "probability": func.coalesce(_d.probability, -1),
}


def _texts(query: Any, names: Sequence[str]) -> Statement:
    """One row of what the query gives, in its order."""
    rows = query.subquery()
    texts: list[Any] = [joined(cast(rows.c[name], Text)) for name in names]
    return Statement(select(*texts))


_last_id: Final = Statement(
    select(
        func.max(
            select(_d.id)
            .where(_d.company_id == _company, _d.id > bindparam("after_id"))
            .order_by(_d.id)
            .limit(bindparam("most"))
            .subquery()
            .c.id
        )
    )
)
_in_range: Final = (bindparam("after_id", type_=BigInteger), bindparam("until_id", type_=BigInteger))
_deals: Final = _texts(
    select(*[column.label(name) for name, column in _columns.items()])
    .where(_d.company_id == _company, _d.id > _in_range[0], _d.id <= _in_range[1])
    .order_by(_d.id)
    .limit(bindparam("most")),
    DealTexts._fields,
)
_entries: Final = _texts(
    select(*[_e[name] for name in EntryTexts._fields])
    .where(_e.company_id == _company, _e.deal_id > _in_range[0], _e.deal_id <= _in_range[1])
    .order_by(_e.deal_id, _e.seq)
    .limit(bindparam("most")),
    EntryTexts._fields,
)


def everything(tx: Tx) -> Iterator[tuple[DealTexts, EntryTexts]]:
    """All deals of the company, deleted ones too, and their entries, some thousand deals at a time."""
    after = 0
    while (until := tx.rows(_last_id, after_id=after, most=DEALS_AT_ONCE)[0][0]) is not None:
        bounds = {"after_id": after, "until_id": until, "most": UNLIMITED}
        yield DealTexts._make(tx.rows(_deals, **bounds)[0]), EntryTexts._make(tx.rows(_entries, **bounds)[0])
        after = until


# ------------------------------------------------------------------------------------------------------- what changed

_of_deals: Final = (
    _log.company_id == _company,
    _log.resource == "deal",
    _log.action.not_in([literal(action) for action in RELATIONS]),
)
_changed_between: Final = Statement(
    select(_log.record_id)
    .where(*_of_deals, _log.seq > bindparam("after_seq"), _log.seq <= bindparam("until_seq"))
    .distinct()
)
_changed_after: Final = Statement(
    select(_log.record_id).where(*_of_deals, _log.at > bindparam("moment", type_=BigInteger)).distinct()
)
_last_seq: Final = Statement(select(func.coalesce(func.max(_log.seq), 0)).where(_log.company_id == _company))


def last_seq(tx: Tx) -> int:
    """The number of the newest event of the company."""
    return int(tx.rows(_last_seq)[0][0])


def changed_between(tx: Tx, after: int, until: int) -> list[int]:
    """The ids of deals that have events after the one and up to the other."""
    return [row[0] for row in tx.rows(_changed_between, after_seq=after, until_seq=until)]


def changed_after(tx: Tx, moment: Instant) -> list[int]:
    """The ids of deals to which something happened after a moment."""
    return [row[0] for row in tx.rows(_changed_after, moment=moment)]


@cache
def _some_deals(size: int) -> Statement:
    columns = ("id", "owner_id", "pipeline_id", "outcome", "outcome_at", "started_at", "value", "currency")
    more = ("visibility", "archived_at", "expected_close", "probability")
    return Statement(
        select(*[_d[name] for name in (*columns, *more)])
        .where(_d.company_id == _company, _d.deleted_at.is_(None), ids_in(_d.id, "ids", size))
        .order_by(_d.id)
    )


@cache
def _some_entries(size: int) -> Statement:
    return Statement(
        select(_e.deal_id, _e.at, _e.pipeline_id, _e.stage_id)
        .where(_e.company_id == _company, ids_in(_e.deal_id, "ids", size))
        .order_by(_e.deal_id, _e.seq)
    )


def some(tx: Tx, deal_ids: Sequence[int]) -> Iterator[tuple[Row, list[Row]]]:
    """Deals by id that are not deleted, each with its entries: `(at, pipeline_id, stage_id)` behind the deal's id."""
    for piece in pieces(deal_ids):
        size = padded(len(piece))
        ids = spread("ids", piece, size)
        entries: dict[int, list[Row]] = {}
        for row in tx.rows(_some_entries(size), **ids):
            entries.setdefault(row[0], []).append(row)
        for row in tx.rows(_some_deals(size), **ids):
            yield row, entries.get(row[0], [])
