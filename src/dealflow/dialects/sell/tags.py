"""Tags: the labels of a record by their names (contract 6.4 l)."""

from collections.abc import Mapping

import msgspec

from dealflow.storage import fields
from dealflow.storage.tx import Tx

read_ids = msgspec.json.Decoder(list[int]).decode


def names_by_id(tx: Tx, resource: str) -> Mapping[int, str]:
    """The names of all labels of deals, contacts or leads."""
    return fields.label_names(tx, resource)


def show_tags(names: Mapping[int, str], label_ids: str) -> list[str]:
    """The names of a record's labels, in the order they were written; removed ones are left out."""
    if label_ids == "[]":
        return []
    return [names[each] for each in read_ids(label_ids) if each in names]
