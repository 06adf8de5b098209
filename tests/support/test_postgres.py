from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from tests.support import postgres
from tests.support.postgres import Cluster, PostgresError

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def database(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A database of the test's own, holding one row."""
    url = cluster.create_database(request.node.name)
    with psycopg.connect(url) as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS n")
    return url


def rows(url: str) -> int:
    with psycopg.connect(url) as db:
        row = db.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_sqlalchemy_reads_the_same_address(database: str) -> None:
    engine = sqlalchemy.create_engine(database)
    with engine.connect() as db:
        assert db.scalar(sqlalchemy.text("SELECT n FROM kept")) == 1
    engine.dispose()


def test_text_is_utf8_and_sorts_by_code_point(database: str) -> None:
    with psycopg.connect(database) as db:
        found = db.execute("SELECT current_setting('server_encoding'), 'a' > 'B'").fetchone()
    assert found == ("UTF8", True)


def test_a_cluster_is_durable_unless_told_otherwise(database: str) -> None:
    with psycopg.connect(database) as db:
        assert db.execute("SHOW fsync").fetchone() == ("on",)


@pytest.mark.parametrize("immediate", [False, True])
def test_a_restart_keeps_what_was_committed(cluster: Cluster, database: str, immediate: bool) -> None:
    cluster.restart(immediate=immediate)
    assert rows(database) == 1


def test_a_killed_server_takes_no_one_in(cluster: Cluster, database: str) -> None:
    cluster.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database)
    cluster.start()


def test_a_killed_server_recovers_what_was_committed(cluster: Cluster, database: str) -> None:
    cluster.kill()
    cluster.start()
    assert rows(database) == 1


def test_nothing_stays_behind() -> None:
    with Cluster(durable=False) as brief:
        folder = brief.folder
    assert not folder.exists()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    with pytest.raises(PostgresError, match="initdb, postgres"):
        Cluster()
