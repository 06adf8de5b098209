"""Labels by their names, as surfaces give them that call them tags. Anybody may add, rename and delete them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from dealflow.actions.sweeps import sweep
from dealflow.core.errors import Conflict
from dealflow.core.text import read_name
from dealflow.storage import counters, deals, events, fields, leads, parties
from dealflow.storage.fields import Label
from dealflow.storage.records import Records
from dealflow.storage.tx import Tx

LABELS = fields.label_records
CARRIERS: Final[Mapping[str, Records[Any]]] = {
    "deal": deals.deals,
    "contact": parties.parties,
    "lead": leads.leads,
}
"""What labels are put on."""


def labels_named(tx: Tx, resource: str, names: Sequence[str]) -> list[int]:
    """The ids of the labels of deals, contacts or leads with these names, in order; those that are missing are made."""
    known = {label.name: label.id for label in fields.labels(tx, resource)} if names else {}
    return [known[name] if name in known else _new(tx, resource, name).id for name in dict.fromkeys(names)]


def add_label(tx: Tx, resource: str, name: str) -> Label:
    """A new label. Raises Invalid, Conflict if the resource has one of exactly this name."""
    name = read_name(name)
    _require_free(tx, resource, name)
    return _new(tx, resource, name)


def rename_label(tx: Tx, label: Label, name: str) -> Label:
    """The same label under another name, which all that carry it show. Raises Invalid, Conflict."""
    name = read_name(name)
    if name == label.name:
        return label
    _require_free(tx, label.resource, name)
    after = label._replace(name=name, updated_at=tx.now)
    events.changed(tx, "label", label, after)
    return LABELS.save(tx, label, after)


def delete_label(tx: Tx, label: Label) -> None:
    """Remove a label, and from every record that carries it."""
    records = CARRIERS[label.resource]
    sweep(tx, records, fields.carriers(tx, records.table, label.id), lambda record: _without(record, label.id))
    LABELS.drop(tx, label.id)
    events.append(tx, "label", label.id, "deleted", label._asdict(), None)


def _without(record: Any, label_id: int) -> Any:
    kept = [each for each in msgspec.json.decode(record.label_ids, type=list[int]) if each != label_id]
    return record._replace(label_ids=msgspec.json.encode(kept).decode())


def _new(tx: Tx, resource: str, name: str) -> Label:
    label = LABELS.add(tx, Label(counters.next_id(tx, "option"), resource, name, None, tx.user_id, tx.now, tx.now))
    events.created(tx, "label", label)
    return label


def _require_free(tx: Tx, resource: str, name: str) -> None:
    if any(label.name == name for label in fields.labels(tx, resource)):
        raise Conflict("name", "already exists")
