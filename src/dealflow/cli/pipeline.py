"""`dealflow pipeline`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from dealflow.cli.options import CompanyId, Database, Json

if TYPE_CHECKING:
    from dealflow.core.pipeline import Pipeline

app = App(name="pipeline")
Named = Annotated[str, Parameter(help="Id or name of the pipeline.")]
Place = Annotated[int | None, Parameter(help="Where it stands among the pipelines, from 1; last by default.")]


@app.command
def add(
    name: str,
    /,
    *,
    probability: Annotated[bool, Parameter(negative="", help="Deals may have a probability of their own.")] = False,
    place: Place = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Add a pipeline without stages; `dealflow stage add` gives it some."""
    from dealflow.actions.pipelines import add_pipeline
    from dealflow.cli.store import as_admin, writing

    with writing(database) as db:
        made = add_pipeline(as_admin(db, company), name, probability_enabled=probability, place=place)
    _show(made, json=json)


@app.command(name="list")
def list_(*, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """List the pipelines in their order, then the disabled ones."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading, view
    from dealflow.storage.pipelines import pipelines

    with reading(database) as db:
        found = pipelines.all(view(db, company), {"not_deleted": {}}, order="position")
    found.sort(key=lambda each: not each.is_live)
    if json:
        print_json([_json(each) for each in found])
    else:
        rows = [(p.id, p.name, p.state, "yes" if p.probability_enabled else "no") for p in found]
        print_table(("Id", "Name", "State", "Own probability"), rows)


@app.command
def rename(
    pipeline: Named, name: str, /, *, company: CompanyId = None, database: Database = None, json: Json = False
) -> None:
    """Give a pipeline another name."""
    _show(_update(pipeline, {"name": name}, company, database), json=json)


@app.command
def disable(pipeline: Named, /, *, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """Hide a pipeline; its deals stay, and it may be enabled again."""
    _show(_update(pipeline, {"state": "disabled"}, company, database), json=json)


@app.command
def enable(pipeline: Named, /, *, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """Bring a disabled pipeline back, as the last one."""
    _show(_update(pipeline, {"state": "active"}, company, database), json=json)


@app.command
def delete(pipeline: Named, /, *, company: CompanyId = None, database: Database = None) -> None:
    """Mark a pipeline and its stages as deleted, for good; its deals stay as they are."""
    from dealflow.actions.pipelines import delete_pipeline
    from dealflow.cli.store import as_admin, pipeline_of, writing

    with writing(database) as db:
        tx = as_admin(db, company)
        found = pipeline_of(tx, pipeline)
        delete_pipeline(tx, found.id)
    print(f"Pipeline {found.id}, {found.name}, is deleted.")


def _update(named: str, changes: dict[str, Any], company: int | None, database: str | None) -> "Pipeline":
    from dealflow.actions.pipelines import update_pipeline
    from dealflow.cli.store import as_admin, pipeline_of, writing

    with writing(database) as db:
        tx = as_admin(db, company)
        return update_pipeline(tx, pipeline_of(tx, named).id, changes)


def _show(pipeline: "Pipeline", *, json: bool) -> None:
    from dealflow.cli.output import print_json

    if json:
        print_json(_json(pipeline))
    else:
        print(f"Pipeline {pipeline.id}: {pipeline.name}, {pipeline.state}")


def _json(pipeline: "Pipeline") -> dict[str, Any]:
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "position": pipeline.position,
        "state": pipeline.state,
        "probability_enabled": pipeline.probability_enabled,
    }
