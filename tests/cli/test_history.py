import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import NEW_COMPANY, Program
from tests.support.history import text_of

EMPTY = (*NEW_COMPANY, "--template", "empty")
HEAD = (
    {"kind": "company", "currency": "SEK", "timezone": "Europe/Stockholm"},
    {"kind": "user", "key": "u1", "name": "Bob", "email": "bob@people.example"},
    {"kind": "pipeline", "key": "p1", "name": "Sales", "probability_enabled": False},
    {"kind": "stage", "key": "s1", "pipeline": "p1", "name": "First", "likelihood": 20},
)


def deal(key: str, stage: str = "s1") -> dict[str, Any]:
    created = {"at": "2026-01-05T09:00:00Z", "type": "created", "stage": stage}
    won = {"at": "2026-01-06T09:00:00.000001Z", "type": "won"}
    line = {"kind": "deal", "key": key, "title": "Roof", "value": "1200.50", "currency": "EUR", "owner": "u1"}
    return {**line, "events": [created, won]}


CONTENT = text_of(*HEAD, deal("a"), deal("b"))


@pytest.fixture
def file(dealflow: Program) -> Path:
    found = dealflow.folder / "history.jsonl"
    found.write_bytes(CONTENT)
    return found


def exported(program: Program, *what: object) -> bytes:
    program.do_here("export", *what, "exported.jsonl", "--force")
    return (program.folder / "exported.jsonl").read_bytes()


def test_a_file_comes_in_and_goes_out_again(dealflow_on_each: Program) -> None:
    dealflow_on_each.do(*EMPTY)
    (dealflow_on_each.folder / "history.jsonl").write_bytes(CONTENT)
    told = dealflow_on_each.json("import", "history", "history.jsonl")
    assert {name: told[name] for name in told if name != "file"} == {
        "bad_lines": 0,
        "bad": [],
        "company_id": 1,
        "users": {"added": 1, "there": 0, "matched": 0},
        "pipelines": {"added": 1, "there": 0},
        "stages": {"added": 1, "there": 0},
        "deals": {"added": 2, "there": 0},
        "events": 4,
    }
    assert exported(dealflow_on_each, "history") == CONTENT
    assert dealflow_on_each.json("check")["ok"]


def test_a_demo_goes_out_and_comes_in_elsewhere(filled: Program) -> None:
    once = exported(filled, "history")
    (filled.folder / "once.jsonl").write_bytes(once)
    filled.database = filled.environment["DEALFLOW_DATABASE"] = f"sqlite:///{filled.folder / 'other.db'}"
    filled.do_here(*EMPTY)
    filled.do_here("import", "history", "once.jsonl")
    assert exported(filled, "history") == once
    assert json.loads(filled.do_here("check", "--json"))["ok"]


def test_the_same_file_again_changes_nothing(acme: Program, file: Path) -> None:
    acme.do_here("import", "history", file)
    before = exported(acme)
    assert "6 lines were there already" not in before.decode()
    said = acme.do_here("import", "history", file, "--strict")
    assert "0 deals with 0 events" in said
    assert "5 lines were there already" in said
    assert exported(acme) == before


def test_one_bad_line_changes_nothing_and_is_named(acme: Program, file: Path) -> None:
    before = exported(acme)
    file.write_bytes(CONTENT + text_of(deal("c", "s9")))
    said = acme.error("import", "history", file)
    assert said == f'{file}, line 7: stage "s9" is not in the file; nothing was imported'
    assert exported(acme) == before


def test_all_bad_lines_are_named(acme: Program, file: Path) -> None:
    before = exported(acme)
    file.write_bytes(CONTENT + text_of(deal("a"), deal("c", "s9")))
    done = acme.run("import", "history", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        'line 7: there is a deal "a" in the file already',
        'line 8: stage "s9" is not in the file',
        f"dealflow: {file}: 2 lines are bad; nothing was imported",
    ]
    assert exported(acme) == before


def test_programs_are_told_of_bad_lines_too(acme: Program, file: Path) -> None:
    file.write_bytes(CONTENT + b"nonsense\n" * 120)
    done = acme.run("import", "history", file, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["bad_lines"], len(told["bad"]), told["bad"][0]["line"]) == (1, 120, 100, 7)
    assert "and 20 more" in done.stderr


def test_bad_lines_may_be_skipped(acme: Program, file: Path) -> None:
    file.write_bytes(CONTENT + text_of(deal("c", "s9"), deal("d")))
    done = acme.run("import", "history", file, "--skip-bad")
    assert done.returncode == 0
    assert done.stderr == 'line 7: stage "s9" is not in the file\n'
    assert "3 deals with 6 events" in done.stdout
    assert "1 bad lines were left out" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("import", "history", "history.jsonl", "--strict", "--skip-bad"), "either --strict or --skip-bad", 1),
        (("import", "history", "history.jsonl", "--company", 7), "company 7 not found", 1),
        (("import", "history", "nowhere.jsonl"), "nowhere.jsonl", 2),
        (("import", "history", "."), "Only file is allowed", 2),
        (("export", "history", "history.jsonl"), "use --force", 1),
        (("export", "history"), "", 2),
    ],
)
def test_what_cannot_be_done_is_said(
    acme: Program, file: Path, arguments: tuple[object, ...], said: str, code: int
) -> None:
    assert said in acme.error(*arguments, code=code)


def test_a_pipe_is_no_file(acme: Program) -> None:
    os.mkfifo(acme.folder / "pipe")
    assert "has to be a file" in acme.error("import", "history", "pipe")


def test_an_import_needs_a_database(dealflow: Program, file: Path) -> None:
    assert "not found" in dealflow.error("import", "history", file)
    assert not (dealflow.folder / "test.db").exists()


def test_an_exported_history_is_private(acme: Program, file: Path) -> None:
    acme.do_here("export", "history", "out.jsonl")
    assert (acme.folder / "out.jsonl").stat().st_mode & 0o777 == 0o600
