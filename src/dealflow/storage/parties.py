"""Persons and organizations with their addresses and numbers, and what their deals come to."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    union,
)

from dealflow.core.company import Viewer
from dealflow.core.deal import PRIVATE
from dealflow.core.errors import NotFound
from dealflow.core.party import ORGANIZATION, PERSON, ContactPoint, Party
from dealflow.core.text import NO_KEY
from dealflow.core.time import DAY
from dealflow.storage import deals, schema
from dealflow.storage.deals import KEPT_DAYS
from dealflow.storage.details import absent, address_conditions, detail_orders
from dealflow.storage.json_text import custom_conditions, custom_orders, text_at
from dealflow.storage.records import Records, ids_in, padded, pieces, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_p, _c, _f = schema.party.c, schema.contact_point.c, schema.follower.c
_d, _t = schema.deal.c, schema.participant.c

_followed = _p.id.in_(
    select(_f.record_id).where(
        _f.company_id == bindparam("company_id"), _f.resource == _p.kind, _f.user_id == bindparam("viewer_id")
    )
)

_ESCAPE = "\\"


def _matches(column: ColumnElement[str]) -> ColumnElement[bool]:
    return column.like(bindparam("pattern"), escape=_ESCAPE)


def _has_point(of_kind: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an address or number of the party matches."""
    return _p.id.in_(
        select(_c.party_id).where(_c.company_id == bindparam("company_id"), of_kind, _matches(_c.value_key))
    )


def _main(kind: str) -> ColumnElement[str]:
    """The key of the address or number that stands for all of a kind, as `core.party.main_point` chooses it."""
    return (
        select(_c.value_key)
        .where(_c.company_id == bindparam("company_id"), _c.party_id == _p.id, _c.kind == kind)
        .order_by(*([_c.is_primary.desc()] if kind == "email" else []), _c.position)
        .limit(literal_column("1", Integer))
        .scalar_subquery()
    )


def _main_is(kind: str) -> ColumnElement[bool]:
    """Whether that one equals a value; which parties have the value at all is quickly found."""
    key = bindparam(f"of_{kind}_key", type_=Text())
    having = select(_c.party_id).where(_c.company_id == bindparam("company_id"), _c.kind == kind, _c.value_key == key)
    return _p.id.in_(having) & (_main(kind) == key)


def _standing(name: str) -> ColumnElement[str]:
    """How an organization or person stands as a customer or prospect."""
    return func.coalesce(text_at(_p.details, name), "none")


SINGLES: Final = ("email", "phone", "mobile", "fax")
STANDINGS: Final = ("customer_status", "prospect_status")
TEXTS: Final = (
    "title",
    "description",
    "industry",
    "website",
    "twitter",
    "facebook",
    "linkedin",
    "skype",
)

_in_deal = _p.id.in_(
    union(
        select(_d.person_id).where(_d.company_id == bindparam("company_id"), _d.id == bindparam("of_deal")),
        select(_t.person_id).where(_t.company_id == bindparam("company_id"), _t.deal_id == bindparam("of_deal")),
    )
)


parties = Records(
    "party",
    schema.party,
    Party,
    conditions={
        "kind": _p.kind == bindparam("of_kind"),
        "owner": _p.owner_id == bindparam("owner_id"),
        "organization": _p.organization_id == bindparam("organization_id"),
        "parent": _p.parent_id == bindparam("parent_id"),
        "not_deleted": _p.deleted_at.is_(None),
        "kept": or_(_p.deleted_at.is_(None), _p.deleted_at >= bindparam("kept_since")),
        "updated_since": _p.updated_at >= bindparam("updated_since"),
        "updated_until": _p.updated_at < bindparam("updated_until"),
        "in_deal": _in_deal,
        "name": _p.name_key == bindparam("name_key"),
        # The same for lists of both kinds: the kinds are said because the index begins with them.
        "named": or_(_p.kind == PERSON, _p.kind == ORGANIZATION) & (_p.name_key == bindparam("of_name_key")),
        "name_matches": _matches(_p.name_key),
        "email_matches": _has_point(_c.kind == "email"),
        "number_matches": _has_point(_c.kind != "email"),
        "creator": _p.creator_id == bindparam("creator_id"),
        "first_name": _p.first_name.is_not(None) & (_p.first_key == bindparam("of_first_key")),
        "last_name": _p.last_name.is_not(None) & (_p.last_key == bindparam("of_last_key")),
        **{kind: _main_is(kind) for kind in SINGLES},
        **{name: _standing(name) == bindparam(f"of_{name}", type_=Text()) for name in STANDINGS},
        **address_conditions(_p.details),
        **custom_conditions(_p.custom_fields, two_fields=True),
        "not_private": or_(_p.visibility != PRIVATE, _p.owner_id == bindparam("viewer_id"), _followed),
    },
    orders={
        "id": _p.id,
        "name": _p.name_key,
        "updated_at": _p.updated_at,
        "created_at": _p.created_at,
        "owner_id": _p.owner_id,
        "organization_id": func.coalesce(_p.organization_id, 0),
        "no_organization_id": absent(_p.organization_id),
        "parent_id": func.coalesce(_p.parent_id, 0),
        "no_parent_id": absent(_p.parent_id),
        "creator_id": _p.creator_id,
        "is_organization": _p.kind == ORGANIZATION,
        "first_name": _p.first_key,
        "no_first_name": absent(_p.first_name),
        "last_name": _p.last_key,
        "no_last_name": absent(_p.last_name),
        **{kind: func.coalesce(_main(kind), NO_KEY) for kind in SINGLES},
        **{f"no_{kind}": absent(_main(kind)) for kind in SINGLES},
        **{name: _standing(name) for name in STANDINGS},
        **detail_orders(_p.details, TEXTS),
        **custom_orders(_p.custom_fields),
    },
)


def get_live(tx: Tx, party_id: int, viewer: Viewer) -> Party:
    """A person or an organization that the user may see and nobody deleted. Raises NotFound."""
    found = parties.page_by_ids(tx, [party_id], {"not_deleted": {}, **visible_to(viewer)})
    if not found:
        raise NotFound("party", party_id)
    return found[0]


def visible_to(viewer: Viewer) -> dict[str, Mapping[str, Any]]:
    """The condition that leaves the parties a user may see: none for admins."""
    return {} if viewer.is_admin else {"not_private": {"viewer_id": viewer.id}}


def get_visible(tx: Tx, kind: str, party_id: int, viewer: Viewer) -> Party:
    """A party of one kind the user may see, marked as deleted at most 30 days ago. Raises NotFound."""
    where: dict[str, Mapping[str, Any]] = {
        "kind": {"of_kind": kind},
        "kept": {"kept_since": tx.now - KEPT_DAYS * DAY},
        **visible_to(viewer),
    }
    found = parties.page_by_ids(tx, [party_id], where)
    if not found:
        raise NotFound(kind, party_id)
    return found[0]


_point_columns = [_c[name] for name in ContactPoint._fields]
_points: dict[int, Statement] = {}
_add_point = Statement(
    insert(schema.contact_point).values({c.name: bindparam(c.name, type_=c.type) for c in schema.contact_point.columns})
)
_drop_points = Statement(
    delete(schema.contact_point).where(
        _c.company_id == bindparam("company_id"), _c.party_id == bindparam("of_party"), _c.kind == bindparam("of_kind")
    )
)


def contact_points(tx: Tx, party_ids: list[int]) -> dict[int, list[ContactPoint]]:
    """E-mail addresses and numbers of parties, in their order; parties without are absent."""
    found: dict[int, list[ContactPoint]] = {}
    for piece in pieces(party_ids):
        size = padded(len(piece))
        if size not in _points:
            _points[size] = Statement(
                select(*_point_columns)
                .where(_c.company_id == bindparam("company_id"), ids_in(_c.party_id, "ids", size))
                .order_by(_c.party_id, _c.kind, _c.position)
            )
        for row in tx.rows(_points[size], **spread("ids", piece, size)):
            point = ContactPoint._make(row)
            found.setdefault(point.party_id, []).append(point)
    return found


def replace_contact_points(tx: Tx, party_id: int, kind: str, points: list[ContactPoint]) -> None:
    """Put new addresses or numbers of one kind in the place of the old ones."""
    tx.change(_drop_points, of_party=party_id, of_kind=kind)
    for point in points:
        tx.change(_add_point, **point._asdict())


def containing(term: str) -> str:
    """The LIKE pattern of keys that contain `term`, which is a search key; its own wildcards are taken literally."""
    return f"%{literal(term)}%"


def beginning(term: str) -> str:
    """The same for keys that begin with it."""
    return f"{literal(term)}%"


def literal(term: str) -> str:
    """The same for keys that equal it."""
    return term.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")


_people: dict[int, Statement] = {}


def people_counts(tx: Tx, organization_ids: list[int]) -> dict[int, int]:
    """How many persons that are not deleted belong to each organization; organizations without are absent."""
    counted: dict[int, int] = {}
    for piece in pieces(organization_ids):
        size = padded(len(piece))
        if size not in _people:
            _people[size] = Statement(
                select(_p.organization_id, func.count())
                .where(
                    _p.company_id == bindparam("company_id"),
                    ids_in(_p.organization_id, "ids", size),
                    _p.deleted_at.is_(None),
                )
                .group_by(_p.organization_id)
            )
        counted.update(tx.rows(_people[size], **spread("ids", piece, size)))
    return counted


# ----------------------------------------------------------------------------------------------------- their deals


class DealCounts(NamedTuple):
    """How many deals of a party are open, won, and lost or unqualified."""

    open: int
    won: int
    lost: int

    @property
    def closed(self) -> int:
        return self.won + self.lost


NO_DEALS: Final = DealCounts(0, 0, 0)
_counts: dict[tuple[str, tuple[str, ...], int], Statement] = {}


def _tally(outcomes: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((outcomes, 1), else_=0))


def _count_statement(link: str, seen: tuple[str, ...], size: int) -> Statement:
    """Deals per person, organization, or participant who is not the deal's own person."""
    found = _counts.get((link, seen, size))
    if found is None:
        column = {"person": _d.person_id, "organization": _d.organization_id, "participant": _t.person_id}[link]
        query = select(
            column,
            _tally(_d.outcome == "open"),
            _tally(_d.outcome == "won"),
            _tally(or_(_d.outcome == "lost", _d.outcome == "unqualified")),
        ).where(
            _d.company_id == bindparam("company_id"),
            ids_in(column, "ids", size),
            *(deals.deals.conditions[name] for name in ("not_deleted", "not_archived", *seen)),
        )
        if link == "participant":
            query = query.where(
                _t.company_id == bindparam("company_id"),
                _t.deal_id == _d.id,
                or_(_d.person_id.is_(None), _d.person_id != _t.person_id),
            )
        found = _counts[(link, seen, size)] = Statement(query.group_by(column))
    return found


def deal_counts(tx: Tx, link: str, party_ids: list[int], viewer: Viewer) -> dict[int, DealCounts]:
    """The deals of each party that the viewer may see, archived and deleted ones left out; absent without any.

    `link`: `person` and `organization` count the deals linked to the party, `participant` those of others that the
    person takes part in.
    """
    seen = deals.visible_to(viewer)
    values = {name: value for given in seen.values() for name, value in given.items()}
    counted: dict[int, DealCounts] = {}
    for piece in pieces(party_ids):
        size = padded(len(piece))
        rows = tx.rows(_count_statement(link, tuple(seen), size), **values, **spread("ids", piece, size))
        counted.update({party_id: DealCounts(int(a), int(b), int(c)) for party_id, a, b, c in rows})
    return counted
