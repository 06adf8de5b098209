"""The embedded database: which library it takes, and what its faults mean."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dealflow.core.errors import Unavailable
from dealflow.storage import sqlite
from dealflow.storage.database import ConfigurationError
from dealflow.storage.migrations import driver, upgrade
from dealflow.storage.sqlite import SqliteConnection, SqliteDatabase
from dealflow.storage.tx import Tx
from dealflow.storage.users import users
from tests.support.databases import Clock, found_company


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(f"sqlite:///{tmp_path / 'dealflow.db'}")


@pytest.fixture
def writer(database: SqliteDatabase) -> Iterator[SqliteConnection]:
    upgrade(database.url)
    with closing(database.connect(write=True)) as connection:
        connection.begin()
        yield connection


def test_an_old_library_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite, "OLDEST_SQLITE", (99, 1, 2))
    with pytest.raises(ConfigurationError, match=r"99\.1\.2 or newer is needed"):
        SqliteDatabase(f"sqlite:///{tmp_path / 'new.db'}")


def test_a_second_writer_that_waited_too_long_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, database: SqliteDatabase, writer: SqliteConnection
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 1)
    with closing(database.connect(write=True)) as second, pytest.raises(Unavailable, match="busy"):
        second.begin()


def test_an_upgrade_that_waited_too_long_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, database: SqliteDatabase
) -> None:
    monkeypatch.setattr(driver, "BUSY_MS", 1)
    with closing(database.connect(write=True)) as other:
        other.begin()
        with pytest.raises(Unavailable, match="locked"):
            upgrade(database.url)


def test_a_connection_for_reading_writes_nothing(database: SqliteDatabase, writer: SqliteConnection) -> None:
    writer.commit()
    with closing(database.connect(write=False)) as reader, pytest.raises(Unavailable, match="cannot be written"):
        found_company(Tx(reader, 1, 0, Clock.START))


def test_a_reader_sees_what_is_committed_and_nothing_else(database: SqliteDatabase, writer: SqliteConnection) -> None:
    found_company(Tx(writer, 1, 0, Clock.START))
    with closing(database.connect(write=False)) as reader:
        tx = Tx(reader, 1, 0, Clock.START)
        before = len(users.all(tx, {}))
        writer.commit()
        assert (before, len(users.all(tx, {}))) == (0, 1)
