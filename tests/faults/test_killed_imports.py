"""An import is killed at any moment and run again: what is there then is what one clean import leaves."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from dealflow.cli import run as run_here
from dealflow.core.time import DAY, Instant, exact
from dealflow.storage.database import database as database_at
from dealflow.storage.history import Past
from dealflow.storage.tx import Tx
from tests.support.history import rows, text_of
from tests.support.lengths import length
from tests.support.lives import BEGINNING
from tests.support.postgres import Cluster

KILLS: Final = length(3, nightly=200)
KILLS_ON_A_SERVER: Final = length(1, nightly=50)
DEALS: Final = 250
STAGES: Final = 5
CLEAN, KILLED = 1, 2
WRITTEN: Final = frozenset({"deal", "follower", "stage_entry", "external_key", "deal_total", "counter", "stage"})


def content() -> bytes:
    users = [
        {"kind": "user", "key": f"u{i}", "name": f"User {i}", "email": f"u{i}@people.example"} for i in range(STAGES)
    ]
    stages = [{"kind": "stage", "key": f"s{i}", "pipeline": "p", "name": f"Stage {i}"} for i in range(STAGES)]
    return text_of(*users, {"kind": "pipeline", "key": "p", "name": "Sales"}, *stages, *map(deal, range(DEALS)))


def deal(number: int) -> dict[str, Any]:
    times = [exact(Instant(BEGINNING + (number % 97 + day) * DAY)) for day in range(STAGES)]
    later = [{"at": at, "type": "stage", "stage": f"s{stage}"} for stage, at in enumerate(times)]
    events = [{**later[0], "type": "created"}, *later[1:], {"at": times[-1], "type": "won"}]
    return {"kind": "deal", "key": f"d{number}", "title": f"Deal {number}", "owner": "u0", "events": events}


class Imports:
    """A database of two companies, and a file that is brought into either."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.file = folder / "history.jsonl"
        self.file.write_bytes(content())
        for _ in (CLEAN, KILLED):
            made = ("--currency", "EUR", "--timezone", "UTC", "--admin-name", "Ann", "--admin-email", "a@example.com")
            self.run("company", "add", "Acme", *made, "--template", "empty")

    def run(self, *arguments: object) -> None:
        """A command that is not killed."""
        assert run_here([*map(str, arguments), "--database", self.database]) == 0

    def bring(self, company_id: int) -> None:
        self.run("import", "history", self.file, "--company", company_id)

    def bring_and_time(self, company_id: int) -> float:
        """How many seconds it takes, beginning and end of the process included."""
        began = time.monotonic()
        assert self._start(company_id).wait() == 0
        return time.monotonic() - began

    def _start(self, company_id: int) -> "subprocess.Popen[bytes]":
        arguments = ("import", "history", str(self.file), "--company", str(company_id), "--database", self.database)
        return subprocess.Popen([sys.executable, "-m", "dealflow", *arguments], stdout=subprocess.DEVNULL)

    def kill(self, after_s: float) -> None:
        """Start an import and end it, unless it was quicker."""
        process = self._start(KILLED)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def written(self, company_id: int) -> list[tuple[str, dict[str, Any]]]:
        """What an import writes of a company, as if it had id 0."""
        db = database_at(self.database).connect(write=False)
        try:
            found = rows(Tx(db, company_id, 0, BEGINNING))
        finally:
            db.close()
        return [
            (table, {**row, "company_id": 0})
            for table, row in found
            if table in WRITTEN or row.get("resource") in ("deal", "stage", "pipeline")
        ]

    def deals(self, company_id: int) -> int:
        db = database_at(self.database).connect(write=False)
        try:
            return len(list(Past(Tx(db, company_id, 0, BEGINNING)).deals()))
        finally:
            db.close()


def kill_and_bring(imports: Imports, kills: int, chance: random.Random) -> list[int]:
    """How many deals were there after each kill."""
    length_s = imports.bring_and_time(CLEAN)
    counts = []
    for _ in range(kills):
        imports.kill(chance.uniform(0.3, 1.0) * length_s)
        counts.append(imports.deals(KILLED))
    imports.bring(KILLED)
    return counts


def test_an_import_that_was_killed_can_be_run_again(tmp_path: Path) -> None:
    imports = Imports(f"sqlite:///{tmp_path / 'dealflow.db'}", tmp_path)
    counts = kill_and_bring(imports, KILLS, random.Random(4))
    assert set(counts) <= {0, DEALS}
    assert imports.written(KILLED) == imports.written(CLEAN)


@pytest.mark.postgres
def test_so_it_can_on_a_server(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start()
    imports = Imports(cluster.create_database("killed_imports"), tmp_path)
    counts = kill_and_bring(imports, KILLS_ON_A_SERVER, random.Random(5))
    assert set(counts) <= {0, DEALS}
    assert imports.written(KILLED) == imports.written(CLEAN)
