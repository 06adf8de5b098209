"""Words a company chooses from: reasons, sources, statuses, outcomes."""

from sqlalchemy import bindparam

from dealflow.core.term import Term
from dealflow.storage import schema
from dealflow.storage.records import Records
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
