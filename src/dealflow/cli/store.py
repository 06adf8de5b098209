"""The database as a command opens it: for itself, in one transaction, also beside a running server."""

from collections.abc import Iterator
from contextlib import contextmanager

from dealflow.core.company import User
from dealflow.core.errors import Conflict, DealflowError, Invalid, NotFound, Unavailable
from dealflow.core.text import search_key
from dealflow.server.calls import system_clock
from dealflow.server.config import default_database
from dealflow.storage import counters, operator, users
from dealflow.storage.database import Connection, SerializationFailure
from dealflow.storage.database import database as database_at
from dealflow.storage.migrations import upgrade
from dealflow.storage.sqlite import SqliteDatabase
from dealflow.storage.tx import Tx

SURFACE = "command"


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
        yield db
    finally:
        db.close()


@contextmanager
def writing(database: str | None) -> Iterator[Connection]:
    """A connection inside a transaction that is committed at the end; a missing SQLite file is made."""
    url = url_of(database)
    upgrade(url)
    db = database_at(url).connect(write=True)
    try:
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
    return Tx(db, company_of(db, company_id), 0, system_clock(), SURFACE)


def as_admin(db: Connection, company_id: int | None) -> Tx:
    """The company for writing, acting as its first active admin. Raises Conflict if it has none."""
    tx = view(db, company_id)
    counters.hold(tx, "event")
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
