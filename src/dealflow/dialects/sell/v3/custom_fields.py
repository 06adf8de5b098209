"""Definitions of custom fields with the words by which the search knows them (contract 2.10, 3.3)."""

from dealflow.core.fields import Field
from dealflow.core.party import ORGANIZATION, PERSON
from dealflow.dialects.sell.custom_fields import FieldOut, FieldsQuery, field_out, list_of_fields
from dealflow.dialects.sell.dialect import V3
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

PREFIXES = {PERSON: "contact:", ORGANIZATION: "sales_account:"}


def _add_list(type_: str) -> None:
    def out(field: Field) -> FieldOut:
        shown = field_out(field)
        shown.resource_type = type_
        shown.search_api_id = f"custom_fields.{PREFIXES.get(field.resource, '')}{field.id}"
        return shown

    @V3.add("GET", f"/{type_}s/custom_fields", section="2.10", cost=0, scopes="read")
    def list_custom_fields(tx: Tx, query: FieldsQuery) -> Reply:
        return list_of_fields(tx, type_, query, out)


for _type in ("contact", "deal", "lead"):
    _add_list(_type)
