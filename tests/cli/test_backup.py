import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import pytest

from dealflow.core.time import Instant
from dealflow.server.backups import Backups
from tests.cli.conftest import Program

DAY = 86_400_000_000


def change(path: Path, sql: str) -> None:
    with closing(apsw.Connection(str(path))) as db:
        db.execute(sql)


def wait_until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def writers(url: str, token: str, threads: int = 3) -> Iterator[list[int]]:
    """Deals are added all the while; the ids of those acknowledged."""
    made: list[int] = []
    stop = threading.Event()
    address = urlsplit(url)

    def write() -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"x-api-token": token, "Content-Type": "application/json"}
        while not stop.is_set():
            connection.request("POST", "/api/v2/deals", json.dumps({"title": "Load", "value": 10}), headers)
            made.append(json.loads(connection.getresponse().read())["data"]["id"])
        connection.close()

    running = [threading.Thread(target=write) for _ in range(threads)]
    for each in running:
        each.start()
    try:
        yield made
    finally:
        stop.set()
        for each in running:
            each.join()


def test_a_backup_under_load_is_one_moment_and_sound(acme: Program) -> None:
    token = acme.json("token", "new", 1)["token"]
    with acme.serving("serve") as ready, writers(ready["url"], token) as made:
        wait_until(lambda: len(made) >= 30)
        before = set(made)
        taken = acme.json("backup", "copy.db")
        after = set(made)
    restored = ("--database", f"sqlite:///{acme.folder / 'restored.db'}")
    assert acme.json("restore", "copy.db", *restored)["rows"] == taken["rows"]
    assert acme.json("check", *restored)["ok"]
    assert len(before) <= taken["rows"]["deal"] <= len(after) + 3
    with closing(apsw.Connection(str(acme.folder / "restored.db"))) as db:
        assert before <= {row[0] for row in db.execute("SELECT id FROM deal")}


def test_a_backup_is_one_private_file(acme: Program) -> None:
    acme.do("backup", "copy.db")
    assert [each.name for each in acme.folder.glob("copy.db*")] == ["copy.db"]
    assert (acme.folder / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_replaces_a_file_only_if_told(acme: Program) -> None:
    (acme.folder / "copy.db").write_text("precious")
    assert "--force" in acme.error("backup", "copy.db")
    assert (acme.folder / "copy.db").read_text() == "precious"
    acme.do("backup", "copy.db", "--force")


def test_a_backup_needs_a_database(dealflow: Program) -> None:
    assert "test.db not found" in dealflow.error("backup", "copy.db")
    assert list(dealflow.folder.iterdir()) == []


@pytest.mark.postgres
def test_backups_of_postgresql_are_its_own_business(dealflow: Program) -> None:
    assert "pg_dump" in dealflow.error("backup", "copy.db", "--database", "postgresql://nobody@127.0.0.1/x")


def test_a_restored_database_is_the_one_backed_up(acme: Program) -> None:
    acme.do("backup", "copy.db")
    acme.do("user", "add", "Bob", "--email", "bob@example.com")
    assert "--force" in acme.error("restore", "copy.db")
    assert len(acme.json("user", "list")) == 2
    acme.do("restore", "copy.db", "--force")
    assert len(acme.json("user", "list")) == 1


def test_nothing_of_the_old_log_reaches_the_restored_database(acme: Program) -> None:
    acme.do("backup", "copy.db")
    with closing(apsw.Connection(str(acme.folder / "test.db"))) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("UPDATE company SET name = 'Changed'")
        left = {suffix: (acme.folder / f"test.db{suffix}").read_bytes() for suffix in ("-wal", "-shm")}
    for suffix, content in left.items():
        (acme.folder / f"test.db{suffix}").write_bytes(content)
    acme.do("restore", "copy.db", "--force")
    assert acme.json("company", "list")[0]["name"] == "Acme"
    assert acme.json("check")["ok"]


def test_a_database_in_use_is_not_replaced(acme: Program) -> None:
    acme.do("backup", "copy.db")
    with acme.serving("serve"):
        assert "in use" in acme.error("restore", "copy.db", "--force")
    assert acme.json("check")["ok"]


def test_a_damaged_database_can_be_replaced(acme: Program) -> None:
    acme.do("backup", "copy.db")
    for each in acme.folder.glob("test.db*"):
        each.write_bytes(b"nonsense" * 1000)
    acme.do("restore", "copy.db", "--force")
    assert acme.json("check")["ok"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xff" * 20_000
    path.write_bytes(content)


def replace_by_text(path: Path) -> None:
    path.write_text("not a database")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_another_kind(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE t (a)")


def make_newer(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999'")


def orphan(path: Path) -> None:
    change(path, "INSERT INTO counter (company_id, kind, last) VALUES (77, 'deal', 1)")


@pytest.mark.parametrize(
    "spoil",
    [cut, scribble, replace_by_text, empty, replace_by_another_kind, make_newer, orphan],
    ids=lambda f: f.__name__,
)
def test_a_bad_backup_changes_nothing(acme: Program, spoil: Any) -> None:
    acme.do("backup", "copy.db")
    acme.do("user", "add", "Bob", "--email", "bob@example.com")
    spoil(acme.folder / "copy.db")
    assert "copy.db" in acme.error("restore", "copy.db", "--force")
    assert len(acme.json("user", "list")) == 2
    assert list(acme.folder.glob("*.part")) == []


class Days:
    """A clock that shows noon of one day after another."""

    def __init__(self) -> None:
        self.now = Instant(20_000 * DAY + DAY // 2)

    def __call__(self) -> Instant:
        return self.now

    def pass_one(self) -> None:
        self.now = Instant(self.now + DAY)


def test_the_server_keeps_the_newest_daily_backups(acme: Program) -> None:
    days = Days()
    backups = Backups(acme.database, kept=3, clock=days)
    for _ in range(5):
        assert backups.make_due() is not None
        assert backups.make_due() is None
        days.pass_one()
    kept = sorted(each.name for each in (acme.folder / "backups").iterdir())
    assert kept == ["test-2024-10-06.db", "test-2024-10-07.db", "test-2024-10-08.db"]
    acme.do("restore", acme.folder / "backups" / kept[-1], "--force")


def test_a_daily_backup_is_made_soon_after_the_start(acme: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dealflow.server.backups.SETTLE_S", 0)
    folder = acme.folder / "elsewhere"
    backups = Backups(acme.database, folder=folder, clock=Days())
    backups.start()
    wait_until((folder / "test-2024-10-04.db").exists)
    backups.stop()
    assert [each.name for each in folder.iterdir()] == ["test-2024-10-04.db"]
