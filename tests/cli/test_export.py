import json
from typing import Any

import sqlalchemy as sa

from dealflow.storage import schema
from dealflow.storage.migrations import engine_of
from tests.cli.conftest import NEW_COMPANY, Program


def lines(program: Program, name: str) -> list[Any]:
    return [json.loads(line) for line in (program.folder / name).read_text().splitlines()]


def test_every_row_is_in_the_export(dealflow_on_each: Program) -> None:
    dealflow_on_each.do(*NEW_COMPANY)
    dealflow_on_each.do(*NEW_COMPANY)
    told = dealflow_on_each.json("export", "--company", 2, "acme.jsonl")
    head, *rows = lines(dealflow_on_each, "acme.jsonl")
    assert (head["company_id"], told["company_id"]) == (2, 2)
    assert {row["row"]["company_id"] for row in rows} == {2}
    assert {row["table"] for row in rows} == {
        "company",
        "counter",
        "user",
        "token",
        "pipeline",
        "stage",
        "term",
        "event",
    }
    assert told["rows"] == {name: sum(row["table"] == name for row in rows) for name in told["rows"]}


def test_an_export_holds_no_secrets_and_is_private(acme: Program) -> None:
    acme.do("export", "acme.jsonl")
    tokens = [row["row"] for row in lines(acme, "acme.jsonl")[1:] if row["table"] == "token"]
    assert tokens
    assert all("hash" not in token for token in tokens)
    assert (acme.folder / "acme.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_export_replaces_a_file_only_if_told(acme: Program) -> None:
    acme.do("export", "acme.jsonl")
    before = (acme.folder / "acme.jsonl").read_bytes()
    assert "--force" in acme.error("export", "acme.jsonl")
    acme.do("export", "acme.jsonl", "--force")
    assert (acme.folder / "acme.jsonl").read_bytes() == before


def test_nothing_of_a_deleted_company_remains(dealflow_on_each: Program) -> None:
    database = ("--database", dealflow_on_each.database)
    with dealflow_on_each.serving("demo", *database, "--deals", 40):
        pass
    dealflow_on_each.do(*NEW_COMPANY)
    removed = dealflow_on_each.json("company", "delete", 1, "--yes")["removed"]
    engine = engine_of(dealflow_on_each.database)
    with engine.connect() as connection:
        left = {
            table.name: {row[0] for row in connection.execute(sa.select(table.c.company_id))}
            for table in schema.metadata.sorted_tables
            if "company_id" in table.columns
        }
    engine.dispose()
    assert min(removed[name] for name in ("company", "deal", "event", "party", "token", "token_key")) > 0
    assert set().union(*left.values()) == {2}
    assert dealflow_on_each.json("check")["ok"]
