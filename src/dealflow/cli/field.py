"""`dealflow field`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from dealflow.cli.options import CompanyId, Database, Json

if TYPE_CHECKING:
    from dealflow.core.fields import Field

app = App(name="field")
RESOURCES = ("deal", "person", "organization", "lead")
Resource = Annotated[Literal["deal", "person", "organization", "lead"], Parameter(help="Whose records have the field.")]


@app.command
def add(
    resource: Resource,
    name: str,
    type_: Annotated[str, Parameter(name="TYPE", help="What it holds, such as varchar, double, date, enum, boolean.")],
    /,
    *,
    option: Annotated[
        tuple[str, ...], Parameter(negative="", help="A choice of an enum or a set; once for each.")
    ] = (),
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Add a custom field."""
    from dealflow.actions.fields import add_field
    from dealflow.cli.store import as_admin, writing
    from dealflow.core.errors import Invalid
    from dealflow.core.fields import ALL_TYPES

    if type_ not in ALL_TYPES:
        raise Invalid("type", f"must be one of {', '.join(ALL_TYPES)}")
    with writing(database) as db:
        made = add_field(as_admin(db, company), resource, name, type_, options=option, types=ALL_TYPES)
    _show(made, json=json)


@app.command(name="list")
def list_(
    *,
    resource: Annotated[Resource | None, Parameter(help="Only the fields of these records.")] = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List the custom fields."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading, view
    from dealflow.storage.fields import live

    with reading(database) as db:
        tx = view(db, company)
        found = [field for each in RESOURCES if resource in (None, each) for field in live(tx, each).values()]
    if json:
        print_json([_json(each) for each in found])
    else:
        rows = [
            (each.id, each.resource, each.name, each.type, ", ".join(option.label for option in each.options))
            for each in found
        ]
        print_table(("Id", "Resource", "Name", "Type", "Options"), rows)


@app.command
def delete(
    field_id: Annotated[int, Parameter(name="FIELD", help="Id of the field, as `dealflow field list` shows it.")],
    /,
    *,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Delete a custom field; records show it no longer."""
    from dealflow.actions.fields import delete_field
    from dealflow.cli.output import print_json
    from dealflow.cli.store import as_admin, writing
    from dealflow.core.errors import NotFound
    from dealflow.storage import fields

    with writing(database) as db:
        tx = as_admin(db, company)
        row = fields.fields.find(tx, field_id)
        if row is None or row.deleted_at is not None:
            raise NotFound(f"field {field_id}")
        gone = fields.field(row)
        delete_field(tx, gone)
    if json:
        print_json(_json(gone))
    else:
        print(f"Field {gone.id}, {gone.name}, is deleted.")


def _show(field: "Field", *, json: bool) -> None:
    from dealflow.cli.output import print_json

    if json:
        print_json(_json(field))
    else:
        print(f"Field {field.id}: {field.name}, {field.type} of {field.resource}, key {field.key}")


def _json(field: "Field") -> dict[str, Any]:
    return {
        "id": field.id,
        "resource": field.resource,
        "key": field.key,
        "name": field.name,
        "type": field.type,
        "options": [{"id": option.id, "label": option.label} for option in field.options],
    }
