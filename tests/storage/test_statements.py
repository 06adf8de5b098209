"""The statement check finds what it is there for, and nothing runs past it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from dealflow.storage.schema import counter, currency_rate, deal, event, oauth_grant, pipeline, stage, token_key
from dealflow.storage.statement import Clause, Statement
from dealflow.storage.tx import Tx
from tests.support.databases import Home, Homes
from tests.support.statements import CROSSES, Watch, is_for_all, problems, touched_problems

SOURCE = Path(__file__).parents[2] / "src" / "dealflow"

d, g, p, s = deal.c, oauth_grant.c, pipeline.c, stage.c
rival = deal.alias("rival")
MINE = d.company_id == bindparam("company_id")
ON_STAGE = (s.company_id == d.company_id) & (s.id == d.stage_id)


def values_of(table: Table, **other: Any) -> dict[str, Any]:
    return {column.name: bindparam(column.name) for column in table.columns} | other


def exists_stage(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(s.id).where(*where).exists()


GOOD: dict[str, Clause] = {
    "one table": select(d.id).where(MINE),
    "pinned the other way round": select(d.id).where(bindparam("company_id") == d.company_id),
    "joined with its company": select(d.id, s.name).join(stage, ON_STAGE).where(MINE),
    "joined the other way round": select(d.id).join(stage, ON_STAGE).where(s.company_id == bindparam("company_id")),
    "a list of tables": select(d.id, s.name).where(MINE, s.company_id == d.company_id, s.id == d.stage_id),
    "itself": select(d.id).join(rival, (rival.c.company_id == d.company_id) & (rival.c.id > d.id)).where(MINE),
    "correlated": select(d.id).where(MINE, exists_stage(s.company_id == d.company_id, s.id == d.stage_id)),
    "inner query pinned by itself": select(d.id).where(
        MINE, d.stage_id.in_(select(s.id).where(s.company_id == bindparam("company_id")))
    ),
    "a query as a table": select(select(d.id).where(MINE).subquery().c.id),
    "two queries": select(d.id).where(MINE).union_all(select(s.id).where(s.company_id == bindparam("company_id"))),
    "count of all": select(func.count()).select_from(deal).where(MINE),
    "a directory": select(token_key.c.company_id).where(token_key.c.hash == bindparam("hash")),
    "a reference": select(currency_rate.c.day).order_by(currency_rate.c.day),
    "nulls placed": select(d.id).where(MINE).order_by(d.expected_close.desc().nulls_last()),
    "nulls replaced": select(d.id).where(MINE).order_by(func.coalesce(d.expected_close, ""), d.id),
    "a bounded offset": select(d.id).where(MINE).limit(bindparam("limit")).offset(bindparam("start")),
    "escaped pattern": select(d.id).where(MINE, d.title_key.like(bindparam("pattern"), escape="\\")),
    "an insertion": insert(pipeline).values(values_of(pipeline)),
    "an upsert": upsert(pipeline)
    .values(values_of(pipeline))
    .on_conflict_do_update(index_elements=[p.company_id, p.id], set_={"name": bindparam("new_name")}),
    "a change": update(deal)
    .where(MINE, d.id == bindparam("this"))
    .values(title=bindparam("title"), version=d.version + 1),
    "a count": update(counter).where(counter.c.company_id == bindparam("company_id")).values(last=bindparam("to")),
    "a removal": delete(deal).where(MINE, d.id == bindparam("this")),
    "the end of a company": delete(event).where(event.c.company_id == bindparam("company_id")),
    "a copy": insert(stage).from_select(
        ["company_id", "id"], select(s.company_id, s.id + 100).where(s.company_id == bindparam("company_id"))
    ),
    "an operator's count": select(d.company_id, func.count())
    .group_by(d.company_id)
    .execution_options(**{CROSSES: True}),
}

BAD: dict[str, tuple[Clause, str]] = {
    "no company": (select(d.id).where(d.id == bindparam("this")), "deal is not pinned"),
    "a fixed company": (select(d.id).where(d.company_id == 7), "deal is not pinned"),
    "another parameter": (select(d.id).where(d.company_id == bindparam("of_company")), "deal is not pinned"),
    "either or": (select(d.id).where(or_(MINE, d.id == bindparam("this"))), "deal is not pinned"),
    "not": (select(d.id).where(~MINE), "deal is not pinned"),
    "not equal": (select(d.id).where(d.company_id != bindparam("company_id")), "deal is not pinned"),
    "at least": (select(d.id).where(d.company_id >= bindparam("company_id")), "deal is not pinned"),
    "joined on the id alone": (select(d.id).join(stage, s.id == d.stage_id).where(MINE), "stage is not pinned"),
    "left joined on the id alone": (
        select(d.id).outerjoin(stage, s.id == d.stage_id).where(MINE),
        "stage is not pinned",
    ),
    "listed beside": (select(d.id, s.name).where(MINE, s.id == d.stage_id), "stage is not pinned"),
    "an alias": (select(d.id).join(rival, rival.c.id > d.id).where(MINE), "rival is not pinned"),
    "another id": (select(d.id).join(stage, s.company_id == d.stage_id).where(MINE), "stage is not pinned"),
    "correlated on the id": (select(d.id).where(MINE, exists_stage(s.id == d.stage_id)), "stage is not pinned"),
    "inner query": (select(d.id).where(MINE, d.stage_id.in_(select(s.id))), "stage is not pinned"),
    "a value": (select(d.id, select(func.max(s.id)).scalar_subquery()).where(MINE), "stage is not pinned"),
    "a query as a table": (select(select(d.id).subquery().c.id), "deal is not pinned"),
    "a named query": (select(select(d.id).cte("all_deals").c.id), "deal is not pinned"),
    "one of two queries": (select(d.id).where(MINE).union_all(select(s.id)), "stage is not pinned"),
    "a change": (update(deal).where(d.id == bindparam("this")).values(title=bindparam("title")), "deal is not pinned"),
    "a change of company": (update(deal).where(MINE).values(company_id=bindparam("new")), "company_id is changed"),
    "a change from elsewhere": (
        update(deal).where(MINE, s.id == d.stage_id).values(title=s.name),
        "stage is not pinned",
    ),
    "a change by an open query": (
        update(deal).where(MINE).values(title=select(func.max(s.name)).scalar_subquery()),
        "stage is not pinned",
    ),
    "a change without version": (
        update(deal).where(MINE).values(title=bindparam("title")),
        "without raising its version",
    ),
    "a change of history": (
        update(event).where(event.c.company_id == bindparam("company_id")).values(action=bindparam("action")),
        "event is only added to",
    ),
    "a loss of history": (
        delete(event).where(event.c.company_id == bindparam("company_id"), event.c.seq == bindparam("this")),
        "event is only added to",
    ),
    "a removal": (delete(deal).where(d.id == bindparam("this")), "deal is not pinned"),
    "an insertion for nobody": (
        insert(stage).values({"id": bindparam("id")}),
        "stage.company_id is not given",
    ),
    "an insertion for a fixed company": (
        insert(stage).values(values_of(stage, company_id=7)),
        "stage.company_id is not given",
    ),
    "an insertion of a query": (
        insert(stage).values(values_of(stage, position=select(func.max(s.position)).scalar_subquery())),
        "VALUES holds a query",
    ),
    "a copy of all": (
        insert(stage).from_select(["company_id", "id"], select(s.company_id, s.id)),
        "stage is not pinned",
    ),
    "an upsert on the id": (
        upsert(pipeline).values(values_of(pipeline)).on_conflict_do_update(index_elements=[p.id], set_={"name": "x"}),
        "ON CONFLICT does not name company_id",
    ),
    "text": (select(d.id).where(MINE, text("id = 1")), "text: 'id = 1'"),
    "a literal column": (select(d.id, sa.literal_column("title")).where(MINE), "text: 'title'"),
    "all columns": (select(sa.literal_column("*")).select_from(deal).where(MINE), "text: '*'"),
    "the database's clock": (
        update(deal).where(MINE).values(updated_at=func.now()),
        "now() belongs in the program",
    ),
    "the database's dice": (select(d.id).where(MINE).order_by(func.random()), "random() belongs in the program"),
    "folding": (select(d.id).where(MINE, func.lower(d.title) == bindparam("t")), "lower() belongs in the program"),
    "a long list": (select(d.id).where(MINE, d.id.in_(range(501))), "501 values in an IN list"),
    "an unescaped pattern": (select(d.id).where(MINE, d.title_key.like(bindparam("x"))), "LIKE without ESCAPE"),
    "an unescaped part": (select(d.id).where(MINE, d.title_key.contains(bindparam("x"))), "LIKE without ESCAPE"),
    "a loose pattern": (select(d.id).where(MINE, d.title.ilike(bindparam("x"))), "ILIKE differs"),
    "unplaced nulls": (select(d.id).where(MINE).order_by(d.expected_close), "nulls in expected_close"),
    "unplaced nulls, descending": (
        select(d.id).where(MINE).order_by(d.expected_close.desc()),
        "nulls in expected_close",
    ),
    "a key that may be null": (
        select(d.id).where(MINE, sa.tuple_(d.expected_close, d.id) > sa.tuple_(bindparam("k"), bindparam("i"))),
        "expected_close is compared as a key",
    ),
    "an unbounded offset": (select(d.id).where(MINE).offset(bindparam("start")), "OFFSET without a LIMIT"),
    "an operator's change": (
        delete(deal).execution_options(**{CROSSES: True}),
        "must be a SELECT",
    ),
    "an operator's lock": (select(d.id).with_for_update().execution_options(**{CROSSES: True}), "must not lock"),
    "an operator's join": (
        select(d.id).join(stage, s.id == d.stage_id).execution_options(**{CROSSES: True}),
        "must join on company_id",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_statements_pass(name: str) -> None:
    assert problems(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_statements_are_found(name: str) -> None:
    clause, problem = BAD[name]
    assert problem in "\n".join(problems(clause))


def test_many_rows_at_once_are_found() -> None:
    rows = [{"company_id": bindparam("company_id"), "id": i} for i in range(501)]
    assert "501 rows in one INSERT" in problems(insert(stage).values(rows))


# ---------------------------------------------------------------------------------------------------- while running


@pytest.fixture
def apart(watch: Watch) -> Iterator[Watch]:
    """A watch of its own in the place of the run's, for statements that are wrong on purpose."""
    mine = Watch()
    Statement.observers.remove(watch)
    Statement.observers.append(mine)
    yield mine
    Statement.observers.remove(mine)
    Statement.observers.append(watch)


def test_an_execution_without_the_company_pinned_is_found(tx: Tx, apart: Watch) -> None:
    tx.rows(Statement(select(p.name).where(p.id == bindparam("this"))), this=1)
    assert "pipeline is not pinned to the company" in apart.take()[0]


def test_executions_for_no_company_are_found(tx: Tx, apart: Watch) -> None:
    statement = Statement(select(p.name).where(p.company_id == bindparam("company_id")))
    tx.db.rows(statement, {"company_id": 0})
    assert "run for company 0" in apart.take()[0]


def test_each_set_of_values_of_a_batch_is_looked_at(tx: Tx, apart: Watch) -> None:
    statement = Statement(
        update(pipeline)
        .where(p.company_id == bindparam("company_id"), p.id == bindparam("this"))
        .values(name=bindparam("name"), version=p.version + 1)
    )
    rows = [{"company_id": company, "this": 1, "name": "x"} for company in (tx.company_id, -1)]
    tx.db.change_each(statement, rows)
    assert [problem.partition(":")[0] for problem in apart.take()] == ["run for company -1 with {-1}"]


def test_statements_made_for_each_use_are_found(tx: Tx, apart: Watch) -> None:
    for _ in range(20):
        tx.rows(Statement(select(p.name).where(p.company_id == bindparam("company_id"))))
    assert "made anew for each use" in apart.take()[0]


def test_the_plan_of_a_pinned_statement_touches_one_partition(homes: Homes) -> None:
    assert touched(homes["partitioned"], select(d.id).where(d.company_id == bindparam("company_id"))) == []


def test_the_plan_of_an_open_statement_touches_several(homes: Homes) -> None:
    assert touched(homes["partitioned"], select(d.id)) == ["deal is read in 4 partitions"]


def test_the_plan_of_a_join_on_the_id_alone_touches_several(homes: Homes) -> None:
    clause = select(d.id).join(stage, s.id == d.stage_id).where(d.company_id == bindparam("company_id"))
    assert touched(homes["partitioned"], clause) == ["stage is read in 4 partitions"]


@pytest.mark.parametrize(
    ("clause", "allowed"),
    [
        (select(g.hash).where(g.hash == bindparam("hash")), False),
        (select(g.hash).where(g.family == bindparam("family")), False),
        (delete(oauth_grant).where(g.family == bindparam("family")), False),
        (delete(oauth_grant).where(g.company_id == bindparam("company_id"), g.family == bindparam("family")), True),
        (delete(stage).where(s.company_id == bindparam("company_id")), False),
    ],
    ids=["by its key", "open", "open deletion", "a company's deletion", "of a tenant"],
)
def test_a_company_may_take_from_every_part_of_a_directory(clause: Clause, allowed: bool) -> None:
    assert is_for_all(Statement(clause)) == allowed


def touched(home: Home, clause: Clause) -> list[str]:
    compiled = Statement(clause).on("postgresql")
    with psycopg.connect(home.url) as db:
        return touched_problems(db, compiled.sql, compiled.bind({"company_id": 1}))


# ------------------------------------------------------------------------------------------------- past the watch

CONNECTIONS = {"storage/database.py", "storage/postgres.py", "storage/sqlite.py"}
# What the person who runs the server starts by hand or by the clock, never a request.
OPERATORS = {"storage/backup.py", "storage/operator.py"}
ASKED_FOR = ("dialects", "actions", "wire.py", "server/calls.py", "server/runners.py", "server/protocol.py")


def calls(folder: Path) -> Iterator[tuple[str, ast.Call, str, str]]:
    """File, call, receiver and name of each method called in the program."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path.relative_to(folder).as_posix(), node, ast.unparse(node.func.value), node.func.attr


def imports(folder: Path) -> Iterator[tuple[str, str]]:
    """File and name of each module or part of one that is imported."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                yield from ((path.relative_to(folder).as_posix(), f"{node.module}.{each.name}") for each in node.names)


def test_only_connections_and_migrations_say_to_drivers_what_is_not_fixed() -> None:
    """Elsewhere it is a written-out sentence about settings or the state of the file, and of no table of ours."""
    said = [
        (file, call.args[0].value if isinstance(call.args[0], ast.Constant) else ast.unparse(call.args[0]))
        for file, call, _, name in calls(SOURCE)
        if name in ("execute", "executemany", "executescript", "exec_driver_sql")
        and file not in CONNECTIONS
        and not file.startswith("storage/migrations/")
    ]
    fixed = re.compile(
        r"PRAGMA \w+(=\w+|\(\d+\))?|(SET \w+ = 0(; )?)+|BEGIN EXCLUSIVE"
        r"|SELECT name FROM sqlite_schema WHERE type = 'table'|SELECT version_num FROM alembic_version"
    )
    assert [(file, text) for file, text in said if not fixed.fullmatch(str(text))] == []


def test_only_the_transaction_and_what_has_no_company_use_connections() -> None:
    users = {
        file
        for file, _, receiver, name in calls(SOURCE)
        if name in ("rows", "change", "change_each") and receiver.rpartition(".")[2] == "db"
    }
    directories = {"storage/oauth.py", "storage/passwords.py", "storage/users.py"}
    allowed = {"storage/tx.py", "storage/rates.py"} | directories | OPERATORS
    assert {file for file in users if not file.startswith("storage/migrations/")} <= allowed


def test_only_the_operator_may_look_across_companies() -> None:
    holders = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if CROSSES in path.read_text(encoding="utf-8")
    }
    assert holders <= OPERATORS


def test_no_request_comes_to_the_operator() -> None:
    ways = [
        (file, module)
        for file, module in imports(SOURCE)
        if file.startswith(ASKED_FOR)
        and file != "actions/operator.py"
        and re.match(r"dealflow\.(storage\.(operator|backup)|actions\.operator)\b", module)
    ]
    assert ways == []
