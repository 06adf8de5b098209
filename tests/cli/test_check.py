from contextlib import closing

import apsw
import pytest

from tests.cli.conftest import Program


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("DELETE FROM event WHERE seq = 100", "event log without gaps"),
        ("UPDATE counter SET last = 3 WHERE kind = 'deal'", "counters ahead of ids"),
        ("UPDATE deal_total SET value = value + 1", "kept totals"),
        ("UPDATE deal SET pipeline_id = 3 - pipeline_id WHERE id = 1", "deals in their pipelines"),
        ("UPDATE deal SET outcome = 'won' WHERE outcome = 'lost'", "chains of events"),
        ("UPDATE event SET before = replace(before, '\"stage_id\":', '\"stage_id\":9') WHERE before LIKE '%stage_id%'",
         "chains of events"),
        ("UPDATE stage_entry SET at = at + 1 WHERE deal_id = 1", "entries into stages"),
        ("DELETE FROM stage_entry WHERE deal_id = 2", "entries into stages"),
        ("UPDATE stage_entry SET deal_id = 9000 WHERE deal_id = 3", "entries into stages"),
        ("DELETE FROM user WHERE id = 5", "file"),
        ("UPDATE alembic_version SET version_num = '0000'", "schema"),
    ],
)  # fmt: skip
def test_damage_is_found(filled: Program, damage: str, check: str) -> None:
    with closing(apsw.Connection(str(filled.folder / "test.db"))) as db:
        db.execute(damage)
    done = filled.run("check")
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if " wrong " in line]
    assert any(line.strip().startswith(check) for line in wrong)


def test_a_sound_database_is_found_sound(filled: Program) -> None:
    found = filled.json("check")
    assert found["ok"]
    assert {each["name"] for each in found["checks"]} >= {"settings", "libraries", "schema", "file", "kept totals"}


def test_the_password_is_not_shown(dealflow: Program) -> None:
    done = dealflow.run("check", "--database", "postgresql://me:secret@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "secret" not in done.stdout + done.stderr


def test_looking_makes_no_database(dealflow: Program) -> None:
    assert dealflow.run("check").returncode == 1
    assert list(dealflow.folder.iterdir()) == []
