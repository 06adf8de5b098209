"""Reasons, sources, statuses and outcomes: one definition serves all (contract 2.8, 2.13, 2.14)."""

from collections.abc import Callable, Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from dealflow.actions import terms as actions
from dealflow.core.errors import NotFound
from dealflow.core.term import (
    CALL_OUTCOME,
    DEAL_SOURCE,
    DEAL_UNQUALIFIED_REASON,
    LEAD_SOURCE,
    LEAD_STATUS,
    LEAD_UNQUALIFIED_REASON,
    LOSS_REASON,
    VISIT_OUTCOME,
    Term,
)
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, choice, nothing, text
from dealflow.dialects.sell.lists import ListQuery, PageQuery, matching, page_of
from dealflow.storage import terms
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

SORTS: Final[Mapping[str, Callable[[Term], Any]]] = {
    "id": lambda term: term.id,
    "name": lambda term: term.name,
    "created_at": lambda term: term.created_at,
    "updated_at": lambda term: term.updated_at,
}
RESOURCE_TYPES: Final[Mapping[str, str]] = {DEAL_SOURCE: "deal", LEAD_SOURCE: "lead"}
"""What sources are of."""


class NameOut(msgspec.Struct):
    """A status or outcome that nobody is known to have made."""

    id: int
    name: str
    created_at: str
    updated_at: str


class TermOut(msgspec.Struct):
    """A reason or outcome; `creator_id` is null if it was there before its company had a say."""

    id: int
    creator_id: int | None
    name: str
    created_at: str
    updated_at: str


class SourceOut(msgspec.Struct):
    """A source; `resource_type` is deal or lead."""

    id: int
    creator_id: int | None
    name: str
    resource_type: str
    created_at: str
    updated_at: str


class TermsQuery(ListQuery, kw_only=True):
    """Parameters of the lists; a name is matched whole, its case too."""

    name: str | None = None


class VisitOutcomesQuery(ListQuery, kw_only=True):
    """Parameters of the list of visit outcomes."""

    page: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    per_page: Annotated[int, msgspec.Meta(ge=1, le=200)] = 25


class Dictionary(NamedTuple):
    """A list of terms: its path, what its items are called, and the kinds in it; new ones are of the first."""

    path: str
    type: str
    kinds: tuple[str, ...]


WRITTEN: Final = (
    Dictionary("/loss_reasons", "loss_reason", (LOSS_REASON,)),
    Dictionary("/deal_unqualified_reasons", "deal_unqualified_reason", (DEAL_UNQUALIFIED_REASON,)),
    Dictionary("/deal_sources", "source", (DEAL_SOURCE,)),
    Dictionary("/lead_sources", "source", (LEAD_SOURCE,)),
    Dictionary("/sources", "source", (LEAD_SOURCE, DEAL_SOURCE)),
)
"""Those with all five calls. `/sources` is the old way to both kinds."""

UNQUALIFIED_LEADS: Final = Dictionary(
    "/lead_unqualified_reasons", "lead_unqualified_reason", (LEAD_UNQUALIFIED_REASON,)
)


def shown_type(each: Dictionary) -> type[TermOut | SourceOut]:
    """Of which type the items of a dictionary are."""
    return SourceOut if each.kinds[0] in RESOURCE_TYPES else TermOut


def term_out(term: Term) -> TermOut | SourceOut:
    """The wire object of a reason, a source or a call outcome."""
    resource_type = RESOURCE_TYPES.get(term.kind)
    since, until = iso(term.created_at), iso(term.updated_at)
    if resource_type is None:
        return TermOut(term.id, term.creator_id, term.name, since, until)
    return SourceOut(term.id, term.creator_id, term.name, resource_type, since, until)


def name_out(term: Term) -> NameOut:
    """The wire object of a lead status or a visit outcome."""
    return NameOut(term.id, term.name, iso(term.created_at), iso(term.updated_at))


def form_of(each: Dictionary) -> Form:
    """What a body may hold."""
    attributes = {
        "name": text(required=True),
        **{name: nothing() for name in ("id", "creator_id", "created_at", "updated_at")},
    }
    resource_type = RESOURCE_TYPES.get(each.kinds[0])
    if resource_type is not None:
        attributes["resource_type"] = choice((resource_type,), writing="once", nullable=False)
    return Form(attributes)


def _all(tx: Tx, kinds: Sequence[str]) -> list[Term]:
    return sorted((term for kind in kinds for term in terms.of_kind(tx, kind)), key=SORTS["id"])


def _page(tx: Tx, each: Dictionary, query: ListQuery, name: str | None, out: Callable[[Term], msgspec.Struct]) -> Reply:
    found = matching(_all(tx, each.kinds), name, lambda term: term.name)
    page = page_of(found, query, SORTS)
    return listed([item(each.type, out(term)) for term in page], query.page, query.per_page)


def _get(tx: Tx, each: Dictionary, term_id: int) -> Term:
    for kind in each.kinds:
        term = terms.find(tx, kind, term_id)
        if term is not None:
            return term
    raise NotFound(each.type, term_id)


def _add_list(each: Dictionary) -> None:
    @V2.add("GET", each.path, section="2.8", cost=0, scopes="read", shows=GenericAlias(list, shown_type(each)))
    def list_terms(tx: Tx, query: TermsQuery) -> Reply:
        return _page(tx, each, query, query.name, term_out)


def _add_writing(each: Dictionary) -> None:
    """Register the four calls on single terms of a dictionary."""
    path = each.path + "/{term_id}"
    form = form_of(each)
    out = shown_type(each)

    @V2.add("POST", each.path, section="2.8", cost=0, scopes="write", shows=out)
    def add_term(tx: Tx, body: Annotated[Data, form]) -> Reply:
        given = form.read(body)
        return one(each.type, term_out(actions.add_term(tx, each.kinds[0], given["name"])))

    @V2.add("GET", path, section="2.8", cost=0, scopes="read", shows=out)
    def get_term(tx: Tx, term_id: Id) -> Reply:
        return one(each.type, term_out(_get(tx, each, term_id)))

    @V2.add("PUT", path, section="2.8", cost=0, scopes="write", shows=out)
    def update_term(tx: Tx, term_id: Id, body: Annotated[Data, form]) -> Reply:
        term = _get(tx, each, term_id)
        given = form.read(body, shown=msgspec.structs.asdict(term_out(term)))
        return one(each.type, term_out(actions.rename_term(tx, term, given.get("name", term.name))))

    @V2.add("DELETE", path, section="2.8", cost=0, scopes="write", status=204, shows=None, pooled=True)
    def delete_term(tx: Tx, term_id: Id) -> Reply:
        actions.delete_term(tx, _get(tx, each, term_id))
        return empty()


for _each in WRITTEN:
    _add_list(_each)
    _add_writing(_each)
_add_list(UNQUALIFIED_LEADS)


@V2.add("GET", "/lead_statuses", section="2.13", cost=0, scopes="read", shows=list[NameOut])
def list_lead_statuses(tx: Tx, query: TermsQuery) -> Reply:
    return _page(tx, Dictionary("/lead_statuses", "lead_status", (LEAD_STATUS,)), query, query.name, name_out)


@V2.add("GET", "/call_outcomes", section="2.14", cost=0, scopes="read", shows=list[TermOut])
def list_call_outcomes(tx: Tx, query: PageQuery) -> Reply:
    in_order_of_ids = ListQuery(page=query.page, per_page=query.per_page)
    return _page(tx, Dictionary("/call_outcomes", "call_outcome", (CALL_OUTCOME,)), in_order_of_ids, None, term_out)


@V2.add("GET", "/visit_outcomes", section="2.14", cost=0, scopes="read", shows=list[NameOut])
def list_visit_outcomes(tx: Tx, query: VisitOutcomesQuery) -> Reply:
    return _page(tx, Dictionary("/visit_outcomes", "visit_outcome", (VISIT_OUTCOME,)), query, None, name_out)
