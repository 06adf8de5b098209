"""What each device that mirrors a company has still to be told.

A device has one item for each record with events it has not acknowledged. Items are queued in the order of their
subjects, so that what others refer to comes first. The column `seq` holds four times the number of the newest event
plus what the device knows of the record, so the order of events stays that of the column.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, delete, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from dealflow.core.company import Viewer
from dealflow.core.time import Instant
from dealflow.storage import deals, parties, schema
from dealflow.storage.events import MOST_RESOURCES, RELATIONS
from dealflow.storage.records import Records, ids_in, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

SUBJECTS: Final = (
    "company",
    "pipeline",
    "stage",
    "term",
    "label",
    "user",
    "party",
    "deal",
    "participant",
    "lead",
    "note",
    "activity",
)
RANKS: Final[Mapping[str, int]] = {subject: rank for rank, subject in enumerate(SUBJECTS, 1)}
"""The place of each subject in a queue."""

KNOWN, NEW, TOLD = 0, 1, 2
"""What a device knows of a record: it acknowledged it once, never heard of it, or heard and did not acknowledge."""

AT_ONCE: Final = 100_000
"""How many events a statement collects, so that none takes too long."""

_STATES: Final = 4
_OF_RESOURCE: Final = {
    **{subject: rank for subject, rank in RANKS.items() if subject not in ("party", "participant")},
    "person": RANKS["party"],
    "organization": RANKS["party"],
}
_e, _i, _p, _s = schema.event.c, schema.sync_item.c, schema.participant.c, schema.sync_session.c


class Device(NamedTuple):
    """A program that mirrors what a user sees; its items were collected up to the event `position`."""

    id: int
    user_id: int
    uuid: str
    position: int
    created_at: Instant
    seen_at: Instant


class Session(NamedTuple):
    """One go through the items up to the event `last_seq`; `served_*` is the last one that was handed out."""

    uuid: str
    device_id: int
    served_rank: int
    served_record_id: int
    served_part_id: int
    last_seq: int
    created_at: Instant


class Item(NamedTuple):
    """A record to tell of. `part_id` is the contact of a `participant`, whose record is the deal; else 0.

    `revision` is the number of the newest event, `state` KNOWN, NEW or TOLD.
    """

    rank: int
    record_id: int
    part_id: int
    revision: int
    state: int

    @property
    def subject(self) -> str:
        return SUBJECTS[self.rank - 1]


class Concern(NamedTuple):
    """An event that changes what another record shows: of a stage, or of who takes part in a deal."""

    seq: int
    resource: str
    record_id: int
    action: str
    before: str | None
    after: str | None


def _saving(table: Table) -> Any:
    return upsert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns})


def _mine(table: Table) -> ColumnElement[bool]:
    return table.c.company_id == bindparam("company_id")


# ------------------------------------------------------------------------------------------- devices and sessions

_device_row = schema.sync_device.c
_device = Statement(
    select(*[_device_row[name] for name in Device._fields]).where(
        _mine(schema.sync_device),
        _device_row.user_id == bindparam("of_user"),
        _device_row.uuid == bindparam("of_uuid"),
    )
)
_new_device = _saving(schema.sync_device)
_save_device = Statement(
    _new_device.on_conflict_do_update(
        index_elements=[_device_row.company_id, _device_row.id],
        set_={name: _new_device.excluded[name] for name in ("position", "seen_at")},
    )
)
_session = Statement(
    select(*[_s[name] for name in Session._fields]).where(_mine(schema.sync_session), _s.uuid == bindparam("of_uuid"))
)
_newest_sessions = Statement(select(_s.uuid).where(_mine(schema.sync_session)).order_by(_s.created_at.desc(), _s.uuid))
_new_session = _saving(schema.sync_session)
_save_session = Statement(
    _new_session.on_conflict_do_update(
        index_elements=[_s.company_id, _s.uuid],
        set_={name: _new_session.excluded[name] for name in ("served_rank", "served_record_id", "served_part_id")},
    )
)
_drop_session = Statement(
    delete(schema.sync_session).where(_mine(schema.sync_session), _s.uuid == bindparam("of_uuid"))
)
_drop_sessions_before = Statement(
    delete(schema.sync_session).where(_mine(schema.sync_session), _s.created_at < bindparam("before"))
)


def device(tx: Tx, uuid: str) -> Device | None:
    """The acting user's device of this name."""
    found = tx.row(_device, of_user=tx.user_id, of_uuid=uuid)
    return None if found is None else Device._make(found)


def save_device(tx: Tx, each: Device) -> Device:
    """Keep a device, or its new position."""
    tx.change(_save_device, **each._asdict())
    return each


def session(tx: Tx, uuid: str) -> Session | None:
    """The session of this id."""
    found = tx.row(_session, of_uuid=uuid)
    return None if found is None else Session._make(found)


def save_session(tx: Tx, each: Session) -> Session:
    """Keep a session, or how far it has come."""
    tx.change(_save_session, **each._asdict())
    return each


def drop_sessions(tx: Tx, *, before: Instant, most: int) -> None:
    """Leave at most the `most` newest sessions of the company, none from before the moment."""
    tx.change(_drop_sessions_before, before=before)
    for (uuid,) in tx.rows(_newest_sessions)[most:]:
        tx.change(_drop_session, of_uuid=uuid)


# ----------------------------------------------------------------------------------------------------- collecting

_window = and_(_mine(schema.event), _e.seq > bindparam("after_seq"), _e.seq <= bindparam("until_seq"))


def _among(column: ColumnElement[str], words: Iterable[str]) -> ColumnElement[bool]:
    return column.in_([literal(word) for word in words])


def _seq(revision: ColumnElement[Any], state: ColumnElement[Any]) -> ColumnElement[Any]:
    return revision * _STATES + state


def _queueing(new: Any) -> Statement:
    """Queue items; one that waits already is renewed, and the device knows of it what it knew."""
    renewed = new.excluded.seq - new.excluded.seq % _STATES + _i.seq % _STATES
    return Statement(
        new.on_conflict_do_update(index_elements=list(schema.sync_item.primary_key), set_={"seq": renewed})
    )


_KEY: Final = ["company_id", "device_id", "rank", "record_id", "part_id"]
_to_device = bindparam("to_device", type_=_i.device_id.type)
_collect = _queueing(
    upsert(schema.sync_item).from_select(
        [*_KEY, "seq"],
        select(
            _e.company_id,
            _to_device,
            case(_OF_RESOURCE, value=_e.resource),
            _e.record_id,
            literal(0),
            _seq(func.max(_e.seq), func.max(case((_e.action == "created", NEW), else_=KNOWN))),
        )
        .where(_window, _among(_e.resource, _OF_RESOURCE), ~_among(_e.action, RELATIONS))
        .group_by(_e.company_id, _e.resource, _e.record_id),
    )
)
_collect_participants = _queueing(
    upsert(schema.sync_item).from_select(
        [*_KEY, "seq"],
        select(
            _p.company_id,
            _to_device,
            literal(RANKS["participant"]),
            _p.deal_id,
            _p.person_id,
            _seq(bindparam("until_seq", type_=_i.seq.type), literal(NEW)),
        ).where(_mine(schema.participant), _p.role != bindparam("left_out")),
    )
)
_concerns = Statement(
    select(_e.seq, _e.resource, _e.record_id, _e.action, _e.before, _e.after)
    .where(
        _window,
        or_(
            _e.resource == "stage",
            and_(
                _e.resource == "deal",
                or_(
                    _among(_e.action, ("joined", "left")),
                    and_(_e.action == "updated", _e.after.like('%"person\\_id":%', escape="\\")),
                ),
            ),
        ),
    )
    .order_by(_e.seq)
)
_queue = _queueing(_saving(schema.sync_item))


def collect(tx: Tx, device_id: int, after: int, until: int) -> None:
    """Queue every record with an event after the one and up to the other."""
    for start in range(after, until, AT_ONCE):
        tx.change(_collect, to_device=device_id, after_seq=start, until_seq=min(until, start + AT_ONCE))


def collect_participants(tx: Tx, device_id: int, until: int, left_out: str) -> None:
    """Queue all who take part in deals now, but for those with a role, as things a device never heard of."""
    tx.change(_collect_participants, to_device=device_id, until_seq=until, left_out=left_out)


def concerns(tx: Tx, after: int, until: int) -> list[Concern]:
    """The events after the one and up to the other that may change what other records show, oldest first."""
    return [Concern._make(row) for row in tx.rows(_concerns, after_seq=after, until_seq=until)]


def queue(tx: Tx, device_id: int, items: Iterable[Item]) -> None:
    """Queue some items."""
    tx.change_each(_queue, [_values(device_id, item) for item in items])


def _values(device_id: int, item: Item) -> dict[str, int]:
    return {
        "device_id": device_id,
        "rank": item.rank,
        "record_id": item.record_id,
        "part_id": item.part_id,
        "seq": item.revision * _STATES + item.state,
    }


@cache
def _unseen(rank: int, condition: str) -> Statement:
    """Removes the items of records that do not meet a condition of their table."""
    records: Records[Any] = parties.parties if rank == RANKS["party"] else deals.deals
    c = records.table.c
    seen = select(c.id).where(_mine(records.table), c.id == _i.record_id, records.conditions[condition]).exists()
    return Statement(
        delete(schema.sync_item).where(
            _mine(schema.sync_item), _i.device_id == bindparam("to_device"), _i.rank == rank, ~seen
        )
    )


def drop_unseen(tx: Tx, device_id: int, viewer: Viewer) -> None:
    """Remove the items of deals and parties that the user may not see."""
    for subject, seen in (
        ("deal", deals.visible_to(viewer)),
        ("participant", deals.visible_to(viewer)),
        ("party", parties.visible_to(viewer)),
    ):
        for condition, values in seen.items():
            tx.change(_unseen(RANKS[subject], condition), to_device=device_id, **values)


# -------------------------------------------------------------------------------------------------------- serving

_place = tuple_(_i.rank, _i.record_id, _i.part_id)
_waiting = and_(
    _mine(schema.sync_item),
    _i.device_id == bindparam("of_device"),
    _place > tuple_(*(bindparam(name, type_=_i.rank.type) for name in Session._fields[2:5])),
    _i.seq < bindparam("beyond"),
)
_next = Statement(
    select(_i.rank, _i.record_id, _i.part_id, _i.seq)
    .where(_waiting)
    .order_by(_i.rank, _i.record_id, _i.part_id)
    .limit(bindparam("most"))
)
_count = Statement(
    select(func.count()).select_from(select(_i.rank).where(_waiting).limit(bindparam("most")).subquery())
)
_later = Statement(
    select(_e.seq)
    .where(
        _mine(schema.event),
        ids_in(_e.resource, "resources", MOST_RESOURCES),
        _e.record_id == bindparam("of_record"),
        _e.seq > bindparam("after_seq"),
    )
    .limit(bindparam("most"))
)
_new_item = _saving(schema.sync_item)
_save_item = Statement(
    _new_item.on_conflict_do_update(
        index_elements=list(schema.sync_item.primary_key), set_={"seq": _new_item.excluded.seq}
    )
)
_this = and_(_mine(schema.sync_item), *(_i[name] == bindparam(f"this_{name}") for name in _KEY[1:]))
_drop = Statement(delete(schema.sync_item).where(_this, _i.seq < bindparam("beyond")))
_acknowledged = upsert(schema.sync_item).from_select(
    [*_KEY, "seq"], select(*[_i[name] for name in _KEY], _i.seq - _i.seq % _STATES).where(_this)
)
_acknowledge = Statement(
    _acknowledged.on_conflict_do_update(
        index_elements=list(schema.sync_item.primary_key), set_={"seq": _acknowledged.excluded.seq}
    )
)


def _of_session(each: Session) -> dict[str, int]:
    return {
        "of_device": each.device_id,
        "served_rank": each.served_rank,
        "served_record_id": each.served_record_id,
        "served_part_id": each.served_part_id,
        "beyond": (each.last_seq + 1) * _STATES,
    }


def waiting(tx: Tx, each: Session, most: int) -> list[Item]:
    """The next items of a session, in order."""
    rows = tx.rows(_next, most=most, **_of_session(each))
    return [Item(*place, *divmod(seq, _STATES)) for *place, seq in rows]


def count_waiting(tx: Tx, each: Session, most: int) -> int:
    """How many items a session has still to hand out, counted up to `most`."""
    found = tx.row(_count, most=most, **_of_session(each))
    return 0 if found is None else int(found[0])


def has_events_since(tx: Tx, item: Item, seq: int) -> bool:
    """Whether more has happened to a record since an event."""
    resources = [name for name, rank in _OF_RESOURCE.items() if rank == item.rank] or ["deal"]
    named = spread("resources", resources, MOST_RESOURCES)
    return tx.row(_later, of_record=item.record_id, after_seq=seq, most=1, **named) is not None


def mark_told(tx: Tx, device_id: int, items: Sequence[Item]) -> None:
    """From now on the device has heard of these."""
    tx.change_each(_save_item, [_values(device_id, item._replace(state=TOLD)) for item in items])


def drop(tx: Tx, device_id: int, item: Item) -> bool:
    """Remove an item that is not newer; says whether there was one."""
    this = {f"this_{name}": value for name, value in _values(device_id, item).items() if name != "seq"}
    return tx.change(_drop, beyond=(item.revision + 1) * _STATES, **this) > 0


def acknowledge(tx: Tx, device_id: int, item: Item) -> None:
    """Remove an item; one that is newer stays, of a record that the device knows now."""
    if not drop(tx, device_id, item):
        this = {f"this_{name}": value for name, value in _values(device_id, item).items() if name != "seq"}
        tx.change(_acknowledge, **this)
