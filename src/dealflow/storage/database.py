"""What storage needs of a database: connections behind one small interface, and faults in domain words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from dealflow.core.errors import Conflict, DealflowError, Invalid
from dealflow.storage.statement import Row, Statement

MEANING: Final[Mapping[str, tuple[str, str]]] = {
    "ck_deal_total_value": ("value", "too large"),
    "ck_deal_total_own_value": ("value", "too large"),
    "ck_deal_total_own_weighted": ("value", "too large"),
    "uq_user_email_key": ("email", "already in use"),
    "uq_label_resource_name": ("label", "already exists"),
    "uq_follower_resource_record_id_user_id": ("user_id", "already a follower"),
    "uq_participant_deal_id_person_id": ("person_id", "already a participant"),
    "uq_sales_order_deal_id": ("deal_id", "already has an order"),
}


class ConfigurationError(DealflowError):
    """The database cannot be used as it is configured; the text says what to change."""


class SerializationFailure(DealflowError):
    """The transaction met another one and may be run again from the start."""


class Connection(Protocol):
    """One connection of one thread. Values are bound by name; rows are plain tuples."""

    @property
    def database(self) -> str: ...
    @property
    def home(self) -> str:
        """Names the database for this process."""
        ...

    @property
    def in_transaction(self) -> bool:
        """False once the database has given a transaction up by itself, as SQLite may on a full disk."""
        ...

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]: ...
    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; the number of rows it touched."""
        ...

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None: ...
    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def undo(self) -> None:
        """Roll back to the savepoint and drop it."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """Where connections come from. `single_writer`: writes of a process gain by sharing commits."""

    @property
    def url(self) -> str: ...
    @property
    def single_writer(self) -> bool: ...
    def connect(self, *, write: bool) -> Connection: ...


def broken_constraint(name: str) -> Invalid | None:
    """What a broken constraint means to the person who caused it; None for one nobody should be able to break."""
    meaning = MEANING.get(re.sub(r"_[0-9]+$", "", name))
    return Conflict(*meaning) if meaning else None


def database(url: str) -> Database:
    """The database of a URL: `sqlite:///path/file.db` or `postgresql://…`. Raises ConfigurationError."""
    if url.startswith("sqlite:"):
        from dealflow.storage.sqlite import SqliteDatabase  # noqa: PLC0415  only the driver in use is loaded

        return SqliteDatabase(url)
    if url.startswith(("postgresql:", "postgres:", "postgresql+psycopg:")):
        from dealflow.storage.postgres import PostgresDatabase  # noqa: PLC0415  as above

        return PostgresDatabase(url)
    raise ConfigurationError(f"unknown kind of database: {url.partition(':')[0]!r} (use sqlite:/// or postgresql://)")
