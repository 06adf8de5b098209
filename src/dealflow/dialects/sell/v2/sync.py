"""The Sync API: a device asks what is new, takes it page by page, says what it has (contract 3.1)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypedDict

import msgspec

from dealflow.actions import sync as actions
from dealflow.actions.sync import Started
from dealflow.core.errors import Invalid
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import Linked, empty, item
from dealflow.dialects.sell.form import Attribute, Form, WrongType
from dealflow.dialects.sell.v2.shown import Shown, look
from dealflow.storage.sync import KNOWN, NEW, RANKS, TOLD, Item
from dealflow.storage.tx import Tx
from dealflow.wire import Reply, Request

RANK_OF: Final[Mapping[str, int]] = {
    "account": RANKS["company"],
    "user": RANKS["user"],
    "lead": RANKS["lead"],
    "contact": RANKS["party"],
    "associated_contact": RANKS["participant"],
    "deal": RANKS["deal"],
    "pipeline": RANKS["pipeline"],
    "stage": RANKS["stage"],
    "loss_reason": RANKS["term"],
    "source": RANKS["term"],
    "note": RANKS["note"],
    "task": RANKS["activity"],
    "tag": RANKS["label"],
}
"""The types that devices are told of, and their places in a queue."""

MOST_KEYS: Final = 10_000
EVENT_TYPES: Final[Mapping[int, str]] = {KNOWN: "updated", NEW: "created", TOLD: "created"}
_KEY: Final = re.compile(r"([A-Za-z]+)-(\d{1,18})(?:-(\d{1,18}))?-(\d{1,10})", re.ASCII)
_CLASSES: Final = {"".join(part.title() for part in type_.split("_")): type_ for type_ in RANK_OF}
_CLASS_OF: Final = {type_: word for word, type_ in _CLASSES.items()}


def _keys(given: Any) -> list[Item]:
    """What the keys stand for; those that nobody gave out are passed over."""
    if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
        raise WrongType("a list of strings")
    if len(given) > MOST_KEYS:
        raise Invalid("", f"must have at most {MOST_KEYS} entries")
    found = (read_key(key) for key in given)
    return [each for each in found if each is not None]


FORM: Final = Form(
    {"ack_keys": Attribute(_keys, {"type": "array", "items": {"type": "string"}}, required=True, nullable=False)}
)


class DeviceHeaders(msgspec.Struct, rename="kebab"):
    """Which device is asking; a new one is sent everything."""

    x_basecrm_device_uuid: Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Queue(TypedDict):
    """What waits in a session."""

    name: str
    pages: int
    total_count: int


class QueueItem(TypedDict):
    """A queue with its address."""

    data: Queue
    meta: dict[str, Any]


class Session(TypedDict):
    """A session with its one queue."""

    id: str
    queues: list[QueueItem]


class SessionOut(Linked):
    """The answer that is a session."""

    def __init__(self, started: Started) -> None:
        self.started = started

    def linked(self, request: Request) -> dict[str, Any]:
        session, items = self.started
        queue: Queue = {"name": "main", "pages": -(-items // actions.PAGE), "total_count": items}
        address = f"{request.origin}/v2/sync/{session.uuid}/queues/main"
        shown: QueueItem = {"data": queue, "meta": {"type": "sync_queue", "links": {"self": address}}}
        return item("sync_session", Session(id=session.uuid, queues=[shown]))


def ack_key(each: Item, type_: str) -> str:
    """Such as `Deal-903-4`; that of an associated contact names the deal and the contact."""
    ids = f"{each.record_id}-{each.part_id}" if each.part_id else f"{each.record_id}"
    return f"{_CLASS_OF[type_]}-{ids}-{each.revision}"


def read_key(key: str) -> Item | None:
    """The state of a record that a key stands for, if it is one."""
    found = _KEY.fullmatch(key)
    if found is None or found[1] not in _CLASSES:
        return None
    return Item(RANK_OF[_CLASSES[found[1]]], int(found[2]), int(found[3] or 0), int(found[4]), KNOWN)


def queued(each: Item, shown: Shown) -> dict[str, Any]:
    """An item of a queue; of what is gone it has the ids alone."""
    type_, data, version = shown
    if shown.type == "associated_contact":
        ids = {"deal_id": each.record_id, "contact_id": each.part_id}
        data = ids if data is None else {**ids, **msgspec.structs.asdict(data)}
    elif data is None:
        data = {"id": each.record_id}
    told = item(type_, data, version)
    told["meta"]["sync"] = {
        "event_type": "deleted" if shown.is_gone else EVENT_TYPES[each.state],
        "ack_key": ack_key(each, type_),
        "revision": each.revision,
    }
    return told


@V2.add(
    "POST",
    "/sync/start",
    section="3.1",
    cost=0,
    scopes="sync",
    status=201,
    shows=Session,
    may_be_empty=True,
    pooled=True,
)
def start_sync(tx: Tx, headers: DeviceHeaders) -> Reply:
    started = actions.start_session(tx, headers.x_basecrm_device_uuid)
    return empty() if started is None else Reply(201, SessionOut(started))


@V2.add(
    "GET",
    "/sync/{session_id}/queues/main",
    section="3.1",
    cost=0,
    scopes="sync",
    writes=True,
    shows=list[dict[str, Any]],
    may_be_empty=True,
    pooled=True,
)
def read_queue(tx: Tx, session_id: str, headers: DeviceHeaders) -> Reply:
    session = actions.open_session(tx, headers.x_basecrm_device_uuid, session_id)
    told, left = actions.next_items(tx, session, lambda items: look(tx, items))
    if not told:
        return empty()
    meta = {"type": "collection", "count": len(told), "count_left": left}
    return Reply(200, {"items": [queued(each, shown) for each, shown in told], "meta": meta})


@V2.add("POST", "/sync/ack", section="3.1", cost=0, scopes="sync", status=202, shows=None, pooled=True)
def acknowledge(tx: Tx, headers: DeviceHeaders, body: Annotated[Data, FORM]) -> Reply:
    actions.acknowledge(tx, headers.x_basecrm_device_uuid, FORM.read(body)["ack_keys"])
    return empty(202)
