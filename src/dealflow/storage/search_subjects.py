"""What the records of each kind can be searched by."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Table, case, func

from dealflow.core.fields import ADDRESS_PARTS
from dealflow.storage import schema
from dealflow.storage.activities import activities
from dealflow.storage.deals import deals
from dealflow.storage.json_text import text_at
from dealflow.storage.leads import DETAILS, leads
from dealflow.storage.notes import notes
from dealflow.storage.parties import SINGLES, STANDINGS, TEXTS, parties
from dealflow.storage.records import Records
from dealflow.storage.search import Attribute, Clause, Search, Subject


def _columns(kind: str, table: Table, *names: str) -> dict[str, Attribute]:
    """Columns as they are."""
    return {name: (_maybe if table.c[name].nullable else Attribute)(kind, table.c[name]) for name in names}


def _maybe(kind: str, value: Clause) -> Attribute:
    """An attribute that is null where there is none."""
    return Attribute(kind, value, value.is_not(None))


def _list(kind: str, column: Clause) -> Attribute:
    return Attribute(kind, column, column != "[]")


def _latest(first: Clause, *others: Clause) -> Clause:
    """The largest of several instants; the first one is never null."""
    latest = first
    for other in others:
        latest = case((other > latest, other), else_=latest)
    return latest


def _about(records: Records[Any]) -> dict[str, Attribute]:
    """What something with four links is about: the rank of its kind (`storage.links.RANKS`), and its id."""
    c = records.table.c
    return {
        "about_rank": Attribute("integer", records.orders["about"], records.orders["no_about"] == 0),
        "about_id": _maybe("integer", func.coalesce(c.deal_id, c.person_id, c.organization_id, c.lead_id)),
    }


def _folded(table: Table, **keys: str) -> dict[str, Attribute]:
    """Texts with the columns of their keys."""
    return {name: Attribute("folded", table.c[key], table.c[name].is_not(None)) for name, key in keys.items()}


def _details(table: Table, names: Iterable[str]) -> dict[str, Attribute]:
    """Texts in the details, the parts of the address among them."""
    paths = {name: (name,) for name in names} | {f"address_{part}": ("address", part) for part in ADDRESS_PARTS}
    return {name: _maybe("text", text_at(table.c.details, *path)) for name, path in paths.items()}


_d, _p, _l = schema.deal, schema.party, schema.lead
_n, _a = schema.note, schema.activity
_changed_at = deals.orders["sell_stage_changed_at"]

DEALS: Final = Search(
    Subject(
        deals,
        {
            **_columns("integer", _d, "id", "creator_id", "owner_id", "organization_id", "pipeline_id", "stage_id"),
            **_columns("integer", _d, "source_id", "loss_reason_id", "unqualified_reason_id", "probability"),
            **_columns("integer", _d, "sell_stage_changed_by_id"),
            **_columns("instant", _d, "started_at", "created_at", "updated_at"),
            **_columns("text", _d, "currency", "outcome"),
            **_columns("amount", _d, "value"),
            **_columns("day", _d, "expected_close"),
            **_columns("flag", _d, "hot"),
            "contact_id": _maybe("integer", func.coalesce(_d.c.person_id, _d.c.organization_id)),
            "label_ids": _list("ids", _d.c.label_ids),
            "last_activity_at": Attribute("instant", _latest(_d.c.created_at, _changed_at, _d.c.last_activity_at)),
            "sell_stage_changed_at": Attribute("instant", _changed_at),
            "shown_stage_id": Attribute("integer", deals.orders["shown_stage_id"]),
            "title": Attribute("folded", _d.c.title_key),
        },
        _d.c.custom_fields,
    )
)
PARTIES: Final = Search(
    Subject(
        parties,
        {
            **_columns("integer", _p, "id", "creator_id", "owner_id", "organization_id", "parent_id"),
            **_columns("instant", _p, "created_at", "updated_at"),
            **_folded(_p, first_name="first_key", last_name="last_key"),
            **_details(_p, TEXTS),
            **{kind: Attribute("folded", parties.orders[kind], parties.orders[f"no_{kind}"] == 0) for kind in SINGLES},
            **{name: Attribute("text", parties.orders[name]) for name in STANDINGS},
            "is_organization": Attribute("flag", parties.orders["is_organization"]),
            "label_ids": _list("ids", _p.c.label_ids),
            "name": Attribute("folded", _p.c.name_key),
        },
        _p.c.custom_fields,
    )
)
LEADS: Final = Search(
    Subject(
        leads,
        {
            **_columns(
                "integer", _l, "id", "creator_id", "owner_id", "source_id", "unqualified_reason_id", "status_id"
            ),
            **_columns("instant", _l, "created_at", "updated_at"),
            **_columns("text", _l, "phone", "mobile"),
            **_folded(_l, first_name="first_key", last_name="last_key", email="email_key"),
            **_folded(_l, organization_name="organization_key"),
            **_details(_l, DETAILS),
            "label_ids": _list("ids", _l.c.label_ids),
            "status": Attribute("text", leads.orders["status"]),
        },
        _l.c.custom_fields,
    )
)
NOTES: Final = Search(
    Subject(
        notes,
        {
            **_columns("integer", _n, "id", "creator_id"),
            **_columns("instant", _n, "created_at", "updated_at"),
            **_columns("text", _n, "kind"),
            **_columns("flag", _n, "is_important"),
            **_about(notes),
            "content": Attribute("folded", _n.c.content_key),
            "tags": _list("names", _n.c.tags),
        },
    )
)
ACTIVITIES: Final = Search(
    Subject(
        activities,
        {
            **_columns("integer", _a, "id", "creator_id", "owner_id"),
            **_columns("instant", _a, "due_at", "remind_at", "done_at", "created_at", "updated_at"),
            **_columns("flag", _a, "done"),
            **_about(activities),
            "subject": Attribute("folded", _a.c.subject_key),
        },
    )
)
