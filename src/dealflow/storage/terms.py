"""Words a company chooses from: reasons, sources, statuses, outcomes."""

from functools import cache

from sqlalchemy import Table, bindparam, select

from dealflow.core.term import Term
from dealflow.storage import schema
from dealflow.storage.records import Records
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_t = schema.term.c

terms = Records("term", schema.term, Term, conditions={"kind": _t.kind == bindparam("of_kind")})


def of_kind(tx: Tx, kind: str) -> list[Term]:
    """The terms of a kind, oldest first."""
    return terms.all(tx, {"kind": {"of_kind": kind}})


def find(tx: Tx, kind: str, term_id: int | None) -> Term | None:
    """The term with this id, if it is of the kind."""
    term = terms.find(tx, term_id) if term_id is not None else None
    return term if term is not None and term.kind == kind else None


@cache
def _pointing_to(table: Table, attribute: str) -> Statement:
    c = table.c
    chosen = c[attribute] == bindparam("to_term", type_=c[attribute].type)
    return Statement(select(c.id).where(c.company_id == bindparam("company_id"), chosen).order_by(c.id))


def pointing_to(tx: Tx, table: Table, attribute: str, term_id: int) -> list[int]:
    """The ids of the records that have chosen a term by this attribute."""
    return [row[0] for row in tx.rows(_pointing_to(table, attribute), to_term=term_id)]
