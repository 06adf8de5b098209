"""Who follows which deal, person or organization, and which persons take part in a deal."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.records import Records, ids_in, padded, pieces, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_f, _p = schema.follower.c, schema.participant.c


class Follower(NamedTuple):
    """A user who follows a record; `resource` is deal, person or organization."""

    id: int
    resource: str
    record_id: int
    user_id: int
    created_at: Instant


class Participant(NamedTuple):
    """A person who takes part in a deal."""

    id: int
    deal_id: int
    person_id: int
    role: str
    added_by: int
    created_at: Instant


followers = Records(
    "follower",
    schema.follower,
    Follower,
    conditions={
        "record": (_f.resource == bindparam("of_resource")) & (_f.record_id == bindparam("of_record")),
        "user": _f.user_id == bindparam("of_user"),
    },
)
participants = Records(
    "participant",
    schema.participant,
    Participant,
    conditions={"deal": _p.deal_id == bindparam("deal_id"), "person": _p.person_id == bindparam("person_id")},
)


def participants_of(tx: Tx, deal_ids: Sequence[int]) -> list[Participant]:
    """Who takes part in at most 500 deals, oldest first."""
    size = padded(len(deal_ids))
    if size not in _of_deals:
        _of_deals[size] = Statement(
            select(*[_p[name] for name in Participant._fields])
            .where(_p.company_id == bindparam("company_id"), ids_in(_p.deal_id, "ids", size))
            .order_by(_p.id)
        )
    return [Participant._make(row) for row in tx.rows(_of_deals[size], **spread("ids", deal_ids, size))]


_of_deals: dict[int, Statement] = {}


def of_record(resource: str, record_id: int) -> dict[str, dict[str, object]]:
    """The condition that leaves the followers of one record."""
    return {"record": {"of_resource": resource, "of_record": record_id}}


def follower_ids(tx: Tx, resource: str, record_id: int) -> set[int]:
    """The users who follow a record."""
    return {each.user_id for each in followers.all(tx, of_record(resource, record_id))}


_counts: dict[tuple[str, int], Statement] = {}


def _count_statement(what: str, size: int) -> Statement:
    found = _counts.get((what, size))
    if found is None:
        column = _p.deal_id if what == "participant" else _f.record_id
        table = schema.participant if what == "participant" else schema.follower
        query = select(column, func.count()).where(
            table.c.company_id == bindparam("company_id"), ids_in(column, "ids", size)
        )
        if what != "participant":
            query = query.where(_f.resource == bindparam("of_resource"))
        found = _counts[(what, size)] = Statement(query.group_by(column))
    return found


def follower_counts(tx: Tx, resource: str, record_ids: list[int]) -> dict[int, int]:
    """How many users follow each record; records without followers are absent."""
    counted: dict[int, int] = {}
    for piece in pieces(record_ids):
        size = padded(len(piece))
        counted.update(tx.rows(_count_statement("follower", size), of_resource=resource, **spread("ids", piece, size)))
    return counted


def participant_counts(tx: Tx, deal_ids: list[int]) -> dict[int, int]:
    """How many persons were added to each deal; deals without are absent."""
    counted: dict[int, int] = {}
    for piece in pieces(deal_ids):
        size = padded(len(piece))
        counted.update(tx.rows(_count_statement("participant", size), **spread("ids", piece, size)))
    return counted
