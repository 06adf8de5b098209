"""What was answered under an idempotency key, kept in the transaction of the change itself."""

from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from dealflow.core.time import DAY
from dealflow.storage import schema
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

KEPT_DAYS: Final = 2
_i = schema.idempotency.c

_find = Statement(
    select(_i.request_hash, _i.status, _i.body).where(
        _i.company_id == bindparam("company_id"), _i.user_id == bindparam("of_user"), _i.key == bindparam("of_key")
    )
)
_keep = Statement(insert(schema.idempotency).values({c.name: bindparam(c.name, type_=c.type) for c in _i}))
_forget = Statement(
    delete(schema.idempotency).where(_i.company_id == bindparam("company_id"), _i.created_at < bindparam("before"))
)


class Kept(NamedTuple):
    """The first answer under a key and the hash of what was asked."""

    request_hash: str
    status: int
    body: str


def find(tx: Tx, key: str) -> Kept | None:
    """What the acting user was answered under a key in the last two days."""
    found = tx.row(_find, of_user=tx.user_id, of_key=key)
    return None if found is None else Kept(*found)


def keep(tx: Tx, key: str, request_hash: str, status: int, body: str) -> None:
    """Keep an answer; those that are too old are dropped."""
    tx.change(_forget, before=tx.now - KEPT_DAYS * DAY)
    tx.change(
        _keep, user_id=tx.user_id, key=key, request_hash=request_hash, status=status, body=body, created_at=tx.now
    )
