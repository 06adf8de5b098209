"""Labels by their names, as surfaces give them that call them tags."""

from collections.abc import Sequence

from dealflow.storage import counters, events, fields
from dealflow.storage.fields import Label
from dealflow.storage.tx import Tx


def labels_named(tx: Tx, resource: str, names: Sequence[str]) -> list[int]:
    """The ids of the labels of deals, contacts or leads with these names, in order; those that are missing are made."""
    known = {label.name: label.id for label in fields.labels(tx, resource)} if names else {}
    return [known[name] if name in known else add_label(tx, resource, name).id for name in dict.fromkeys(names)]


def add_label(tx: Tx, resource: str, name: str) -> Label:
    """A new label. Its name must be free."""
    label = Label(counters.next_id(tx, "option"), resource, name, None, tx.user_id, tx.now, tx.now)
    fields.add_label(tx, label)
    events.created(tx, "label", label)
    return label
