"""The history of the schema, one for all databases; forward only.

Alembic is loaded only when there is something to do: a server that starts on a current schema does without it.
"""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, String, Table, select

from dealflow.core.errors import Unavailable
from dealflow.storage.database import ConfigurationError, database
from dealflow.storage.statement import Statement

if TYPE_CHECKING:
    import sqlalchemy as sa
    from alembic.config import Config

HERE: Final = Path(__file__).parent
LOCK: Final = 0x6465616C

_stamp = Table("alembic_version", MetaData(), Column("version_num", String(32)), info={"kind": "local"})
_read_stamp = Statement(select(_stamp.c.version_num))


def head() -> str:
    """The newest revision this program knows: the number its file begins with."""
    return max(known_revisions())


def known_revisions() -> set[str]:
    """The revisions this program can bring up to date: the numbers the files begin with."""
    return {path.stem.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*.py")}


def revision(url: str) -> str | None:
    """The revision a database is at; None for an empty one. Raises ConfigurationError, Unavailable."""
    with closing(database(url).connect(write=False)) as db:
        try:
            found = db.rows(_read_stamp, {})
        except Exception as error:
            if "no such table" in str(error) or getattr(error, "sqlstate", None) == "42P01":
                return None
            raise
    return str(found[0][0]) if found else None


def upgrade(url: str) -> None:
    """Bring a database to the newest schema; two processes may try at once. Raises ConfigurationError, Unavailable."""
    if revision(url) == head():
        return
    import sqlalchemy as sa  # noqa: PLC0415  see the head of this module
    from alembic import command  # noqa: PLC0415

    from dealflow.storage.migrations.planner import describe  # noqa: PLC0415

    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
                connection.commit()
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if stamped(connection) != head():
                command.upgrade(config(connection), "head")
                describe(connection)
            connection.commit()
    except sa.exc.OperationalError as error:
        raise Unavailable(f"the database cannot be reached: {str(error.orig).splitlines()[0]}") from error
    except sa.exc.DBAPIError as error:
        raise ConfigurationError(f"the schema cannot be brought up to date: {error.orig}") from error
    finally:
        engine.dispose()


def engine_of(url: str) -> "sa.Engine":
    """A SQLAlchemy engine, for Alembic alone."""
    import sqlalchemy as sa  # noqa: PLC0415

    if url.startswith("sqlite"):
        from dealflow.storage.migrations.driver import engine  # noqa: PLC0415
        from dealflow.storage.sqlite import SqliteDatabase  # noqa: PLC0415

        return engine(SqliteDatabase(url).path)
    return sa.create_engine("postgresql+psycopg:" + url.split(":", 1)[1], poolclass=sa.NullPool)


def config(connection: "sa.Connection") -> "Config":
    """Alembic's settings for one connection."""
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def stamped(connection: "sa.Connection") -> str | None:
    """The revision a connection's database is at."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    return MigrationContext.configure(connection).get_current_revision()
