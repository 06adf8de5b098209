"""Persons and organizations with their addresses and numbers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select

from dealflow.core.company import User
from dealflow.core.deal import PRIVATE
from dealflow.core.errors import NotFound
from dealflow.core.party import ContactPoint, Party
from dealflow.core.time import DAY
from dealflow.storage import schema
from dealflow.storage.deals import KEPT_DAYS
from dealflow.storage.records import Records, ids_in, padded, pieces, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_p, _c, _f = schema.party.c, schema.contact_point.c, schema.follower.c

_followed = _p.id.in_(
    select(_f.record_id).where(
        _f.company_id == bindparam("company_id"), _f.resource == _p.kind, _f.user_id == bindparam("viewer_id")
    )
)

_ESCAPE = "\\"


def _matches(column: Any) -> Any:
    return column.like(bindparam("pattern"), escape=_ESCAPE)


parties = Records(
    "party",
    schema.party,
    Party,
    conditions={
        "kind": _p.kind == bindparam("of_kind"),
        "owner": _p.owner_id == bindparam("owner_id"),
        "organization": _p.organization_id == bindparam("organization_id"),
        "not_deleted": _p.deleted_at.is_(None),
        "kept": or_(_p.deleted_at.is_(None), _p.deleted_at >= bindparam("kept_since")),
        "updated_since": _p.updated_at >= bindparam("updated_since"),
        "updated_until": _p.updated_at < bindparam("updated_until"),
        "name_from": and_(_p.name_key >= bindparam("name_from"), _p.name_key < bindparam("name_to")),
        "name_matches": _matches(_p.name_key),
        "not_private": or_(_p.visibility != PRIVATE, _p.owner_id == bindparam("viewer_id"), _followed),
    },
    orders={
        "id": _p.id,
        "name": _p.name_key,
        "updated_at": _p.updated_at,
        "created_at": _p.created_at,
        "owner_id": _p.owner_id,
        "organization_id": func.coalesce(_p.organization_id, 0),
    },
)


def visible_to(viewer: User) -> dict[str, Mapping[str, Any]]:
    """The condition that leaves the parties a user may see: none for admins."""
    return {} if viewer.is_admin else {"not_private": {"viewer_id": viewer.id}}


def get_visible(tx: Tx, kind: str, party_id: int, viewer: User) -> Party:
    """A party of one kind the user may see, marked as deleted at most 30 days ago. Raises NotFound."""
    where = {
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


def pattern(term: str) -> str:
    """The LIKE pattern of keys that contain `term`, which is a search key; its own wildcards are taken literally."""
    escaped = term.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
    return f"%{escaped}%"


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
        counted.update(tx.rows(_people[size], **spread("ids", piece, size)))  # type: ignore[arg-type]
    return counted
