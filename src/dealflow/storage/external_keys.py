"""The keys by which others call records of a company: those of history files. A record may have several."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from sqlalchemy import bindparam, func, select

from dealflow.storage import bulk, schema
from dealflow.storage.bulk import Progress
from dealflow.storage.records import ids_in, padded, pieces, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

LONGEST: Final = 255

_k = schema.external_key.c
_of_kind = (_k.company_id == bindparam("company_id"), _k.kind == bindparam("of_kind"))


@cache
def _by_key(size: int) -> Statement:
    return Statement(select(_k.key, _k.record_id).where(*_of_kind, ids_in(_k.key, "keys", size)))


@cache
def _by_record(size: int) -> Statement:
    return Statement(
        select(_k.record_id, func.min(_k.key))
        .where(*_of_kind, ids_in(_k.record_id, "ids", size))
        .group_by(_k.record_id)
        .order_by(_k.record_id)
    )


def known(tx: Tx, kind: str, keys: Iterable[str]) -> dict[str, int]:
    """The ids of the records that are called by these keys; keys that nobody has are left out."""
    found: dict[str, int] = {}
    for piece in pieces(list(keys)):
        size = padded(len(piece))
        found.update(tx.rows(_by_key(size), of_kind=kind, **spread("keys", piece, size)))
    return found


def keys_of(tx: Tx, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """What records are called, the first key in order of text where there are several; those without are left out."""
    found: dict[int, str] = {}
    for piece in pieces(list(ids)):
        size = padded(len(piece))
        found.update(tx.rows(_by_record(size), of_kind=kind, **spread("ids", piece, size)))
    return found


def add(tx: Tx, kind: str, ids: Mapping[str, int], progress: Progress = lambda _: None) -> None:
    """Keep the keys of records."""
    rows = [(kind, key, record_id) for key, record_id in ids.items()]
    bulk.add_all(tx, schema.external_key, ("kind", "key", "record_id"), rows, progress)
