"""Conversions of leads to contacts and deals (contract 2.13)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from dealflow.actions.leads import convert_lead
from dealflow.core.lead import LeadConversion
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import item, listed, one
from dealflow.dialects.sell.form import Form, flag, link, nothing
from dealflow.dialects.sell.lists import ListQuery, Sort, read_page
from dealflow.storage.leads import conversions
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

FORM: Final = Form(
    {
        "lead_id": link(required=True),
        "owner_id": link(),
        "create_deal": flag("with_deal"),
        **dict.fromkeys(
            ("id", "individual_id", "organization_id", "deal_id", "creator_id", "created_at"),
            nothing(),
        ),
    }
)
SORTS: Final[Mapping[str, Sort]] = {"id": Sort("id"), "created_at": Sort("created_at")}


class ConversionOut(msgspec.Struct):
    """What a lead was made into."""

    id: int
    lead_id: int
    individual_id: int | None
    organization_id: int | None
    deal_id: int | None
    creator_id: int
    created_at: str


class ConversionsQuery(ListQuery, kw_only=True):
    """Parameters of the list; no `cursor` is ever given out, so whatever is sent changes nothing."""

    per_page: Annotated[int, msgspec.Meta(ge=1, le=200)] = 25
    cursor: str | None = None


def conversion_out(conversion: LeadConversion) -> ConversionOut:
    """The wire object."""
    return ConversionOut(
        conversion.id,
        conversion.lead_id,
        conversion.person_id,
        conversion.organization_id,
        conversion.deal_id,
        conversion.creator_id,
        iso(conversion.created_at),
    )


def _item(conversion: LeadConversion) -> dict[str, Any]:
    return item("lead_conversion", conversion_out(conversion))


@V2.add("GET", "/lead_conversions", section="2.13", cost=0, scopes="read", shows=list[ConversionOut])
def list_lead_conversions(tx: Tx, query: ConversionsQuery) -> Reply:
    found = read_page(tx, conversions, query, {}, SORTS)
    return listed([_item(each) for each in found], query.page, query.per_page)


@V2.add("POST", "/lead_conversions", section="2.13", cost=0, scopes="write", shows=ConversionOut, pooled=True)
def add_lead_conversion(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return one("lead_conversion", conversion_out(convert_lead(tx, **FORM.read(body))))
