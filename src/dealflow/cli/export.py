"""`dealflow export`."""

from collections import Counter
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import ResolvedPath

from dealflow.cli.options import CompanyId, Database, Json


def export(
    file: Annotated[ResolvedPath, Parameter(help="JSON lines; readable by you alone.")],
    /,
    *,
    company: CompanyId = None,
    force: Annotated[bool, Parameter(negative="", help="Replace the file that is there.")] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Write every row of a company into a file, a JSON object a line; only the hashes of tokens are left out."""
    import msgspec

    from dealflow.cli.output import print_json
    from dealflow.cli.store import reading, view
    from dealflow.core.errors import Conflict
    from dealflow.storage import export as exported
    from dealflow.storage.migrations import head

    if file.exists() and not force:
        raise Conflict(str(file), "exists already; use --force to replace it")
    encoder = msgspec.json.Encoder(order="sorted")
    partial = file.with_name(file.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    counts: Counter[str] = Counter()
    try:
        with reading(database) as db, partial.open("wb") as out:
            tx = view(db, company)
            out.write(encoder.encode({"dealflow_export": 1, "company_id": tx.company_id, "schema": head()}) + b"\n")
            for table, row in exported.rows(tx):
                out.write(encoder.encode({"table": table, "row": row}) + b"\n")
                counts[table] += 1
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    if json:
        print_json({"file": str(file), "company_id": tx.company_id, "rows": counts})
    else:
        print(f"Company {tx.company_id}: {counts.total():,} rows of {len(counts)} tables in {file}.")
