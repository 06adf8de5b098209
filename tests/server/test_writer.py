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

STAGES = "/api/v2/stages"
ADD_STAGE: Route = V2.find("POST", "stages")[0]


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


def new_stage(client: Client, name: str = "Signing") -> int:
    pipeline = client.get("/api/v2/pipelines").data[0]["id"]
    return client.post(STAGES, {"name": name, "pipeline_id": pipeline}).status


def test_who_reads_does_not_wait_for_who_waits_for_a_lock(server: Server, lock: Callable[[], Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with lock():
            writing = pool.submit(new_stage, server.admin)
            assert [server.admin.get(STAGES).status for _ in range(20)] == [200] * 20
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
            refused = client.post(STAGES, {"name": "Signing", "pipeline_id": 1})
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
        assert new_stage(client) == 200
    finally:
        impatient.stop()


@pytest.mark.parametrize("pooled", [False, True])
def test_what_may_take_long_runs_in_the_writers_thread(server: Server, *, pooled: bool) -> None:
    names: list[str] = []
    usual = ADD_STAGE.handler, ADD_STAGE.pooled

    def handler(tx: Tx, body: Any) -> Reply:
        names.append(threading.current_thread().name)
        return usual[0](tx, body)

    object.__setattr__(ADD_STAGE, "handler", handler)
    object.__setattr__(ADD_STAGE, "pooled", pooled)
    try:
        assert new_stage(server.admin) == 200
    finally:
        object.__setattr__(ADD_STAGE, "handler", usual[0])
        object.__setattr__(ADD_STAGE, "pooled", usual[1])
    assert [name.startswith("writer") for name in names] == [pooled]


def test_one_that_fails_takes_no_other_along(server: Server) -> None:
    pipeline = server.admin.get("/api/v2/pipelines").data[0]["id"]
    count = 2 * LARGEST_BATCH
    bodies = [{"name": f"Stage {n}", "pipeline_id": pipeline if n % 3 else pipeline + 999} for n in range(count)]
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda body: server.admin.post(STAGES, body).status, bodies))
    assert [status == 200 for status in statuses] == [bool(n % 3) for n in range(count)]
    names = {each["name"] for each in server.admin.get(STAGES, limit=500).data}
    assert {f"Stage {n}" for n in range(count) if n % 3} <= names
    assert not {f"Stage {n}" for n in range(0, count, 3)} & names
