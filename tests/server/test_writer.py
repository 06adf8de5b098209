"""How SQLite's writes share the loop with everything else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from dealflow.dialects.pipedrive.dialect import V2
from dealflow.server.runners import LARGEST_BATCH
from dealflow.storage import sqlite
from dealflow.storage.tx import Tx
from dealflow.wire import Reply, Route
from tests.support.databases import Home
from tests.support.people import Server
from tests.support.server import Client, Served

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PERSONS = "/api/v2/persons"
ADD: Route = V2.find("POST", "persons")[0]


@pytest.fixture
def lock(database: Home) -> Callable[[], Any]:
    """Another process that writes to the file."""

    @contextmanager
    def held() -> Iterator[None]:
        database.db.begin()
        try:
            yield
        finally:
            database.db.rollback()

    return held


def new_person(client: Client, name: str = "Ada") -> int:
    return client.post(PERSONS, {"name": name}).status


def test_who_reads_does_not_wait_for_who_waits_for_a_lock(server: Server, lock: Callable[[], Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with lock():
            writing = pool.submit(new_person, server.admin)
            assert [server.admin.get(PERSONS).status for _ in range(20)] == [200] * 20
            assert not writing.done()
        assert writing.result() == 200


def test_who_waited_too_long_for_a_lock_is_told_and_may_come_back(
    database: Home, server: Server, lock: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 1)
    impatient = Served(database.url, database.clock)
    try:
        client = Client(impatient, server.admin.token)
        with lock():
            refused = client.post(PERSONS, {"name": "Ada"})
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
        assert new_person(client) == 200
    finally:
        impatient.stop()


@pytest.mark.parametrize("pooled", [False, True])
def test_what_may_take_long_runs_in_the_writers_thread(server: Server, *, pooled: bool) -> None:
    names: list[str] = []
    usual = ADD.handler, ADD.pooled

    def handler(tx: Tx, body: Any) -> Reply:
        names.append(threading.current_thread().name)
        return usual[0](tx, body)

    object.__setattr__(ADD, "handler", handler)
    object.__setattr__(ADD, "pooled", pooled)
    try:
        assert new_person(server.admin) == 200
    finally:
        object.__setattr__(ADD, "handler", usual[0])
        object.__setattr__(ADD, "pooled", usual[1])
    assert [name.startswith("writer") for name in names] == [pooled]


def test_one_that_fails_takes_no_other_along(server: Server) -> None:
    count = 2 * LARGEST_BATCH
    bodies = [{"name": f"Person {n}", "owner_id": server.admin.user_id if n % 3 else 987_654} for n in range(count)]
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda body: server.admin.post(PERSONS, body).status, bodies))
    assert [status == 200 for status in statuses] == [bool(n % 3) for n in range(count)]
    names = {each["name"] for each in server.admin.get(PERSONS, limit=500).data}
    assert names == {f"Person {n}" for n in range(count) if n % 3}
