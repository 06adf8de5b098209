"""What the operator does: to a company as a whole, and with the programs that users of all companies may let in."""

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete

from dealflow.actions.oauth import SECRET_BYTES, secret_hash
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.oauth import read_redirect_uri
from dealflow.core.text import read_name
from dealflow.core.time import Instant
from dealflow.storage import oauth, operator, schema
from dealflow.storage.database import Connection
from dealflow.storage.oauth import Client
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

CLIENT_BYTES: Final = 16

_deletions: Final = [
    Statement(delete(table).where(table.c.company_id == bindparam("company_id")))
    for table in reversed(schema.metadata.sorted_tables)
    if "company_id" in table.c
]


def delete_company(tx: Tx) -> dict[str, int]:
    """Remove every row of the company, its history too; the rows removed, by table.

    Raises Conflict if any row is still there afterwards.
    """
    before = operator.rows_of(tx.db, tx.company_id)
    for statement in _deletions:
        tx.change(statement)
    left = {name: rows for name, rows in operator.rows_of(tx.db, tx.company_id).items() if rows}
    if left:
        raise Conflict("company", f"rows remain in {', '.join(left)}")
    return before


class Registered(NamedTuple):
    """A new client with its secret, which is shown here and never again."""

    client: Client
    secret: str


def add_client(db: Connection, now: Instant, name: str, redirect_uris: Sequence[str]) -> Registered:
    """Register a program that users may let in. Raises Invalid."""
    if not redirect_uris:
        raise Invalid("redirect_uri", "is required")
    secret = secrets.token_hex(SECRET_BYTES)
    made = Client(
        client=secrets.token_hex(CLIENT_BYTES),
        secret_hash=secret_hash(secret),
        name=read_name(name),
        redirect_uris=list(dict.fromkeys(map(read_redirect_uri, redirect_uris))),
        created_at=now,
    )
    oauth.add_client(db, made)
    return Registered(made, secret)


def delete_client(db: Connection, now: Instant, client_id: str) -> Client:
    """Remove a program; whatever it was granted, in any company, ends at once. Raises NotFound."""
    found = oauth.client(db, client_id)
    if found is None:
        raise NotFound("OAuth client", client_id)
    for each in operator.grants_of_client(db, client_id):
        oauth.end_grant(Tx(db, each.company_id, each.user_id, now), each)
    oauth.drop_client(db, client_id)
    return found
