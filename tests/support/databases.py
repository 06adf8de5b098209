"""The databases the tests run on: SQLite, PostgreSQL, and PostgreSQL whose tables are split as several nodes would."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

import sqlalchemy as sa
from alembic import command

from dealflow.actions.companies import Secrets, new_user, set_up_company
from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.database import database as open_database
from dealflow.storage.migrations import config, engine_of, upgrade
from dealflow.storage.statement import Row, Statement
from dealflow.storage.tx import Tx
from tests.support.postgres import Cluster
from tests.support.server import Served
from tests.support.statements import CROSSES

PARTITIONS: Final = 4
NAMES: Final = ("sqlite", "postgres", "partitioned")

company_ids = itertools.count(1)


class Clock:
    """Stands still at noon of 1 May 2026 UTC until told otherwise."""

    START: Final = Instant(1_777_636_800_000_000)

    def __init__(self) -> None:
        self.now = self.START

    def __call__(self) -> Instant:
        return self.now

    def advance(self, *, days: float = 0, seconds: float = 0) -> Instant:
        self.now = Instant(self.now + int((days * 86_400 + seconds) * 1_000_000))
        return self.now

    def reset(self) -> None:
        self.now = self.START


class Tenant(NamedTuple):
    """A committed company: an admin, a seller who sees all that is not private, and one who sees only their own."""

    company_id: int
    admin: Secrets
    seller: Secrets
    restricted: Secrets

    @property
    def people(self) -> tuple[Secrets, ...]:
        return (self.admin, self.seller, self.restricted)


def found_company(tx: Tx) -> Secrets:
    """Set up the company of `tx`, which from then on acts as its admin."""
    _, admin = set_up_company(
        tx,
        f"Acme {tx.company_id}",
        currency="EUR",
        timezone="Europe/Tallinn",
        admin_name="Ann Admin",
        admin_email="ann@example.com",
    )
    return admin


@cache
def _rows_of_company() -> dict[str, Statement]:
    return {
        table.name: Statement(
            sa.select(*table.columns)
            .where(table.c.company_id == sa.bindparam("company_id"))
            .order_by(*table.primary_key.columns)
            .execution_options(**({} if table.info["kind"] == "tenant" else {CROSSES: True}))
        )
        for table in schema.metadata.sorted_tables
        if "company_id" in table.columns
    }


class Home:
    """One database of the test run, its servers and one connection of the tests' own thread."""

    def __init__(self, name: str, url: str, clock: Clock) -> None:
        self.name = name
        self.url = url
        self.clock = clock
        self._servers: dict[bool, Served] = {}

    @cached_property
    def db(self) -> Connection:
        return open_database(self.url).connect(write=True)

    @contextmanager
    def transaction(self, company_id: int, user_id: int = 0) -> Iterator[Tx]:
        """Commits at the end, rolls back on error."""
        self.db.begin()
        try:
            yield Tx(self.db, company_id, user_id, self.clock())
        except BaseException:
            self.db.rollback()
            raise
        self.db.commit()

    def new_tenant(self) -> Tenant:
        with self.transaction(next(company_ids)) as tx:
            admin = found_company(tx)
            seller = new_user(tx, "Sam Seller", "sam@example.com")
            restricted = new_user(tx, "Rita Restricted", "rita@example.com", sees_all=False)
            return Tenant(tx.company_id, admin, seller, restricted)

    def dump(self, company_id: int) -> dict[str, list[Row]]:
        """Every row of a company, by table, in the order of its key."""
        values = {"company_id": company_id}
        return {name: self.db.rows(statement, values) for name, statement in _rows_of_company().items()}

    @cached_property
    def engine(self) -> sa.Engine:
        return engine_of(self.url)

    def served(self, *, strict: bool = False) -> Served:
        """The server of this database; it runs until the end of the test run."""
        if strict not in self._servers:
            self._servers[strict] = Served(self.url, self.clock, strict=strict)
        return self._servers[strict]

    def close(self) -> None:
        for server in self._servers.values():
            server.stop()
        if "db" in self.__dict__:
            self.db.close()
        if "engine" in self.__dict__:
            self.engine.dispose()


class Homes:
    """All databases of a test run, each made when it is first asked for."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._homes: dict[str, Home] = {}

    @cached_property
    def cluster(self) -> Cluster:
        cluster = Cluster(durable=False)
        cluster.start()
        return cluster

    def __getitem__(self, name: str) -> Home:
        if name not in self._homes:
            make: dict[str, Callable[[], str]] = {
                "sqlite": self._sqlite,
                "postgres": self._postgres,
                "partitioned": self._partitioned,
            }
            self._homes[name] = Home(name, make[name](), self._clock)
        return self._homes[name]

    def _sqlite(self) -> str:
        url = f"sqlite:///{self._folder / 'dealflow.db'}"
        upgrade(url)
        return url

    def _postgres(self) -> str:
        url = self.cluster.create_database("dealflow")
        upgrade(url)
        return url

    def _partitioned(self) -> str:
        url = self.cluster.create_database("partitioned")
        make_partitioned(url)
        return url

    def close(self) -> None:
        for home in self._homes.values():
            home.close()
        if "cluster" in self.__dict__:
            self.cluster.remove()


def make_partitioned(url: str) -> None:
    """Make the schema with every tenant and directory table split by its distribution key, and stamp it as newest."""
    split = sa.MetaData()
    parts: list[str] = []
    for table in schema.metadata.sorted_tables:
        copy = table.to_metadata(split)
        kind = table.info["kind"]
        if kind in ("tenant", "directory"):
            key = "company_id" if kind == "tenant" else next(iter(table.primary_key.columns)).name
            copy.dialect_options["postgresql"]["partition_by"] = f"HASH ({key})"
            parts += [
                f'CREATE TABLE "{table.name}_part_{i}" PARTITION OF "{table.name}" '
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {i})"
                for i in range(PARTITIONS)
            ]
    engine = engine_of(url)
    with engine.begin() as connection:
        split.create_all(connection)
        for part in parts:
            connection.exec_driver_sql(part)
        command.stamp(config(connection), "head")
    engine.dispose()
