"""`dealflow stage`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from dealflow.cli.options import CompanyId, Database, Json

if TYPE_CHECKING:
    from dealflow.core.pipeline import Stage

app = App(name="stage")
StageId = Annotated[int, Parameter(help="Id of the stage, as `dealflow stage list` shows it.")]
Likelihood = Annotated[int | None, Parameter(help="Chance in percent that a deal here is won.")]
RotDays = Annotated[int | None, Parameter(help="Days without a change after which a deal here is idle; 0 for never.")]
Named = Annotated[str | None, Parameter(help="Id or name of the pipeline; may be left out if there is only one.")]


@app.command
def add(
    name: str,
    /,
    *,
    pipeline: Named = None,
    likelihood: Likelihood = None,
    rot_days: RotDays = None,
    place: Annotated[int | None, Parameter(help="Where it stands among the stages, from 1; last by default.")] = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Add a stage to a pipeline."""
    from dealflow.actions.pipelines import add_stage, update_stage
    from dealflow.cli.store import as_admin, pipeline_of, writing

    with writing(database) as db:
        tx = as_admin(db, company)
        made = add_stage(
            tx,
            pipeline_of(tx, pipeline).id,
            name,
            likelihood=100 if likelihood is None else likelihood,
            rot_enabled=bool(rot_days),
            rot_days=rot_days or None,
        )
        if place is not None:
            made = update_stage(tx, made.id, {"place": place})
    _show(made, json=json)


@app.command(name="list")
def list_(*, pipeline: Named = None, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """List the stages, pipeline by pipeline in their order."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import pipeline_of, reading, view
    from dealflow.storage.pipelines import live_pipelines, open_stages

    with reading(database) as db:
        tx = view(db, company)
        pipelines = live_pipelines(tx) if pipeline is None else [pipeline_of(tx, pipeline)]
        found = [(each, stage) for each in pipelines for stage in open_stages(tx, each.id)]
    if json:
        print_json([_json(stage) for _, stage in found])
    else:
        rows = [
            (s.id, f"{p.id} {p.name}", s.position, s.name, f"{s.likelihood} %", s.rots_after_days or "")
            for p, s in found
        ]
        print_table(("Id", "Pipeline", "Place", "Name", "Likelihood", "Idle after days"), rows)


@app.command
def rename(
    stage: StageId, name: str, /, *, company: CompanyId = None, database: Database = None, json: Json = False
) -> None:
    """Give a stage another name."""
    _show(_update(stage, {"name": name}, company, database), json=json)


@app.command
def move(
    stage: StageId,
    /,
    *,
    place: Annotated[int | None, Parameter(help="Where it goes among the stages, from 1.")] = None,
    pipeline: Annotated[str | None, Parameter(help="Id or name of the pipeline it goes to, with its deals.")] = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Give a stage another place, or take it and its deals to another pipeline."""
    from dealflow.actions.pipelines import update_stage
    from dealflow.cli.store import as_admin, pipeline_of, writing
    from dealflow.core.errors import Invalid

    if place is None and pipeline is None:
        raise Invalid("stage move", "say where: --place, --pipeline or both")
    with writing(database) as db:
        tx = as_admin(db, company)
        changes: dict[str, Any] = {} if place is None else {"place": place}
        if pipeline is not None:
            changes["pipeline_id"] = pipeline_of(tx, pipeline).id
        moved = update_stage(tx, stage, changes)
    _show(moved, json=json)


@app.command(name="set")
def set_(
    stage: StageId,
    /,
    *,
    likelihood: Likelihood = None,
    rot_days: RotDays = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Set how likely deals here are won, and when they count as idle."""
    from dealflow.core.errors import Invalid

    changes: dict[str, Any] = {}
    if likelihood is not None:
        changes["likelihood"] = likelihood
    if rot_days is not None:
        changes |= {"rot_enabled": bool(rot_days), "rot_days": rot_days or None}
    if not changes:
        raise Invalid("stage set", "say what: --likelihood, --rot-days or both")
    _show(_update(stage, changes, company, database), json=json)


def _update(stage_id: int, changes: dict[str, Any], company: int | None, database: str | None) -> "Stage":
    from dealflow.actions.pipelines import update_stage
    from dealflow.cli.store import as_admin, writing

    with writing(database) as db:
        return update_stage(as_admin(db, company), stage_id, changes)


def _show(stage: "Stage", *, json: bool) -> None:
    from dealflow.cli.output import print_json

    if json:
        print_json(_json(stage))
    else:
        print(f"Stage {stage.id}: {stage.name}, place {stage.position} in pipeline {stage.pipeline_id}")


def _json(stage: "Stage") -> dict[str, Any]:
    return {
        "id": stage.id,
        "pipeline_id": stage.pipeline_id,
        "name": stage.name,
        "position": stage.position,
        "likelihood": stage.likelihood,
        "rot_days": stage.rots_after_days,
    }
