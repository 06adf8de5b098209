"""The history of the schema, one for all databases; forward only."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2 as sqlite

from dealflow.core.errors import Unavailable
from dealflow.storage.database import ConfigurationError, SqliteDatabase, database

HERE = Path(__file__).parent
LOCK = 0x6465616C


def _engine(url: str) -> sa.Engine:
    if url.startswith("sqlite"):
        opened = database(url)
        assert isinstance(opened, SqliteDatabase)
        opened.connect(write=True).close()
        return sa.create_engine(f"sqlite+pysqlite:///{opened.path}", module=sqlite, poolclass=sa.NullPool)
    return sa.create_engine("postgresql+psycopg:" + url.split(":", 1)[1], poolclass=sa.NullPool)


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Bring a database to the newest schema; two processes may try at once. Raises ConfigurationError, Unavailable."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            if _revision(connection) == head():
                return
            connection.rollback()
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
                connection.commit()
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if _revision(connection) != head():
                command.upgrade(_config(connection), "head")
            connection.commit()
    except sa.exc.OperationalError as error:
        raise Unavailable(f"the database cannot be reached: {str(error.orig).splitlines()[0]}") from error
    except sa.exc.DBAPIError as error:
        raise ConfigurationError(f"the schema cannot be brought up to date: {error.orig}") from error
    finally:
        engine.dispose()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision this program knows."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    assert newest is not None
    return newest


def revision(url: str) -> str | None:
    """The revision a database is at; None for an empty one."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()
