"""Custom fields and labels."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from dealflow.core.fields import SYSTEM, Field, Option
from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.records import Records
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

LABELLED: Final = {"deal": "deal", "person": "contact", "organization": "contact"}
LABELS_KEY: Final = "label_ids"

_f, _l = schema.field.c, schema.label.c


class FieldRow(NamedTuple):
    """A custom field as it is kept; `options` and `settings` are JSON text."""

    id: int
    resource: str
    key: str
    name: str
    type: str
    options: str
    description: str | None
    position: int
    settings: str
    created_at: Instant
    updated_at: Instant | None
    created_by: int | None
    updated_by: int | None
    deleted_at: Instant | None
    version: int


class Label(NamedTuple):
    """A coloured word on deals (`resource` deal), or on persons and organizations (`resource` contact)."""

    id: int
    resource: str
    name: str
    colour: str | None
    creator_id: int
    created_at: Instant
    updated_at: Instant
    version: int = 1


fields = Records(
    "field",
    schema.field,
    FieldRow,
    conditions={
        "resource": _f.resource == bindparam("of_resource"),
        "live": _f.deleted_at.is_(None),
    },
    orders={"id": _f.id, "position": _f.position},
)

_options = msgspec.json.Decoder(tuple[Option, ...])
_settings = msgspec.json.Decoder(dict[str, object])

_label_columns = [_l[name] for name in Label._fields]
_labels = Statement(
    select(*_label_columns)
    .where(_l.company_id == bindparam("company_id"), _l.resource == bindparam("of_resource"))
    .order_by(_l.id)
)
_add_label = Statement(
    insert(schema.label).values({c.name: bindparam(c.name, type_=c.type) for c in schema.label.columns})
)
_drop_label = Statement(
    delete(schema.label).where(_l.company_id == bindparam("company_id"), _l.id == bindparam("this_id"))
)


def field(row: FieldRow) -> Field:
    """The custom field that a row keeps."""
    return Field(
        resource=row.resource,
        id=row.id,
        key=row.key,
        name=row.name,
        type=row.type,
        options=_options.decode(row.options),
        description=row.description,
        position=row.position,
        is_custom=True,
        settings=_settings.decode(row.settings),
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        updated_by=row.updated_by,
    )


def options_text(options: Sequence[Option]) -> str:
    """How options are kept in a row."""
    return msgspec.json.encode(options).decode()


def live(tx: Tx, resource: str) -> dict[str, Field]:
    """The custom fields of deal, person or organization that are not deleted, by key, in order of position."""
    rows = fields.all(tx, {"resource": {"of_resource": resource}, "live": {}}, order="position")
    return {row.key: field(row) for row in rows}


def labels(tx: Tx, resource: str) -> list[Label]:
    """The labels of deals (`deal`) or of persons and organizations (`contact`), oldest first."""
    return [Label._make(row) for row in tx.rows(_labels, of_resource=resource)]


def label_names(tx: Tx, resource: str) -> dict[int, str]:
    """Names of the same labels by id."""
    return {label.id: label.name for label in labels(tx, resource)}


def every(tx: Tx, resource: str) -> list[Field]:
    """The system fields, with the labels as options of `label_ids`, then the custom fields as `live` has them."""
    choices = tuple(Option(label.id, label.name, label.colour) for label in labels(tx, LABELLED[resource]))
    system = (each._replace(options=choices) if each.key == LABELS_KEY else each for each in SYSTEM[resource])
    return [*system, *live(tx, resource).values()]


def add_label(tx: Tx, label: Label) -> Label:
    """Keep a new label."""
    tx.change(_add_label, **label._asdict())
    return label


def drop_label(tx: Tx, label_id: int) -> None:
    """Remove a label; records that carry its id keep it."""
    tx.change(_drop_label, this_id=label_id)
