"""The database as a command opens it: for itself, in one transaction, also beside a running server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dealflow.core.company import User
from dealflow.core.errors import Conflict, DealflowError, Invalid, NotFound, Unavailable
from dealflow.core.pipeline import Pipeline
from dealflow.core.text import search_key
from dealflow.core.time import Instant
from dealflow.server.config import default_database
from dealflow.storage import counters, operator, users
from dealflow.storage.database import Connection, SerializationFailure
from dealflow.storage.database import database as database_at
from dealflow.storage.migrations import upgrade
from dealflow.storage.pipelines import pipelines
from dealflow.storage.sqlite import SqliteConnection, SqliteDatabase
from dealflow.storage.tx import Tx

SURFACE = "command"


def now() -> Instant:
    """The moment of a command."""
    return Instant(time.time_ns() // 1_000)


def url_of(database: str | None) -> str:
    """The URL as given, or the default."""
    return database or default_database()


def require_file(url: str) -> None:
    """A command that only looks does not create a database. Raises NotFound."""
    opened = database_at(url)
    if isinstance(opened, SqliteDatabase) and not opened.path.exists():
        raise NotFound(f"database {opened.path}")


@contextmanager
def reading(database: str | None) -> Iterator[Connection]:
    """A connection for looking at the database, schema brought up to date. Raises NotFound without a database."""
    url = url_of(database)
    require_file(url)
    upgrade(url)
    db = database_at(url).connect(write=False)
    try:
        _be_patient(db)
        yield db
    finally:
        db.close()


@contextmanager
def writing(database: str | None, *, whole_company: bool = False, many_rows: bool = False) -> Iterator[Connection]:
    """A connection inside a transaction that is committed at the end; a missing SQLite file is made.

    `whole_company`: all rows of a company go at once, so that SQLite need not look for rows that refer to each of them.
    `many_rows`: SQLite holds 32,000 pages in memory (125 MiB), so that indexes need not be written again and again.
    """
    url = url_of(database)
    upgrade(url)
    db = database_at(url).connect(write=True)
    try:
        _be_patient(db)
        if whole_company and isinstance(db, SqliteConnection):
            db.raw.execute("PRAGMA foreign_keys=OFF")
        if many_rows and isinstance(db, SqliteConnection):
            db.raw.execute("PRAGMA cache_size=32000")
        db.begin()
        yield db
        db.commit()
    except SerializationFailure as error:
        db.rollback()
        raise Unavailable("another change came between; run the command again") from error
    except BaseException:
        db.rollback()
        raise
    finally:
        db.close()


def _be_patient(db: Connection) -> None:
    """Operators' statements may take longer than those of requests."""
    if db.database == "postgresql":
        from dealflow.storage.postgres import PostgresConnection

        assert isinstance(db, PostgresConnection)
        db.raw.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0")


def company_of(db: Connection, company_id: int | None) -> int:
    """The id of the company that is meant. Raises NotFound, and Invalid if there are several to choose from."""
    known = [company.company_id for company in operator.companies(db)]
    if company_id is None:
        if len(known) > 1:
            raise Invalid(
                "company", f"there are {len(known)}, name one with --company ID (see `dealflow company list`)"
            )
        if not known:
            raise DealflowError("there is no company yet (make one with `dealflow company add`)")
        return known[0]
    if company_id not in known:
        raise NotFound(f"company {company_id}")
    return company_id


def view(db: Connection, company_id: int | None) -> Tx:
    """The company for reading, as seen by nobody in particular."""
    return Tx(db, company_of(db, company_id), 0, now(), SURFACE)


def as_admin(db: Connection, company_id: int | None) -> Tx:
    """The company for writing, acting as its first active admin. Raises Conflict if it has none."""
    tx = view(db, company_id)
    counters.queue_up(tx)
    admins = [user for user in users.everyone(tx) if user.is_active and user.is_admin]
    if not admins:
        raise Conflict("company", "has no active admin")
    tx.user_id = admins[0].id
    return tx


def user_of(tx: Tx, named: str) -> User:
    """The user with this id or e-mail address. Raises NotFound."""
    key = search_key(named.strip())
    for user in users.everyone(tx):
        if str(user.id) == key or user.email_key == key:
            return user
    raise NotFound(f"user {named}")


def pipeline_of(tx: Tx, named: str | None) -> Pipeline:
    """The pipeline with this id or name, disabled or not; None means the only one. Raises NotFound, Invalid."""
    found = pipelines.all(tx, {"not_deleted": {}}, order="position")
    if named is not None:
        key = search_key(named.strip())
        found = [each for each in found if str(each.id) == key] or [
            each for each in found if search_key(each.name) == key
        ]
    if len(found) > 1:
        raise Invalid("pipeline", f"{len(found)} could be meant, name one by its id (see `dealflow pipeline list`)")
    if not found:
        raise NotFound(f"pipeline {named}" if named is not None else "pipeline")
    return found[0]
