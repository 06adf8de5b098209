"""Custom fields and labels."""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Table, bindparam, func, select

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
    """A coloured word on deals (`resource` deal), on persons and organizations (contact), or on leads (lead)."""

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

label_records = Records("label", schema.label, Label, conditions={"resource": _l.resource == bindparam("of_resource")})

_options = msgspec.json.Decoder(tuple[Option, ...])
_settings = msgspec.json.Decoder(dict[str, object])


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
    """The custom fields of deal, person, organization or lead that are not deleted, by key, in order of position."""
    rows = fields.all(tx, {"resource": {"of_resource": resource}, "live": {}}, order="position")
    return {row.key: field(row) for row in rows}


def labels(tx: Tx, resource: str) -> list[Label]:
    """The labels of deals (`deal`), of persons and organizations (`contact`) or of leads (`lead`), oldest first."""
    return label_records.all(tx, {"resource": {"of_resource": resource}})


def label_names(tx: Tx, resource: str) -> dict[int, str]:
    """Names of the same labels by id."""
    return {label.id: label.name for label in labels(tx, resource)}


def every(tx: Tx, resource: str) -> list[Field]:
    """The system fields, with the labels as options of `label_ids`, then the custom fields as `live` has them."""
    choices = tuple(Option(label.id, label.name, label.colour) for label in labels(tx, LABELLED[resource]))
    system = (each._replace(options=choices) if each.key == LABELS_KEY else each for each in SYSTEM[resource])
    return [*system, *live(tx, resource).values()]


@cache
def _carriers(table: Table) -> Statement:
    c = table.c
    listed = func.replace(func.replace(c.label_ids, "[", ","), "]", ",")
    mine = (c.company_id == bindparam("company_id"), listed.like(bindparam("listing"), escape="\\"))
    return Statement(select(c.id).where(*mine).order_by(c.id))


def carriers(tx: Tx, table: Table, label_id: int) -> list[int]:
    """The ids of the deals, parties or leads that carry a label."""
    return [row[0] for row in tx.rows(_carriers(table), listing=f"%,{label_id},%")]
