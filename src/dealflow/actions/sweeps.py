"""One change made to many records, each with its event."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from dealflow.core.party import Party
from dealflow.storage import events
from dealflow.storage.records import Record, Records, pieces
from dealflow.storage.tx import Tx

R = TypeVar("R", bound=Record)


def sweep(tx: Tx, records: Records[R], ids: Sequence[int], change: Callable[[R], R]) -> None:
    """Change the records with these ids, deleted and archived ones too. `change` touches no totals and no links."""
    for piece in pieces(ids):
        for before in records.by_id(tx, piece).values():
            after = change(before)
            if after != before:
                after = cast("Any", after)._replace(updated_at=tx.now)
                resource = before.kind if isinstance(before, Party) else records.kind
                events.changed(tx, resource, before, after)
                records.save(tx, before, after)
