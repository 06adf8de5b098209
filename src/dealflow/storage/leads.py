"""Leads, and what they were converted to."""

from sqlalchemy import bindparam, func, select

from dealflow.core.errors import NotFound
from dealflow.core.lead import Lead, LeadConversion
from dealflow.storage import schema
from dealflow.storage.details import absent, address_conditions, detail_orders, text_orders
from dealflow.storage.json_text import custom_conditions, custom_orders
from dealflow.storage.records import Records
from dealflow.storage.tx import Tx

_l, _c, _t = schema.lead.c, schema.lead_conversion.c, schema.term.c

# The name of the status.
_status = (
    select(_t.name)
    .where(_t.company_id == _l.company_id, _t.company_id == bindparam("company_id"), _t.id == _l.status_id)
    .scalar_subquery()
)
DETAILS = ("title", "description", "industry", "website", "fax", "twitter", "facebook", "linkedin", "skype")

leads = Records(
    "lead",
    schema.lead,
    Lead,
    conditions={
        "not_deleted": _l.deleted_at.is_(None),
        "creator": _l.creator_id == bindparam("creator_id"),
        "owner": _l.owner_id == bindparam("owner_id"),
        "source": _l.source_id == bindparam("source_id"),
        "unqualified_reason": _l.unqualified_reason_id == bindparam("unqualified_reason_id"),
        "status": _l.status_id == bindparam("status_id"),
        "first_name": _l.first_name.is_not(None) & (_l.first_key == bindparam("of_first_key")),
        "last_name": _l.last_name.is_not(None) & (_l.last_key == bindparam("of_last_key")),
        "organization_name": _l.organization_name.is_not(None)
        & (_l.organization_key == bindparam("of_organization_key")),
        "email": _l.email.is_not(None) & (_l.email_key == bindparam("of_email_key")),
        "phone": _l.phone == bindparam("of_phone"),
        "mobile": _l.mobile == bindparam("of_mobile"),
        **address_conditions(_l.details),
        **custom_conditions(_l.custom_fields),
    },
    orders={
        "id": _l.id,
        "creator_id": _l.creator_id,
        "owner_id": _l.owner_id,
        "first_name": _l.first_key,
        "no_first_name": absent(_l.first_name),
        "last_name": _l.last_key,
        "no_last_name": absent(_l.last_name),
        "organization_name": _l.organization_key,
        "no_organization_name": absent(_l.organization_name),
        "email": _l.email_key,
        "no_email": absent(_l.email),
        "source_id": func.coalesce(_l.source_id, 0),
        "no_source_id": absent(_l.source_id),
        "unqualified_reason_id": func.coalesce(_l.unqualified_reason_id, 0),
        "no_unqualified_reason_id": absent(_l.unqualified_reason_id),
        "created_at": _l.created_at,
        "updated_at": _l.updated_at,
        **text_orders({"status": _status, "phone": _l.phone, "mobile": _l.mobile}),
        **detail_orders(_l.details, DETAILS),
        **custom_orders(_l.custom_fields),
    },
)

conversions = Records(
    "lead_conversion",
    schema.lead_conversion,
    LeadConversion,
    conditions={"lead": _c.lead_id == bindparam("lead_id")},
    orders={"id": _c.id, "created_at": _c.created_at},
)


def get_live(tx: Tx, lead_id: int) -> Lead:
    """A lead that is not deleted. Raises NotFound."""
    lead = leads.find(tx, lead_id)
    if lead is None or lead.deleted_at is not None:
        raise NotFound("lead", lead_id)
    return lead
