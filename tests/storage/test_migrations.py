"""The history of migrations ends where the schema is, on each database, whoever runs it and how often."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from dealflow.core.errors import Unavailable
from dealflow.storage.database import ConfigurationError
from dealflow.storage.migrations import engine_of, head, revision, upgrade
from dealflow.storage.schema import metadata
from tests.support.databases import Home, Homes

NewDatabase = Callable[[str], str]


@pytest.fixture
def new_database(homes: Homes, tmp_path: Path, request: pytest.FixtureRequest) -> NewDatabase:
    """Makes an empty database of a kind; its address."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'new.db'}"
        return homes.cluster.create_database(f"new_{abs(hash(request.node.nodeid))}")

    return make


kinds = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


def tables(url: str) -> set[str]:
    engine = engine_of(url)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


@kinds
def test_the_migrated_schema_is_the_declared_one(kind: str, homes: Homes) -> None:
    with homes[kind].engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@kinds
def test_constraints_are_named_as_declared(kind: str, homes: Homes) -> None:
    """Autogeneration does not look at checks and primary keys."""
    inspector = sa.inspect(homes[kind].engine)
    found = {
        table.name: {inspector.get_pk_constraint(table.name)["name"]}
        | {each["name"] for each in inspector.get_check_constraints(table.name)}
        for table in metadata.sorted_tables
    }
    declared = {
        table.name: {table.primary_key.name}
        | {each.name for each in table.constraints if isinstance(each, sa.CheckConstraint)}
        for table in metadata.sorted_tables
    }
    assert found == declared


@kinds
def test_an_upgrade_ends_at_the_head(kind: str, new_database: NewDatabase) -> None:
    url = new_database(kind)
    upgrade(url)
    assert revision(url) == head()


@kinds
def test_an_upgrade_makes_all_tables(kind: str, new_database: NewDatabase) -> None:
    url = new_database(kind)
    upgrade(url)
    assert tables(url) == {*metadata.tables, "alembic_version"}


def test_a_second_upgrade_changes_nothing(database: Home) -> None:
    tenant = database.new_tenant()
    before = database.dump(tenant.company_id)
    upgrade(database.url)
    assert database.dump(tenant.company_id) == before


@kinds
def test_two_processes_may_upgrade_at_once(kind: str, new_database: NewDatabase) -> None:
    url = new_database(kind)
    program = f"from dealflow.storage.migrations import upgrade; upgrade({url!r})"
    both = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in both] == [(b"", 0), (b"", 0)]
    assert tables(url) == {*metadata.tables, "alembic_version"}


def test_an_empty_database_has_no_revision(new_database: NewDatabase) -> None:
    assert revision(new_database("sqlite")) is None


def test_a_database_out_of_reach_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        upgrade(f"postgresql://nobody@/nothing?host={tmp_path}")


def test_a_file_that_is_no_database_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("this is not a database, it is a note of some length\n" * 40)
    with pytest.raises(ConfigurationError):
        upgrade(f"sqlite:///{tmp_path / 'notes.db'}")
