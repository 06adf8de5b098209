"""Fields of deals, persons and organizations, version 1 (contract 2.12). One definition serves all three lists."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dealflow.actions import fields as actions
from dealflow.core.errors import Invalid
from dealflow.core.fields import CHOICES, COMPANIONS, TYPES, Field, Option
from dealflow.core.search import TEXT_TYPES
from dealflow.core.text import read_name
from dealflow.core.time import Instant, spaced
from dealflow.dialects.pipedrive.dialect import V1, DeletedId, DeletedIds, ok
from dealflow.dialects.pipedrive.errors import Spelled
from dealflow.dialects.pipedrive.fields import (
    LISTS,
    PIPELINES_SHOWN,
    FieldList,
    field_by_id,
    fields_by_id,
    order_nr,
    part_name,
    part_type,
    shown_fields,
    shown_type,
)
from dealflow.dialects.pipedrive.paging import MOST, OffsetQuery, offset_reply, slice_page
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, IdsText, NameText, Reply, needs, read_ids

KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "deal": {"owner_id": "user_id", "pipeline_id": "pipeline", "label_ids": "label"},
    "person": {"emails": "email", "phones": "phone", "label_ids": "label"},
    "organization": {"label_ids": "label"},
}
"""System fields that version 1 calls otherwise."""


class OptionOut(TypedDict):
    """One of the values of a field; those of a deal's status have a word as id."""

    id: int | str
    label: str


class FieldOut(msgspec.Struct):
    """A field, or a part of one: those have no `id`, but a `parent_id` and the suffix of their key."""

    id: int | None
    key: str
    name: str
    order_nr: int
    field_type: str
    add_time: str
    update_time: str
    last_updated_by_user_id: int | None
    created_by_user_id: int | None
    active_flag: bool
    edit_flag: bool
    index_visible_flag: bool
    details_visible_flag: bool
    add_visible_flag: bool
    important_flag: bool
    bulk_edit_allowed: bool
    searchable_flag: bool
    filtering_allowed: bool
    sortable_flag: bool
    mandatory_flag: bool
    is_subfield: bool
    json_column_flag: bool
    show_in_pipelines: Any
    options: list[OptionOut] | UnsetType = UNSET
    parent_id: int | None = None
    id_suffix: str | None = None
    group_id: int | None = None
    link: str | None = None
    use_field: str | None = None


class OptionIn(msgspec.Struct):
    """An option; without `id` it is new."""

    label: NameText
    id: Id | None = None


class NewField(msgspec.Struct):
    """Body of an addition. A form can only say the labels of options."""

    name: NameText | None = None
    field_type: Annotated[str, Meta(extra_json_schema={"enum": list(TYPES)})] | None = None
    options: list[OptionIn | str] | None = None
    add_visible_flag: bool = True


class FieldChanges(msgspec.Struct):
    """Body of a change. Options that are not named go."""

    name: NameText | None = None
    options: list[OptionIn] | None = None
    add_visible_flag: bool | None = None


class IdsQuery(msgspec.Struct):
    """The ids of a bulk deletion."""

    ids: IdsText = ""


def _option_out(field: Field, option: Option) -> OptionOut:
    option_id = option.label.lower() if field.type == "status" else option.id
    return {"id": option_id, "label": option.label}


def field_out(field: Field, since: Instant) -> FieldOut:
    """The wire object; `since` is when the company, and with it the system fields, came to be."""
    settings: Mapping[str, Any] = field.settings
    visibility = settings.get("ui_visibility", {})
    created = field.created_at if field.is_custom else since
    has_options = field.type in CHOICES or bool(field.options)
    return FieldOut(
        id=field.id,
        key=field.key if field.is_custom else KEYS[field.resource].get(field.key, field.key),
        name=field.name,
        order_nr=order_nr(field),
        field_type=shown_type(field),
        add_time=spaced(created),
        update_time=spaced(created if field.updated_at is None else field.updated_at),
        last_updated_by_user_id=field.updated_by,
        created_by_user_id=field.created_by,
        active_flag=True,
        edit_flag=field.is_custom,
        index_visible_flag=True,
        details_visible_flag=visibility.get("details_visible_flag", True),
        add_visible_flag=visibility.get("add_visible_flag", field.is_custom),
        important_flag=settings.get("important_fields", {}).get("enabled", False),
        bulk_edit_allowed=field.is_custom,
        searchable_flag=field.is_custom and field.type in TEXT_TYPES,
        filtering_allowed=True,
        sortable_flag=True,
        mandatory_flag=settings.get("required_fields", {}).get("enabled", False),
        is_subfield=False,
        json_column_flag=field.is_custom,
        show_in_pipelines=visibility.get("show_in_pipelines", PIPELINES_SHOWN),
        options=[_option_out(field, option) for option in field.options] if has_options else UNSET,
    )


def with_parts(field: Field, since: Instant) -> list[FieldOut]:
    """A field and the parts of its value that have a key of their own."""
    shown = field_out(field, since)
    parts = COMPANIONS.get(field.type, ()) if field.is_custom or field.type == "address" else ()
    return [shown, *(_part_out(field, shown, part) for part in parts)]


def _part_out(field: Field, whole: FieldOut, part: str) -> FieldOut:
    return msgspec.structs.replace(
        whole,
        id=None,
        key=f"{whole.key}_{part}",
        name=part_name(field, part),
        field_type=part_type(field, part),
        is_subfield=True,
        parent_id=field.id,
        id_suffix=part,
    )


def _shown(tx: Tx, field: Field) -> FieldOut:
    return field_out(field, users.company(tx).created_at)


def _changes(body: FieldChanges) -> dict[str, Any]:
    """What a body gives, in the core's words; null counts as not sent."""
    changes: dict[str, Any] = {}
    if body.name is not None:
        changes["name"] = body.name
    if body.options is not None:
        changes["options"] = [(option.id, option.label) for option in body.options]
    if body.add_visible_flag is not None:
        changes["settings"] = {"ui_visibility": {"add_visible_flag": body.add_visible_flag}}
    return changes


def _labels(options: Sequence[OptionIn | str]) -> list[str]:
    return [option if isinstance(option, str) else option.label for option in options]


def _add_routes(each: FieldList) -> None:
    """Register the six calls on one list."""
    resource, path = each.resource, each.path
    one = path + "/{field_id}"

    @V1.add("GET", path, section="2.12", cost=20, scopes=each.read, shows=list[FieldOut])
    def list_fields(tx: Tx, query: OffsetQuery) -> Reply:
        since = users.company(tx).created_at
        shown = [out for field in shown_fields(tx, resource) for out in with_parts(field, since)]
        page, block = slice_page(shown, query)
        return offset_reply(page, block, null_when_empty=False)

    @V1.add("GET", one, section="2.12", cost=2, scopes=each.read, shows=FieldOut)
    def get_field(tx: Tx, field_id: int) -> Reply:
        return ok(_shown(tx, field_by_id(tx, resource, field_id)))

    @V1.add(
        "POST",
        path,
        section="2.12",
        cost=10,
        scopes=each.write,
        admin=True,
        shows=FieldOut,
        form=Annotated[NewField, needs("name", "field_type")],
    )
    def add_field(tx: Tx, body: NewField) -> Reply:
        name = read_name(body.name or "")
        if body.field_type is None:
            raise Invalid("field_type", "is required")
        field = actions.add_field(
            tx,
            resource,
            name,
            body.field_type,
            options=_labels(body.options or ()),
            settings={"ui_visibility": {"add_visible_flag": body.add_visible_flag}},
        )
        return ok(_shown(tx, field))

    @V1.add("PUT", one, section="2.12", cost=10, scopes=each.write, admin=True, shows=FieldOut)
    def update_field(tx: Tx, field_id: int, body: FieldChanges) -> Reply:
        return ok(_shown(tx, actions.update_field(tx, field_by_id(tx, resource, field_id), _changes(body))))

    @V1.add("DELETE", one, section="2.12", cost=6, scopes=each.write, admin=True, shows=DeletedId)
    def delete_field(tx: Tx, field_id: int) -> Reply:
        actions.delete_field(tx, field_by_id(tx, resource, field_id))
        return ok({"id": field_id})

    @V1.add("DELETE", path, section="2.12", cost=10, scopes=each.write, admin=True, shows=DeletedIds)
    def delete_fields(tx: Tx, query: IdsQuery) -> Reply:
        ids = read_ids(query.ids, "ids", MOST)
        if not ids:
            raise Spelled("Please provide at least one item to delete")
        for field in fields_by_id(tx, resource, ids):
            actions.delete_field(tx, field)
        return ok({"id": ids})


for _list in LISTS:
    _add_routes(_list)
