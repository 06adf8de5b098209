"""`dealflow export`."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated

from cyclopts import App, Parameter
from cyclopts.types import ResolvedPath

from dealflow.cli.options import CompanyId, Database, Json

app = App(name="export")

File = Annotated[ResolvedPath, Parameter(help="JSON lines; readable by you alone.")]
Force = Annotated[bool, Parameter(negative="", help="Replace the file that is there.")]


@app.default
def export(
    file: File, /, *, company: CompanyId = None, force: Force = False, database: Database = None, json: Json = False
) -> None:
    """Write every row of a company into a file, a JSON object a line; only the hashes of tokens are left out."""
    import msgspec

    from dealflow.cli.output import print_json
    from dealflow.cli.store import reading, view
    from dealflow.storage import export as exported
    from dealflow.storage.migrations import head

    encoder = msgspec.json.Encoder(order="sorted")
    counts: Counter[str] = Counter()
    with _new_file(file, force=force) as out, reading(database) as db:
        tx = view(db, company)
        out.write(encoder.encode({"dealflow_export": 1, "company_id": tx.company_id, "schema": head()}) + b"\n")
        for table, row in exported.rows(tx):
            out.write(encoder.encode({"table": table, "row": row}) + b"\n")
            counts[table] += 1
    if json:
        print_json({"file": str(file), "company_id": tx.company_id, "rows": counts})
    else:
        print(f"Company {tx.company_id}: {counts.total():,} rows of {len(counts)} tables in {file}.")


@app.command
def history(
    file: File, /, *, company: CompanyId = None, force: Force = False, database: Database = None, json: Json = False
) -> None:
    """Write the deals of a company with their past into a file that `dealflow import history` reads."""
    import msgspec

    from dealflow.cli.output import print_json
    from dealflow.cli.store import reading, view
    from dealflow.storage.history import Past

    encoder = msgspec.json.Encoder(order="sorted")
    counts = Counter({"deals": 0, "events": 0})
    with (
        _new_file(file, force=force) as out,
        TemporaryFile(dir=file.parent) as deals,
        reading(database) as db,
    ):
        tx = view(db, company)
        past = Past(tx)
        for deal in past.deals():
            deals.write(encoder.encode(deal) + b"\n")
            counts["deals"] += 1
            counts["events"] += len(deal["events"])
        for line in past.head():
            out.write(encoder.encode(line) + b"\n")
        deals.seek(0)
        shutil.copyfileobj(deals, out)
    if json:
        print_json({"file": str(file), "company_id": tx.company_id, **counts})
    else:
        print(f"Company {tx.company_id}: {counts['deals']:,} deals with {counts['events']:,} events in {file}.")


@contextmanager
def _new_file(file: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that is there under its name only once all is written, readable by its owner alone. Raises Conflict."""
    from dealflow.core.errors import Conflict

    if file.exists() and not force:
        raise Conflict(str(file), "exists already; use --force to replace it")
    partial = file.with_name(file.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
