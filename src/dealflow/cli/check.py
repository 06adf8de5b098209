"""`dealflow check`."""

import os
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from dealflow.cli.options import Database, Json

if TYPE_CHECKING:
    import apsw

LIBRARIES = ("dealflow", "sqlalchemy", "alembic", "psycopg", "apsw", "msgspec", "uvicorn", "httptools")
SHOWN = 20


class Finding(NamedTuple):
    """One thing looked at. `problems` is empty if it is as it should be; `note` says what was seen."""

    name: str
    problems: list[str]
    note: str = ""


def check(*, database: Database = None, json: Json = False) -> int:
    """Look at settings, versions, schema and data, and exit with 1 if anything is not as it must be.

    Nothing is changed: a schema that is not up to date is reported, not upgraded.
    """
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import url_of

    findings = list(_findings(url_of(database)))
    good = not any(each.problems for each in findings)
    if json:
        checks: list[dict[str, Any]] = [
            {"name": each.name, "ok": not each.problems, "note": each.note, "problems": each.problems}
            for each in findings
        ]
        print_json({"ok": good, "checks": checks})
    else:
        rows = [(each.name, "wrong" if each.problems else "ok", _detail(each)) for each in findings]
        print_table(("Check", "Result", "Detail"), rows)
    return 0 if good else 1


def _detail(finding: Finding) -> str:
    if not finding.problems:
        return finding.note
    more = len(finding.problems) - SHOWN
    return "\n".join([*finding.problems[:SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _findings(url: str) -> Iterator[Finding]:
    yield _settings(url)
    yield Finding("libraries", [], ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    schema = _schema(url)
    yield schema
    if not schema.problems:
        yield from _database(url)


def _settings(url: str) -> Finding:
    from dealflow.server.config import BadSetting, Config, settings_file

    try:
        config = Config.from_environment()
    except BadSetting as error:
        return Finding("settings", [str(error)])
    shown = {"database": re.sub(r"://([^:/@]*):[^@]*@", r"://\1:…@", url), "threads": config.threads}
    note = ", ".join(f"{name}={value}" for name, value in shown.items())
    path = settings_file(os.environ)
    return Finding("settings", [], f"{note}, file={path}" if path else note)


def _schema(url: str) -> Finding:
    from dealflow.cli.store import require_file
    from dealflow.core.errors import NotFound
    from dealflow.storage.migrations import head, revision

    try:
        require_file(url)
    except NotFound as error:
        return Finding("schema", [str(error)])
    found = revision(url)
    if found == head():
        return Finding("schema", [], f"revision {found}")
    return Finding("schema", [f"revision is {found}, this version needs {head()}; `dealflow serve` upgrades it"])


def _database(url: str) -> Iterator[Finding]:
    from dealflow.cli.store import reading, view
    from dealflow.storage import operator
    from dealflow.storage.checks import CHECKS
    from dealflow.storage.sqlite import SqliteConnection

    with reading(url) as db:
        if isinstance(db, SqliteConnection):
            yield Finding("file", _file_problems(db.raw))
        companies = operator.companies(db)
        for name, looked_at in CHECKS.items():
            problems = [
                f"company {company.company_id}: {problem}"
                for company in companies
                for problem in looked_at(view(db, company.company_id))
            ]
            yield Finding(name, problems, f"companies: {len(companies)}")


def _file_problems(raw: "apsw.Connection") -> list[str]:
    found = [row[0] for row in raw.execute("PRAGMA integrity_check(100)") if row[0] != "ok"]
    return found + [
        f"table {row[0]} refers to a missing row of {row[2]}" for row in raw.execute("PRAGMA foreign_key_check")
    ]
