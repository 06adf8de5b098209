"""Custom fields, their options, and labels: add, change, delete.

Values that records hold stay as they are: whoever shows them leaves out deleted fields, options and labels. A `Field`
given here was read in the same transaction.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from dealflow.actions.permissions import require_admin
from dealflow.core import fields as core
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.fields import CHOICES, TYPES, Field
from dealflow.core.text import read_name
from dealflow.storage import counters, events, fields
from dealflow.storage.fields import LABELLED, LABELS_KEY, FieldRow, Label
from dealflow.storage.tx import Tx

FIELDS, LABELS = fields.fields, fields.label_records
KEY_BYTES: Final = 20


def add_field(
    tx: Tx,
    resource: str,
    name: str,
    type_: str,
    *,
    options: Sequence[str] = (),
    description: str | None = None,
    settings: Mapping[str, Any] | None = None,
    types: Sequence[str] = TYPES,
) -> Field:
    """A new custom field of deal, person, organization or lead, last in order. Raises Invalid.

    `options` are labels; `types` are those on offer.
    """
    require_admin(tx)
    if type_ not in types:
        raise Invalid("field_type", f"must be one of {', '.join(types)}")
    if type_ in CHOICES and not options:
        raise Invalid("options", "is required")
    live = fields.live(tx, resource)
    field = Field(
        resource=resource,
        id=counters.next_id(tx, "field"),
        key=secrets.token_hex(KEY_BYTES),
        name=read_name(name),
        type=type_,
        options=(),
        description=description,
        position=max((each.position for each in live.values()), default=0) + 1,
        is_custom=True,
        settings=settings or {},
        created_at=tx.now,
        updated_at=None,
        created_by=tx.user_id,
        updated_by=None,
    )
    if options:
        field = core.add_options(field, options, counters.next_id(tx, "option", len(options)))
    row = FieldRow(deleted_at=None, version=1, **_columns(field))
    FIELDS.add(tx, row)
    events.created(tx, "field", row)
    return field


def update_field(tx: Tx, field: Field, changes: Mapping[str, Any]) -> Field:
    """Change `name`, `description`, `settings` (those named, one level deep) or `options`.

    `options` are pairs of id and label, in order: those without an id are new, those not named go. Of system fields
    only the options of the labels can change. Raises Invalid, Conflict.
    """
    require_admin(tx)
    after = field
    if "name" in changes:
        after = after._replace(name=read_name(changes["name"]))
    if "description" in changes:
        after = after._replace(description=changes["description"])
    if "settings" in changes:
        after = after._replace(settings=_merged(field.settings, changes["settings"]))
    if "options" in changes:
        wanted = changes["options"]
        fresh = sum(1 for option_id, _ in wanted if option_id is None)
        after = core.replace_options(after, wanted, counters.next_id(tx, "option", fresh) if fresh else 0)
    return _keep(tx, field, after)


def delete_field(tx: Tx, field: Field) -> None:
    """Mark a custom field as deleted. Raises Conflict for a system field."""
    require_admin(tx)
    if not field.is_custom:
        raise Conflict("field", "cannot be deleted: it is a system field")
    before = FIELDS.get(tx, field.id, lock=True)
    after = before._replace(deleted_at=tx.now, updated_at=tx.now, updated_by=tx.user_id)
    events.changed(tx, "field", before, after, "deleted")
    FIELDS.save(tx, before, after)


def add_options(tx: Tx, field: Field, labels: Sequence[str]) -> Field:
    """Append options. All options are added or none, as with every change of options. Raises Invalid, Conflict."""
    require_admin(tx)
    return _keep(tx, field, core.add_options(field, labels, counters.next_id(tx, "option", len(labels))))


def rename_options(tx: Tx, field: Field, labels: Mapping[int, str]) -> Field:
    """Give options new labels, by id. Raises Invalid, Conflict."""
    require_admin(tx)
    return _keep(tx, field, core.rename_options(field, labels))


def remove_options(tx: Tx, field: Field, ids: Sequence[int]) -> Field:
    """Take options away; the last one stays. Raises Invalid, Conflict."""
    require_admin(tx)
    return _keep(tx, field, core.remove_options(field, ids))


def _merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**settings, **{name: {**settings.get(name, {}), **value} for name, value in changes.items()}}


def _columns(field: Field) -> dict[str, Any]:
    columns = field._asdict()
    del columns["is_custom"]
    columns["options"] = fields.options_text(field.options)
    columns["settings"] = msgspec.json.encode(field.settings).decode()
    return columns


def _keep(tx: Tx, before: Field, after: Field) -> Field:
    if after == before:
        return before
    if not before.is_custom:
        if before.key != LABELS_KEY or after._replace(options=before.options) != before:
            raise Conflict("field", "cannot be changed: it is a system field")
        _keep_labels(tx, LABELLED[before.resource], after)
        return after
    after = after._replace(updated_at=tx.now, updated_by=tx.user_id)
    row = FIELDS.get(tx, before.id, lock=True)
    changed = row._replace(**_columns(after))
    events.changed(tx, "field", row, changed)
    FIELDS.save(tx, row, changed)
    return after


def _keep_labels(tx: Tx, resource: str, field: Field) -> None:
    """Make the labels those of the field's options. Renamed ones are taken out first, so that two may swap names."""
    known = {label.id: label for label in fields.labels(tx, resource)}
    names = {option.id: option.label for option in field.options}
    for label in known.values():
        if names.get(label.id) != label.name:
            LABELS.drop(tx, label.id)
        if label.id not in names:
            events.append(tx, "label", label.id, "deleted", label._asdict(), None)
    for label_id, name in names.items():
        old = known.get(label_id)
        if old is None:
            added = Label(label_id, resource, name, None, tx.user_id, tx.now, tx.now)
            events.created(tx, "label", LABELS.add(tx, added))
        elif old.name != name:
            renamed = LABELS.add(tx, old._replace(name=name, updated_at=tx.now, version=old.version + 1))
            events.changed(tx, "label", old, renamed)
