"""OAuth clients and what users granted them. Both tables are directories: a secret's hash leads to its company.

Whoever changes the grants of a user holds the user's row.
"""

from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

CODE: Final = "code"
ACCESS: Final = "access"
REFRESH: Final = "refresh"
# What the row of an access token among the other tokens is called.
OAUTH: Final = "oauth"

_c, _g, _t, _k = schema.oauth_client.c, schema.oauth_grant.c, schema.token.c, schema.token_key.c


class Client(NamedTuple):
    """A program of somebody else. It may send its users back to one of `redirect_uris`, to the letter."""

    client: str
    secret_hash: str
    name: str
    redirect_uris: list[str]
    created_at: Instant


class Grant(NamedTuple):
    """A code, a refresh token or an access token. What grew out of one consent is a family.

    `used_at`: a code or a refresh token works once. An access token stands here so that it ends with its family; what
    opens the door is its row in `token_key`.
    """

    hash: str
    kind: str
    family: str
    client: str
    company_id: int
    user_id: int
    scopes: str
    redirect_uri: str | None
    created_at: Instant
    expires_at: Instant | None
    used_at: Instant | None


client_columns = [_c[name] for name in Client._fields]
_client = Statement(select(*client_columns).where(_c.client == bindparam("of_client")))
_add_client = Statement(insert(schema.oauth_client).values({c.name: bindparam(c.name, type_=c.type) for c in _c}))
_drop_client = Statement(delete(schema.oauth_client).where(_c.client == bindparam("of_client")))
_grant = Statement(select(*[_g[name] for name in Grant._fields]).where(_g.hash == bindparam("of_hash")))
_add_grant = Statement(insert(schema.oauth_grant).values({c.name: bindparam(c.name, type_=c.type) for c in _g}))
_use = Statement(
    update(schema.oauth_grant)
    .where(_g.hash == bindparam("of_hash"), _g.used_at.is_(None))
    .values(used_at=bindparam("at"), expires_at=bindparam("until"))
)
_prolong = Statement(
    update(schema.oauth_grant).where(_g.hash == bindparam("of_hash")).values(expires_at=bindparam("until"))
)
_drop_grant = Statement(delete(schema.oauth_grant).where(_g.hash == bindparam("of_hash")))
_mine = (_g.company_id == bindparam("company_id"), _g.user_id == bindparam("of_user"))
_end_family = Statement(
    delete(schema.oauth_grant).where(*_mine, _g.family == bindparam("of_family")).returning(_g.hash, _g.kind)
)
_end_user = Statement(delete(schema.oauth_grant).where(*_mine).returning(_g.hash, _g.kind))
_expire = Statement(
    delete(schema.oauth_grant).where(*_mine, _g.expires_at <= bindparam("at")).returning(_g.hash, _g.kind)
)
_drop_key = Statement(delete(schema.token_key).where(_k.hash == bindparam("of_hash")))
_drop_token = Statement(
    delete(schema.token).where(
        _t.company_id == bindparam("company_id"),
        _t.user_id == bindparam("of_user"),
        _t.kind == bindparam("of_kind"),
        _t.hash == bindparam("of_hash"),
    )
)


def as_client(row: tuple[Any, ...]) -> Client:
    """A row of `client_columns`."""
    found = Client._make(row)
    return found._replace(redirect_uris=msgspec.json.decode(row[3], type=list[str]))


def client(db: Connection, client_id: str) -> Client | None:
    """The client with this id."""
    found = db.rows(_client, {"of_client": client_id})
    return as_client(found[0]) if found else None


def add_client(db: Connection, made: Client) -> None:
    db.change(_add_client, {**made._asdict(), "redirect_uris": msgspec.json.encode(made.redirect_uris).decode()})


def drop_client(db: Connection, client_id: str) -> None:
    db.change(_drop_client, {"of_client": client_id})


def grant(db: Connection, secret_hash: str) -> Grant | None:
    """What the secret with this hash stands for, of whichever company."""
    found = db.rows(_grant, {"of_hash": secret_hash})
    return Grant._make(found[0]) if found else None


def add_grant(tx: Tx, made: Grant) -> None:
    tx.change(_add_grant, **made._asdict())


def use(tx: Tx, secret_hash: str, *, until: Instant) -> bool:
    """Note that a code or a refresh token was used, and keep it for a while; whether this was the first time."""
    return tx.change(_use, of_hash=secret_hash, at=tx.now, until=until) == 1


def prolong(tx: Tx, secret_hash: str, *, until: Instant | None) -> None:
    """Let a refresh token live on."""
    tx.change(_prolong, of_hash=secret_hash, until=until)


def end_family(tx: Tx, of: Grant) -> None:
    """End everything that grew out of the same consent."""
    _close(tx, of.user_id, tx.rows(_end_family, of_user=of.user_id, of_family=of.family))


def end_grants(tx: Tx, user_id: int) -> None:
    """End everything a user granted."""
    _close(tx, user_id, tx.rows(_end_user, of_user=user_id))


def expire(tx: Tx, user_id: int) -> None:
    """Forget what a user granted and is past its time."""
    _close(tx, user_id, tx.rows(_expire, of_user=user_id, at=tx.now))


def end_grant(tx: Tx, of: Grant) -> None:
    """End one code or token."""
    tx.change(_drop_grant, of_hash=of.hash)
    _close(tx, of.user_id, [(of.hash, of.kind)])


def _close(tx: Tx, user_id: int, ended: list[tuple[Any, ...]]) -> None:
    """Turn access tokens away from now on."""
    for secret_hash, kind in ended:
        if kind == ACCESS:
            tx.change(_drop_key, of_hash=secret_hash)
            tx.change(_drop_token, of_user=user_id, of_kind=OAUTH, of_hash=secret_hash)
