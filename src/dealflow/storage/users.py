"""Users, their company and their tokens."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from dealflow.core.company import Company, User, Viewer
from dealflow.core.errors import NotFound
from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.records import Records
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_u, _t, _k = schema.user.c, schema.token.c, schema.token_key.c

users = Records(
    "user",
    schema.user,
    User,
    conditions={
        "active": _u.is_active,
        "email": _u.email_key == bindparam("email_key"),
    },
)

_company = Statement(
    select(*[schema.company.c[name] for name in Company._fields]).where(
        schema.company.c.company_id == bindparam("company_id")
    )
)
_save_company = Statement(
    update(schema.company)
    .where(schema.company.c.company_id == bindparam("company_id"))
    .values(
        currency=bindparam("of_currency"),
        timezone=bindparam("of_timezone"),
        updated_at=bindparam("at"),
        version=schema.company.c.version + 1,
    )
)
_me = Statement(
    select(*[_u[name] for name in Viewer._fields]).where(
        _u.company_id == bindparam("company_id"), _u.id == bindparam("of_user")
    )
)
_seats = Statement(
    select(func.count()).select_from(schema.user).where(_u.company_id == bindparam("company_id"), _u.is_active)
)
_identify = Statement(select(_k.company_id, _k.user_id, _k.scopes, _k.expires_at).where(_k.hash == bindparam("hash")))


class Token(NamedTuple):
    """A secret a program signs in with; only its SHA-256 is kept. `kind`: pipedrive (40 hex), sell or oauth (64)."""

    id: int
    user_id: int
    kind: str
    hash: str
    last4: str
    scopes: str | None
    created_at: Instant
    revoked_at: Instant | None
    expires_at: Instant | None = None
    client: str | None = None


class Identity(NamedTuple):
    """Who a token stands for; `scopes` None means all, `expires_at` None never."""

    company_id: int
    user_id: int
    scopes: str | None
    expires_at: Instant | None


_token_columns = [_t[name] for name in Token._fields]
_tokens = Statement(
    select(*_token_columns)
    .where(_t.company_id == bindparam("company_id"), _t.revoked_at.is_(None))
    .order_by(_t.user_id, _t.id)
)
_add_token = Statement(
    insert(schema.token).values({c.name: bindparam(c.name, type_=c.type) for c in schema.token.columns})
)
_add_key = Statement(
    insert(schema.token_key).values({c.name: bindparam(c.name, type_=c.type) for c in schema.token_key.columns})
)
_revoke = Statement(
    update(schema.token)
    .where(_t.company_id == bindparam("company_id"), _t.id == bindparam("token_id"), _t.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_drop_key = Statement(delete(schema.token_key).where(_k.hash == bindparam("hash")))


def identify(db: Connection, token_hash: str) -> Identity | None:
    """Who the token with this SHA-256 belongs to."""
    found = db.rows(_identify, {"hash": token_hash})
    return Identity(*found[0]) if found else None


def company(tx: Tx) -> Company:
    """The company itself."""
    (found,) = tx.rows(_company)
    return Company._make(found)


def save_company(tx: Tx, after: Company) -> None:
    """Write the company's currency and time zone as of its `updated_at`."""
    tx.change(_save_company, of_currency=after.currency, of_timezone=after.timezone, at=after.updated_at)


def seats(db: Connection, company_id: int) -> int:
    """How many active users a company has."""
    return int(db.rows(_seats, {"company_id": company_id})[0][0])


def me(tx: Tx) -> Viewer:
    """The acting user, as far as most work needs to know; read once. Raises NotFound."""
    if tx.viewer is None:
        found = tx.row(_me, of_user=tx.user_id)
        if found is None:
            raise NotFound("user", tx.user_id)
        tx.viewer = Viewer._make(found)
    return tx.viewer


def everyone(tx: Tx) -> list[User]:
    """All users, inactive ones too, by id."""
    return users.all(tx, {})


def tokens(tx: Tx) -> list[Token]:
    """Tokens that are not revoked."""
    return [Token._make(row) for row in tx.rows(_tokens)]


def add_token(tx: Tx, token: Token) -> None:
    """Keep a token and make it open the door."""
    tx.change(_add_token, **token._asdict())
    open_door(tx, token)


def open_door(tx: Tx, token: Token) -> None:
    """Let a token in."""
    tx.change(
        _add_key,
        hash=token.hash,
        user_id=token.user_id,
        token_id=token.id,
        scopes=token.scopes,
        expires_at=token.expires_at,
    )


def close_door(tx: Tx, token: Token) -> None:
    """Turn a token away from now on."""
    tx.change(_drop_key, hash=token.hash)


def revoke_token(tx: Tx, token: Token) -> None:
    """End a token for good."""
    tx.change(_revoke, token_id=token.id, at=tx.now)
    close_door(tx, token)
