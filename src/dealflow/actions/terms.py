"""The words a company chooses from: add, rename, delete. Anybody may."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dealflow.actions.sweeps import sweep
from dealflow.core.errors import Conflict
from dealflow.core.term import (
    DEAL_SOURCE,
    DEAL_UNQUALIFIED_REASON,
    LEAD_SOURCE,
    LEAD_UNQUALIFIED_REASON,
    LOSS_REASON,
    Term,
)
from dealflow.core.text import read_name
from dealflow.storage import counters, deals, events, leads, terms
from dealflow.storage.records import Records
from dealflow.storage.tx import Tx

TERMS = terms.terms


class Link(NamedTuple):
    """The attribute by which records point to a term."""

    records: Records[Any]
    attribute: str


LINKS: Final[Mapping[str, Link]] = {
    LOSS_REASON: Link(deals.deals, "loss_reason_id"),
    DEAL_UNQUALIFIED_REASON: Link(deals.deals, "unqualified_reason_id"),
    DEAL_SOURCE: Link(deals.deals, "source_id"),
    LEAD_UNQUALIFIED_REASON: Link(leads.leads, "unqualified_reason_id"),
    LEAD_SOURCE: Link(leads.leads, "source_id"),
}
"""The kinds that may be deleted."""


def add_term(tx: Tx, kind: str, name: str) -> Term:
    """A new term. Raises Invalid, Conflict if the kind has one of exactly this name."""
    name = read_name(name)
    _require_free(tx, kind, name)
    return _new(tx, kind, name)


def seed_terms(tx: Tx, names: Mapping[str, tuple[str, ...]]) -> None:
    """The terms that a fresh company begins with, names by kind."""
    for kind, each_name in names.items():
        for name in each_name:
            _new(tx, kind, name)


def rename_term(tx: Tx, term: Term, name: str) -> Term:
    """The same term under another name; every record that chose it shows that. Raises Invalid, Conflict."""
    name = read_name(name)
    if name == term.name:
        return term
    _require_free(tx, term.kind, name)
    after = term._replace(name=name, updated_at=tx.now)
    events.changed(tx, "term", term, after)
    return TERMS.save(tx, term, after)


def delete_term(tx: Tx, term: Term) -> None:
    """Remove a term. Records that chose it lose it; a reason in a deal's own words stays (contract 7.15)."""
    link = LINKS[term.kind]
    ids = terms.pointing_to(tx, link.records.table, link.attribute, term.id)
    sweep(tx, link.records, ids, lambda record: record._replace(**{link.attribute: None}))
    TERMS.drop(tx, term.id)
    events.append(tx, "term", term.id, "deleted", term._asdict(), None)


def _new(tx: Tx, kind: str, name: str) -> Term:
    term = TERMS.add(tx, Term(counters.next_id(tx, "term"), kind, name, tx.user_id or None, tx.now, tx.now, 1))
    events.created(tx, "term", term)
    return term


def _require_free(tx: Tx, kind: str, name: str) -> None:
    if any(term.name == name for term in terms.of_kind(tx, kind)):
        raise Conflict("name", "already exists")
