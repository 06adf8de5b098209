"""Fixtures of all tests. A test that names `database`, or anything made from it, runs once on each database."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx
from tests.support.brief import BriefWrites
from tests.support.databases import Clock, Home, Homes, Tenant, company_ids, found_company
from tests.support.kept_logs import KeptLogs
from tests.support.lengths import NIGHTLY
from tests.support.people import Server
from tests.support.server import used_tokens
from tests.support.statements import Watch
from tests.support.world import Neighbours, World, make_neighbours, make_world

TOKEN_LENGTH = 40

# What says nothing else takes so many examples.
settings.register_profile("nightly", max_examples=2_000, deadline=None)
if NIGHTLY:
    settings.load_profile("nightly")

# The server's daily backup has tests of its own and would disturb the others.
os.environ["DEALFLOW_BACKUPS"] = "0"


@pytest.fixture(scope="session")
def session_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory, session_clock: Clock) -> Iterator[Homes]:
    found = Homes(tmp_path_factory.mktemp("databases"), session_clock)
    yield found
    found.close()


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """Sees every statement of the run."""
    found = Watch()
    Statement.observers.append(found)
    yield found
    Statement.observers.remove(found)


@pytest.fixture(scope="session")
def brief_writes() -> Iterator[BriefWrites]:
    """Sees every write of the servers in this process."""
    found = BriefWrites()
    found.start()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def statement_rules(watch: Watch, brief_writes: BriefWrites, homes: Homes) -> Iterator[None]:
    """A test that runs a statement against the rules fails, whatever else it finds; so does a write that takes long."""
    yield
    if watch.awaits_plan:
        watch.plan(homes["partitioned"].url)
    broken = watch.take() + brief_writes.take()
    assert not broken, "\n".join(broken)


@pytest.fixture(scope="session", autouse=True)
def kept_logs() -> Iterator[KeptLogs]:
    """The logs of the run so far. At its end no token that was used may be in them."""
    logs = KeptLogs()
    logs.start()
    yield logs
    logs.stop()
    text = logs.text
    assert not [token[:4] for token in used_tokens if len(token) >= TOKEN_LENGTH and token in text]


@pytest.fixture
def clock(session_clock: Clock) -> Iterator[Clock]:
    """The clock of the servers and of `tx` made afterwards: it stands still until it is moved."""
    session_clock.reset()
    yield session_clock
    session_clock.reset()


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("partitioned", marks=pytest.mark.postgres),
    ]
)
def database(request: pytest.FixtureRequest, homes: Homes, clock: Clock) -> Home:
    """Each of the databases in turn."""
    return homes[request.param]


@pytest.fixture
def company(database: Home) -> Tenant:
    """A fresh company, committed."""
    return database.new_tenant()


@pytest.fixture
def tx(database: Home) -> Iterator[Tx]:
    """The admin of a fresh company, in a transaction that is rolled back. Not to be mixed with `server`."""
    database.db.begin()
    try:
        made = Tx(database.db, next(company_ids), 0, database.clock())
        found_company(made)
        yield made
    finally:
        database.db.rollback()


@pytest.fixture
def neighbour(tx: Tx) -> Tx:
    """The admin of another company, in the same transaction as `tx`."""
    made = Tx(tx.db, next(company_ids), 0, tx.now)
    found_company(made)
    return made


@pytest.fixture
def server(database: Home) -> Server:
    return Server(database)


@pytest.fixture
def strict_server(database: Home) -> Server:
    """The same with unknown query parameters refused."""
    return Server(database, strict=True)


@pytest.fixture
def world(server: Server) -> World:
    """A fresh company with one of everything."""
    return make_world(server)


@pytest.fixture(scope="session")
def met_neighbours() -> dict[str, Neighbours]:
    return {}


@pytest.fixture
def neighbours(database: Home, met_neighbours: dict[str, Neighbours]) -> Neighbours:
    """Two companies with one of everything, the same in all tests of a database: leave their records in place."""
    if database.name not in met_neighbours:
        met_neighbours[database.name] = make_neighbours(database)
    return met_neighbours[database.name]
