"""Fields of deals, persons and organizations, version 2 (contract 2.12). One definition serves all three lists."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dealflow.actions import fields as actions
from dealflow.core.errors import Invalid
from dealflow.core.fields import CHOICES, PARTS, TEXT_LENGTH, VARCHAR_LENGTH, Field, Option
from dealflow.core.text import read_name
from dealflow.dialects.pipedrive.dialect import V2, ok
from dealflow.dialects.pipedrive.fields import (
    LISTS,
    PIPELINES_SHOWN,
    FieldList,
    field_by_code,
    part_name,
    part_type,
    shown_fields,
    shown_type,
)
from dealflow.dialects.pipedrive.paging import CursorQuery, cursor_reply, slice_by_cursor
from dealflow.storage.tx import Tx
from dealflow.wire import Id, NameText, Reply, given, read_words, words_of

EXTRAS: Final = frozenset({"ui_visibility", "important_fields", "required_fields"})
ON_REQUEST: Final = frozenset(
    {"first_won_time", "last_incoming_mail_time", "last_outgoing_mail_time", "marketing_status", "doi_status"}
)
"""System fields, beside the counts, that records show only when asked for."""

FieldName = Annotated[str, Meta(min_length=1, max_length=VARCHAR_LENGTH)]
Description = Annotated[str, Meta(max_length=TEXT_LENGTH)]
Listed = Annotated[list[Id], Meta(max_length=1000)]


class OptionOut(TypedDict):
    """One of the values of a field."""

    id: int
    label: str
    color: NotRequired[str]


class PartOut(TypedDict):
    """A member of the value of a field."""

    field_code: str
    field_name: str
    field_type: str


class FieldOut(msgspec.Struct):
    """A field as version 2 shows it; the last three on request."""

    field_name: str
    field_code: str
    description: str | None
    field_type: str
    options: list[OptionOut] | None
    subfields: list[PartOut] | None
    is_custom_field: bool
    is_optional_response_field: bool
    ui_visibility: dict[str, Any] | UnsetType = UNSET
    important_fields: dict[str, Any] | UnsetType = UNSET
    required_fields: dict[str, Any] | UnsetType = UNSET


class GetQuery(msgspec.Struct):
    """Parameters of get-one."""

    include_fields: Annotated[str, words_of(EXTRAS)] = ""


class ListQuery(CursorQuery, kw_only=True):
    """Parameters of the list. Clients that sort every list are not refused; the order is fixed."""

    include_fields: Annotated[str, words_of(EXTRAS)] = ""
    sort_by: str | None = None
    sort_direction: str | None = None


class PipelinesShown(msgspec.Struct):
    """The pipelines whose deals show the field."""

    show_in_all: bool | UnsetType = UNSET
    pipeline_ids: Listed | UnsetType = UNSET


class DialogShown(msgspec.Struct):
    """Whether and where the dialog for a new deal shows the field."""

    show: bool | UnsetType = UNSET
    order: Id | UnsetType = UNSET


class Visibility(msgspec.Struct):
    """Where a field is seen; the last two are of deals, and of persons and organizations."""

    add_visible_flag: bool | UnsetType = UNSET
    details_visible_flag: bool | UnsetType = UNSET
    projects_detail_visible_flag: bool | UnsetType = UNSET
    show_in_pipelines: PipelinesShown | UnsetType = UNSET
    show_in_add_deal_dialog: DialogShown | UnsetType = UNSET


class Important(msgspec.Struct):
    """In which stages people are reminded of the field."""

    enabled: bool | UnsetType = UNSET
    stage_ids: Listed | UnsetType = UNSET


class Required(msgspec.Struct):
    """In which stages and statuses people must fill the field; `statuses` are by pipeline."""

    enabled: bool | UnsetType = UNSET
    stage_ids: Listed | UnsetType = UNSET
    statuses: dict[str, list[Literal["won", "lost"]]] | UnsetType = UNSET


class NewOption(msgspec.Struct):
    """An option to add."""

    label: NameText


class OptionChange(msgspec.Struct):
    """A new label for an option."""

    id: Id
    label: NameText


class OptionId(msgspec.Struct):
    """An option to remove."""

    id: Id


NewOptions = Annotated[list[NewOption], Meta(min_length=1)]
OptionChanges = Annotated[list[OptionChange], Meta(min_length=1)]
OptionIds = Annotated[list[OptionId], Meta(min_length=1)]


class FieldChanges(msgspec.Struct, kw_only=True):
    """Body of a change."""

    field_name: FieldName | UnsetType = UNSET
    description: Description | None | UnsetType = UNSET
    ui_visibility: Visibility | UnsetType = UNSET
    important_fields: Important | UnsetType = UNSET
    required_fields: Required | UnsetType = UNSET


class NewField(FieldChanges, kw_only=True):
    """Body of an addition."""

    field_name: FieldName
    field_type: Literal[
        "address",
        "date",
        "daterange",
        "double",
        "enum",
        "monetary",
        "org",
        "people",
        "phone",
        "set",
        "text",
        "time",
        "timerange",
        "user",
        "varchar",
        "varchar_auto",
    ]
    options: list[NewOption] | None = None


def _changes(resource: str, body: FieldChanges) -> dict[str, Any]:
    """What a body gives, in the core's words; only deal fields have a description."""
    sent = given(body)
    changes: dict[str, Any] = {}
    if "field_name" in sent:
        changes["name"] = read_name(sent["field_name"], "field_name")
    if "description" in sent and resource == "deal":
        changes["description"] = sent["description"]
    settings = {name: msgspec.to_builtins(sent[name]) for name in EXTRAS & sent.keys()}
    if settings:
        changes["settings"] = settings
    return changes


def option_out(option: Option) -> OptionOut:
    """An option; a colour only where there is one."""
    shown: OptionOut = {"id": option.id, "label": option.label}
    if option.colour is not None:
        shown["color"] = option.colour
    return shown


def _options(field: Field) -> list[OptionOut] | None:
    return [option_out(each) for each in field.options] if field.options or field.type in CHOICES else None


def _subfields(field: Field) -> list[PartOut] | None:
    """The members of the value, where it is an object; of system fields that is a deal's value and an address."""
    is_object = field.is_custom or field.key == "value" or field.type == "address"
    if not is_object or field.type not in PARTS:
        return None
    return [
        {"field_code": part, "field_name": part_name(field, part), "field_type": part_type(field, part)}
        for part in ("value", *PARTS[field.type])
    ]


def _settings_out(field: Field, name: str) -> dict[str, Any]:
    """One of the extras: what was set, over the defaults."""
    is_deal = field.resource == "deal"
    default: dict[str, Any]
    match name:
        case "ui_visibility":
            default = {
                "add_visible_flag": field.is_custom,
                "details_visible_flag": True,
                "projects_detail_visible_flag": False,
            }
            if is_deal:
                default["show_in_pipelines"] = PIPELINES_SHOWN
            else:
                default["show_in_add_deal_dialog"] = {"show": False}
        case "important_fields":
            default = {"enabled": False, "stage_ids": []}
        case _:
            default = {"enabled": False, "stage_ids": [], "statuses": {}} if is_deal else {"enabled": False}
    settings: Mapping[str, Any] = field.settings
    chosen = settings.get(name, {})
    return {part: chosen.get(part, value) for part, value in default.items()}


def field_out(field: Field, extras: list[str]) -> FieldOut:
    """The wire object with the extras asked for."""
    shown = FieldOut(
        field_name=field.name,
        field_code=field.key,
        description=field.description,
        field_type=shown_type(field),
        options=_options(field),
        subfields=_subfields(field),
        is_custom_field=field.is_custom,
        is_optional_response_field=not field.is_custom and _is_on_request(field.key),
    )
    for name in extras:
        setattr(shown, name, _settings_out(field, name))
    return shown


def _is_on_request(key: str) -> bool:
    return key in ON_REQUEST or (key.endswith("_count") and key != "employee_count")


def _options_reply(options: list[Option]) -> Reply:
    data = [{"id": option.id, "label": option.label} for option in options]
    return Reply(200, {"success": True, "data": data, "additional_data": None})


def _add_routes(each: FieldList) -> None:
    """Register the five calls on one list."""
    resource, path = each.resource, each.path
    one = path + "/{field_code}"

    @V2.add("GET", path, section="2.12", cost=10, scopes=each.read, shows=list[FieldOut])
    def list_fields(tx: Tx, query: ListQuery) -> Reply:
        extras = read_words(query.include_fields, "include_fields", EXTRAS)
        found = shown_fields(tx, resource)
        page, cursor = slice_by_cursor(found, [field.id for field in found], query)
        return cursor_reply([field_out(field, extras) for field in page], cursor)

    @V2.add("GET", one, section="2.12", cost=1, scopes=each.read, shows=FieldOut)
    def get_field(tx: Tx, field_code: str, query: GetQuery) -> Reply:
        extras = read_words(query.include_fields, "include_fields", EXTRAS)
        return ok(field_out(field_by_code(tx, resource, field_code), extras))

    @V2.add("POST", path, section="2.12", cost=5, scopes=each.write, admin=True, shows=FieldOut)
    def add_field(tx: Tx, body: NewField) -> Reply:
        changes = _changes(resource, body)
        labels = [option.label for option in body.options or ()]
        field = actions.add_field(tx, resource, type_=body.field_type, options=labels, **changes)
        return ok(field_out(field, []))

    @V2.add("PATCH", one, section="2.12", cost=5, scopes=each.change, admin=True, shows=FieldOut)
    def update_field(tx: Tx, field_code: str, body: FieldChanges) -> Reply:
        if not given(body):
            raise Invalid("body", "must change at least one attribute")
        field = field_by_code(tx, resource, field_code)
        return ok(field_out(actions.update_field(tx, field, _changes(resource, body)), []))

    @V2.add("DELETE", one, section="2.12", cost=3, scopes=each.write, admin=True, shows=FieldOut)
    def delete_field(tx: Tx, field_code: str) -> Reply:
        field = field_by_code(tx, resource, field_code)
        actions.delete_field(tx, field)
        return ok(field_out(field, []))


def _add_option_routes(each: FieldList) -> None:
    """Register the three calls on the options of a field."""
    resource = each.resource
    options = each.path + "/{field_code}/options"

    @V2.add("POST", options, section="2.12", cost=5, scopes=each.change, admin=True, shows=list[OptionOut])
    def add_options(tx: Tx, field_code: str, body: NewOptions) -> Reply:
        field = field_by_code(tx, resource, field_code)
        after = actions.add_options(tx, field, [option.label for option in body])
        return _options_reply([option for option in after.options if option not in field.options])

    @V2.add("PATCH", options, section="2.12", cost=5, scopes=each.change, admin=True, shows=list[OptionOut])
    def rename_options(tx: Tx, field_code: str, body: OptionChanges) -> Reply:
        field = field_by_code(tx, resource, field_code)
        labels = {option.id: option.label for option in body}
        if len(labels) < len(body):
            raise Invalid("id", "must not be given twice")
        after = actions.rename_options(tx, field, labels)
        return _options_reply([option for option in after.options if option.id in labels])

    @V2.add("DELETE", options, section="2.12", cost=3, scopes=each.change, admin=True, shows=list[OptionOut])
    def remove_options(tx: Tx, field_code: str, body: OptionIds) -> Reply:
        field = field_by_code(tx, resource, field_code)
        ids = [option.id for option in body]
        actions.remove_options(tx, field, ids)
        return _options_reply([option for option in field.options if option.id in ids])


for _list in LISTS:
    _add_routes(_list)
    _add_option_routes(_list)
