"""Definitions of custom fields (contract 2.10)."""

from dealflow.dialects.sell.custom_fields import RESOURCES, FieldOut, FieldsQuery, field_out, list_of_fields
from dealflow.dialects.sell.dialect import V2
from dealflow.storage.tx import Tx
from dealflow.wire import Reply


def _add_list(type_: str) -> None:
    @V2.add("GET", f"/{type_}/custom_fields", section="2.10", cost=0, scopes="read", shows=list[FieldOut])
    def list_custom_fields(tx: Tx, query: FieldsQuery) -> Reply:
        return list_of_fields(tx, type_, query, field_out)


for _type in RESOURCES:
    _add_list(_type)
