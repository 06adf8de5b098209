"""What a device that mirrors a company goes through: start a session, take its items, acknowledge them."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from dealflow.actions.deals import PRIMARY
from dealflow.core.errors import NotFound
from dealflow.core.time import DAY, Instant
from dealflow.storage import counters, pipelines, sync, users
from dealflow.storage.sync import KNOWN, NEW, RANKS, Concern, Device, Item, Session
from dealflow.storage.tx import Tx

LIVES_FOR: Final = DAY
MOST_SESSIONS: Final = 100
MOST_EVENTS: Final = 250_000
PAGE: Final = 100
MOST_COUNTED: Final = 10_000
EVERY: Final = 2**40


class Sight(Protocol):
    """What the acting user sees of a record."""

    @property
    def is_gone(self) -> bool: ...


S = TypeVar("S", bound=Sight)
Look = Callable[[Sequence[Item]], Mapping[Item, S]]
"""Finds what is seen of items; what is not for the user is absent."""


class Started(NamedTuple):
    """A session and how many items it has, some of which may turn out not to be for the user."""

    session: Session
    items: int


def start_session(tx: Tx, device_uuid: str) -> Started | None:
    """A session over what the device has not acknowledged; None if there is nothing.

    A device that is far behind is brought forward by so many events in each session.
    """
    last = counters.hold(tx, "event")
    device = _device(tx, device_uuid)
    while True:
        device = _collected(tx, device, last)
        new = Session(str(uuid.uuid4()), device.id, 0, 0, 0, device.position, tx.now)
        count = sync.count_waiting(tx, new, EVERY)
        if count:
            sync.drop_sessions(tx, before=_oldest(tx), most=MOST_SESSIONS - 1)
            return Started(sync.save_session(tx, new), count)
        if device.position == last:
            return None


def open_session(tx: Tx, device_uuid: str, session_uuid: str) -> Session:
    """The acting user's session on this device. Raises NotFound, for one that is too old, too."""
    device = sync.device(tx, device_uuid)
    found = sync.session(tx, session_uuid)
    if device is None or found is None or found.device_id != device.id or found.created_at < _oldest(tx):
        raise NotFound("sync_session", session_uuid)
    return found


def next_items(tx: Tx, session: Session, look: Look[S]) -> tuple[list[tuple[Item, S]], int]:
    """The next items with what is seen of them, at most `PAGE`, and about how many are left behind them.

    Each comes once in a session. Those that are not for the user, and those of records that were gone before the
    device heard of them, are forgotten.
    """
    told: list[tuple[Item, S]] = []
    while len(told) < PAGE and (items := sync.waiting(tx, session, PAGE)):
        seen = look(items)
        for item in items:
            if item not in seen:
                sync.drop(tx, session.device_id, item)
            elif seen[item].is_gone and item.state == NEW:
                _forget(tx, session, item)
            elif len(told) < PAGE:
                told.append((item, seen[item]))
            else:
                break
            session = session._replace(
                served_rank=item.rank, served_record_id=item.record_id, served_part_id=item.part_id
            )
    sync.mark_told(tx, session.device_id, [item for item, _ in told if item.state == NEW])
    sync.save_session(tx, session)
    return told, sync.count_waiting(tx, session, MOST_COUNTED)


def _forget(tx: Tx, session: Session, item: Item) -> None:
    """Something that went before the device heard of it; if it did so after the session, the next one has it still."""
    if not sync.has_events_since(tx, item, session.last_seq):
        sync.drop(tx, session.device_id, item)


def acknowledge(tx: Tx, device_uuid: str, items: Iterable[Item]) -> None:
    """The device has these states of records; what it was never told of is passed over."""
    device = sync.device(tx, device_uuid)
    if device is not None:
        for item in items:
            sync.acknowledge(tx, device.id, item)


def _oldest(tx: Tx) -> Instant:
    return Instant(tx.now - LIVES_FOR)


def _device(tx: Tx, device_uuid: str) -> Device:
    """The acting user's device; one that was never seen is far behind."""
    device = sync.device(tx, device_uuid)
    if device is not None:
        return device
    device_id = counters.next_id(tx, "sync_device")
    return sync.save_device(tx, Device(device_id, tx.user_id, device_uuid, 0, tx.now, tx.now))


def _collected(tx: Tx, device: Device, last: int) -> Device:
    """The device, further on by at most `MOST_EVENTS`, with an item for everything that happened in them."""
    after = device.position
    until = min(last, after + MOST_EVENTS)
    if until > after:
        sync.collect(tx, device.id, after, until)
        if (after, until) == (0, last):
            sync.collect_participants(tx, device.id, until, PRIMARY)
        else:
            sync.queue(tx, device.id, concerned(tx, sync.concerns(tx, after, until), until))
        sync.drop_unseen(tx, device.id, users.me(tx))
    return sync.save_device(tx, device._replace(position=until, seen_at=tx.now))


# ------------------------------------------------------------------------------------- what events say of others


def concerned(tx: Tx, concerns: Sequence[Concern], until: int) -> list[Item]:
    """What must be told again because of events of something else: pipelines by their stages, those in deals."""
    parts = states_of_participants(concerns)
    items = [Item(RANKS["participant"], *part, until, state) for part, state in parts.items()]
    return items + [Item(RANKS["pipeline"], each, 0, until, KNOWN) for each in _pipelines_of(tx, concerns)]


def _pipelines_of(tx: Tx, concerns: Sequence[Concern]) -> list[int]:
    """The pipelines in which stages have changed, and those they have left."""
    changed = [each for each in concerns if each.resource == "stage"]
    found = {stage.pipeline_id for stage in pipelines.stages.by_id(tx, (each.record_id for each in changed)).values()}
    left = (_read(each.before).get("pipeline_id") for each in changed)
    return sorted(found.union(each for each in left if each is not None))


def states_of_participants(concerns: Sequence[Concern]) -> dict[tuple[int, int], int]:
    """Deals and the contacts whose part in them may be another now, with what was known of that part before.

    A deal's own contact is no participant to a device; who becomes it may have been one before.
    """
    states: dict[tuple[int, int], int | None] = {}
    for each in concerns:
        if each.resource != "deal":
            continue
        before, after = _read(each.before), _read(each.after)
        was, comes = ((each.record_id, state.get("person_id") or 0) for state in (before, after))
        if each.action == "joined" and states.get(comes) is None:
            states.pop(comes, None)
            if after.get("role") != PRIMARY:
                states[comes] = NEW
        elif each.action == "left" and states.get(was) is None:
            states[was] = KNOWN
        elif each.action == "updated":
            states.setdefault(was, NEW)
            states.setdefault(comes, None)
    return {part: KNOWN if state is None else state for part, state in states.items() if part[1]}


def _read(text: str | None) -> dict[str, Any]:
    return {} if text is None else msgspec.json.decode(text, type=dict[str, Any])
