"""`dealflow import`."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from cyclopts.types import ResolvedExistingFile

from dealflow.cli.options import CompanyId, Database, Json

if TYPE_CHECKING:
    from dealflow.actions.check_history import Checked
    from dealflow.actions.import_history import Imported

app = App(name="import")


@app.command
def history(
    file: Annotated[ResolvedExistingFile, Parameter(help="JSON lines, as docs/history-file.md describes them.")],
    /,
    *,
    company: CompanyId = None,
    strict: Annotated[
        bool, Parameter(negative="", help="Change nothing at all if any line is bad. So it is done by default.")
    ] = False,
    skip_bad: Annotated[
        bool, Parameter(negative="", help="Leave bad lines out, and what refers to them; import the rest.")
    ] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Bring deals with their past into a company: its people, pipelines and stages, and what happened when.

    All lines are looked at before anything is written, and all is written at once or not at all. A line that was
    imported before is left as it is.
    """
    from dealflow.actions.check_history import check
    from dealflow.actions.import_history import import_history, rows_of
    from dealflow.cli.output import print_json
    from dealflow.cli.progress import tasks
    from dealflow.cli.store import as_admin, company_of, now, reading, writing
    from dealflow.core.errors import Invalid

    if strict and skip_bad:
        raise Invalid("lines", "give either --strict or --skip-bad")
    if not file.is_file():
        raise Invalid(str(file), "is read twice and has to be a file")
    with reading(database) as db:
        company_of(db, company)
    with tasks() as new_task, _no_collector():
        checked = check(file, now(), new_task("Checking", file.stat().st_size, "bytes"))
        if checked.bad and not skip_bad:
            if json:
                print_json(_bad_json(file, checked))
            raise _refusal(file, checked)
        with writing(database, many_rows=True) as db:
            tx = as_admin(db, company)
            imported = import_history(tx, file, checked, new_task("Writing", rows_of(checked), "rows"))
    if json:
        print_json({**_bad_json(file, checked), **_imported_json(tx.company_id, imported)})
    else:
        _tell_bad(checked)
        _tell(tx.company_id, imported, len(checked.bad))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Nothing here refers to itself in a circle, and looking for that takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _refusal(file: Path, checked: "Checked") -> Exception:
    """What is wrong with a file of which nothing is imported; a line for each bad one if there are several."""
    from dealflow.core.errors import Invalid

    if len(checked.bad) == 1:
        (fault,) = checked.faults
        return Invalid(f"{file}, line {fault.line}", f"{fault.reason}; nothing was imported")
    _tell_bad(checked)
    return Invalid(str(file), f"{len(checked.bad):,} lines are bad; nothing was imported")


def _tell_bad(checked: "Checked") -> None:
    for fault in checked.faults:
        sys.stderr.write(f"line {fault.line}: {' '.join(fault.reason.split())}\n")
    if len(checked.bad) > len(checked.faults):
        sys.stderr.write(f"and {len(checked.bad) - len(checked.faults):,} more\n")


def _bad_json(file: Path, checked: "Checked") -> dict[str, Any]:
    faults = [{"line": fault.line, "reason": fault.reason} for fault in checked.faults]
    return {"file": str(file), "bad_lines": len(checked.bad), "bad": faults}


def _imported_json(company_id: int, imported: "Imported") -> dict[str, Any]:
    return {
        "company_id": company_id,
        "users": imported.users._asdict(),
        **{
            kind: {"added": counts.added, "there": counts.there}
            for kind, counts in imported._asdict().items()
            if kind in ("pipelines", "stages", "deals")
        },
        "events": imported.events,
    }


def _tell(company_id: int, imported: "Imported", bad: int) -> None:
    users, pipelines, stages, deals, events = imported
    there = deals.there + users.there + pipelines.there + stages.there
    left_out = f" {bad:,} bad lines were left out." if bad else ""
    print(
        f"Company {company_id}: {deals.added:,} deals with {events:,} events, {users.added:,} users "
        f"({users.matched:,} more known by e-mail), {pipelines.added:,} pipelines and {stages.added:,} stages added; "
        f"{there:,} lines were there already.{left_out}"
    )
