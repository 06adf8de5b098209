"""Passwords, kept with their company, and the directory that leads from an e-mail address to companies."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_p, _l, _u = schema.password.c, schema.login.c, schema.user.c


class Login(NamedTuple):
    """A user who may sign in with a password."""

    company_id: int
    user_id: int


_logins = Statement(
    select(_l.company_id, _l.user_id).where(_l.email_key == bindparam("of_email")).order_by(_l.company_id)
)
_hash = Statement(
    select(_p.hash)
    .join_from(schema.password, schema.user, (_u.company_id == _p.company_id) & (_u.id == _p.user_id))
    .where(_p.company_id == bindparam("company_id"), _p.user_id == bindparam("of_user"), _u.is_active)
)
_add_hash = Statement(insert(schema.password).values({c.name: bindparam(c.name, type_=c.type) for c in _p}))
_drop_hash = Statement(
    delete(schema.password).where(_p.company_id == bindparam("company_id"), _p.user_id == bindparam("of_user"))
)
_add_login = Statement(insert(schema.login).values({c.name: bindparam(c.name, type_=c.type) for c in _l}))
_drop_login = Statement(
    delete(schema.login).where(_l.email_key == bindparam("of_email"), _l.company_id == bindparam("company_id"))
)


def logins(db: Connection, email_key: str) -> list[Login]:
    """The users of all companies who sign in with this address, by company."""
    return [Login._make(row) for row in db.rows(_logins, {"of_email": email_key})]


def password_hash(tx: Tx, user_id: int) -> str | None:
    """The hash of an active user's password, None without one."""
    found = tx.row(_hash, of_user=user_id)
    return None if found is None else str(found[0])


def keep(tx: Tx, user_id: int, email_key: str, hashed: str) -> None:
    """Keep a password in the place of the old one."""
    forget(tx, user_id, email_key)
    tx.change(_add_hash, user_id=user_id, hash=hashed, updated_at=tx.now)
    tx.change(_add_login, user_id=user_id, email_key=email_key)


def forget(tx: Tx, user_id: int, email_key: str) -> None:
    """Keep no password of a user."""
    tx.change(_drop_hash, of_user=user_id)
    tx.change(_drop_login, of_email=email_key)
