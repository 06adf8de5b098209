"""Rows that are about another record: those about one record, and those about a record that can be seen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, not_, or_, select, true

from dealflow.core.about import DEAL, LEAD, PARTY, About
from dealflow.core.company import Viewer
from dealflow.core.errors import NotFound
from dealflow.core.party import ORGANIZATION
from dealflow.storage import schema
from dealflow.storage.deals import deals
from dealflow.storage.deals import visible_to as deals_visible_to
from dealflow.storage.leads import leads
from dealflow.storage.parties import parties
from dealflow.storage.parties import visible_to as parties_visible_to
from dealflow.storage.records import Record, Records, pieces
from dealflow.storage.tx import Tx

R = TypeVar("R", bound=Record)

# Which deals and parties are in sight, by the name of the condition. Everybody sees all leads.
_PUBLIC: Final[Mapping[str, str]] = dict.fromkeys((PARTY, ORGANIZATION), "not_private")
SEEN: Final[Mapping[str, Mapping[str, str]]] = {
    "reachable": {},
    "reachable_shared": {**_PUBLIC, DEAL: "not_private"},
    "reachable_own": {**_PUBLIC, DEAL: "own_or_followed"},
}
_TABLES: Final[Mapping[str, Table]] = {
    DEAL: schema.deal,
    LEAD: schema.lead,
    PARTY: schema.party,
    ORGANIZATION: schema.party,
}
# In the order of what surfaces call them: contacts, deals, leads.
RANKS: Final[Mapping[str, int]] = {PARTY: 1, DEAL: 2, LEAD: 3, ORGANIZATION: 4}


class Way(NamedTuple):
    """A way for rows to be about a record of one kind: `column` holds its id in the rows that meet `when`."""

    kind: str
    when: ColumnElement[bool]
    column: ColumnElement[Any]


def first_of(*links: tuple[str, ColumnElement[Any]]) -> list[Way]:
    """Of several columns the first that is set counts."""
    columns = [column for _, column in links]
    return [
        Way(kind, and_(*[each.is_(None) for each in columns[:place]], column.is_not(None)), column)
        for place, (kind, column) in enumerate(links)
    ]


def four_links(table: Table) -> list[Way]:
    """The links of notes and activities (case k of contract 6.4)."""
    c = table.c
    return first_of((DEAL, c.deal_id), (PARTY, c.person_id), (PARTY, c.organization_id), (LEAD, c.lead_id))


def two_links(table: Table) -> list[Way]:
    """The links of calls, messages and visits."""
    return first_of((PARTY, table.c.party_id), (LEAD, table.c.lead_id))


def named(kinds: Sequence[str], resource: ColumnElement[Any], record_id: ColumnElement[Any]) -> list[Way]:
    """A column names the kind, another holds the id."""
    return [Way(kind, resource == kind, record_id) for kind in kinds]


def link_conditions(ways: Sequence[Way], alive: ColumnElement[bool] | None = None) -> dict[str, ColumnElement[bool]]:
    """`about_<kind>` leaves rows about any record of a kind, `about_this_<kind>` about one, `about_id` about any record
    with an id, `about_nothing` and `about_something` the others.

    Those of `reachable_by` leave rows that are `alive`, and whose record, if they have one, is neither deleted nor
    hidden from the user.
    """
    this: ColumnElement[Any] = bindparam("about_id")
    whole = true() if alive is None else alive
    free = not_(or_(*[way.when for way in ways]))
    kinds = dict.fromkeys(way.kind for way in ways)
    conditions: dict[str, ColumnElement[bool]] = {
        "about_nothing": free,
        "about_something": or_(*[way.when for way in ways]),
        "about_id": or_(*[and_(way.when, way.column == this) for way in ways]),
    }
    for kind in kinds:
        conditions[f"about_{kind}"] = or_(*[way.when for way in ways if way.kind == kind])
        conditions[f"about_this_{kind}"] = or_(
            *[and_(way.when, way.column == this) for way in ways if way.kind == kind]
        )
    for name, seen in SEEN.items():
        conditions[name] = and_(whole, or_(free, *[and_(way.when, _is_there(way, seen)) for way in ways]))
    return conditions


def _is_there(way: Way, seen: Mapping[str, str]) -> ColumnElement[bool]:
    """Whether the record is there and in sight."""
    table = _TABLES[way.kind]
    c = table.c
    wanted = [c.company_id == bindparam("company_id"), c.id == way.column, c.deleted_at.is_(None)]
    if way.kind == ORGANIZATION:
        wanted.append(c.kind == ORGANIZATION)
    if way.kind in seen:
        wanted.append((deals if way.kind == DEAL else parties).conditions[seen[way.kind]])
    return select(c.id).where(*wanted).exists()


def link_orders(ways: Sequence[Way]) -> dict[str, ColumnElement[Any]]:
    """`about` sorts by the kind of the record, `no_about` rows about nothing behind the others."""
    return {
        "about": case(*[(way.when, RANKS[way.kind]) for way in ways], else_=0),
        "no_about": case((or_(*[way.when for way in ways]), 0), else_=1),
    }


def reachable_by(viewer: Viewer) -> dict[str, Mapping[str, Any]]:
    """The condition that leaves the rows whose records a user may see and that are not deleted (case h)."""
    if viewer.is_admin:
        return {"reachable": {}}
    return {"reachable_shared" if viewer.sees_all else "reachable_own": {"viewer_id": viewer.id}}


def get_reachable(tx: Tx, records: Records[R], record_id: int, viewer: Viewer) -> R:
    """Such a row. Raises NotFound."""
    found = records.page_by_ids(tx, [record_id], reachable_by(viewer))
    if not found:
        raise NotFound(records.kind, record_id)
    return found[0]


def find_kind(tx: Tx, about: About, viewer: Viewer) -> str | None:
    """Deal, person, organization or lead: what a record is that the user may see; None if it is not there."""
    if about.kind == LEAD:
        return LEAD if leads.page_by_ids(tx, [about.id], {"not_deleted": {}}) else None
    if about.kind == DEAL:
        return DEAL if seen_deals(tx, [about.id], viewer) else None
    found = parties.page_by_ids(tx, [about.id], {"not_deleted": {}, **parties_visible_to(viewer)})
    kind = found[0].kind if found else None
    return kind if about.kind in (PARTY, kind) else None


def seen_deals(tx: Tx, deal_ids: Iterable[int], viewer: Viewer) -> set[int]:
    """Those of some deals that are not deleted and that the user may see."""
    where = {"not_deleted": {}, **deals_visible_to(viewer)}
    return {deal.id for piece in pieces(sorted(set(deal_ids))) for deal in deals.page_by_ids(tx, piece, where)}
