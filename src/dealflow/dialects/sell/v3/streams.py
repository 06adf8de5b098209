"""The Firehose: what happened to the records of a kind, as a stream to be read from a position on (contract 3.2)."""

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import msgspec

from dealflow.core.time import DAY, Instant, iso
from dealflow.dialects.sell.dialect import V3
from dealflow.dialects.sell.envelope import Linked, item
from dealflow.dialects.sell.errors import BadParameter, Gone
from dealflow.dialects.sell.v3.recorded import SUBJECTS, Subject, Told, tell
from dealflow.storage import counters, events
from dealflow.storage.tx import Tx
from dealflow.wire import Reply, Request

KEPT_FOR: Final = 3 * DAY
MOST_LOOKED_AT: Final = 5_000
TAIL: Final = "tail"
TOP: Final = "top"
FORMAT: Final = "1"
SILENT: Final = frozenset({"updated_at"})
"""Attributes that change with every event."""

EVENT_TYPES: Final[Mapping[str, str]] = {"created": "created", "deleted": "deleted"}
_POSITION: Final = re.compile(r"([a-z_]+),1,(\d{1,18})", re.ASCII)


class StreamQuery(msgspec.Struct, kw_only=True):
    """`position` is tail for the oldest event that is kept, top for now, or what an answer said."""

    position: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25


class Stream(Linked):
    """A piece of a stream; the next one begins behind the event `position`."""

    def __init__(self, name: str, items: list[dict[str, Any]], position: int, *, is_top: bool) -> None:
        self.name = name
        self.items = items
        self.position = write_position(name, position)
        self.is_top = is_top

    def linked(self, request: Request) -> dict[str, Any]:
        following = {"position": self.position}
        address = f"{request.origin}{request.path}?{urlencode(following, quote_via=quote, safe='=')}"
        meta = {"links": {"next": address}, "position": self.position, "top": self.is_top}
        return {"items": self.items, "meta": meta}


def write_position(name: str, seq: int) -> str:
    """The place in a stream behind an event."""
    return urlsafe_b64encode(f"{name},{FORMAT},{seq}".encode()).decode()


def read_position(tx: Tx, name: str, text: str, last: int) -> int:
    """The event behind which to go on; `last` is the newest one of all. Raises BadParameter, Gone."""
    if text == TOP:
        return last
    oldest = Instant(tx.now - KEPT_FOR)
    if text == TAIL:
        return events.first_since(tx, oldest, last) - 1
    seq = _seq(name, text)
    if seq is None:
        raise BadParameter("position", f"must be tail, top or what an answer said, given: {text[:80]}")
    if seq > last or not _is_kept(tx, seq, last, oldest):
        raise Gone
    return seq


def _seq(name: str, text: str) -> int | None:
    try:
        found = _POSITION.fullmatch(b64decode(text, b"-_", validate=True).decode("ascii"))
    except ValueError:
        return None
    return int(found[2]) if found is not None and found[1] == name else None


def _is_kept(tx: Tx, seq: int, last: int, oldest: Instant) -> bool:
    """Whether every event behind this one is."""
    if seq == last or events.at(tx, seq) >= oldest or events.at(tx, seq + 1) >= oldest:
        return True
    return events.first_since(tx, oldest, last) <= seq + 1


def event_id(tx: Tx, seq: int) -> str:
    """Always the same for the same event, another for any other."""
    digest = blake2b(f"{tx.company_id}-{seq}".encode(), digest_size=16).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def shown(tx: Tx, subject: Subject, told: Sequence[Told]) -> list[dict[str, Any]]:
    """The items of a stream."""
    after = subject.shapes(tx, [each.after for each in told])
    changed = [each for each in told if each.before is not None]
    before = iter(subject.shapes(tx, [each.before for each in changed if each.before is not None]))
    items = []
    for each, data in zip(told, after, strict=True):
        was = next(before) if each.before is not None else {}
        told_item = item(subject.kind, data)
        told_item["meta"].update(
            event_type=EVENT_TYPES.get(each.event.action, "updated"),
            event_cause="interaction",
            event_id=event_id(tx, each.event.seq),
            event_time=iso(each.event.at),
            sequence=each.number,
            previous={name: old for name, old in was.items() if old != data[name] and name not in SILENT},
        )
        items.append(told_item)
    return items


def _add(name: str, subject: Subject) -> None:
    """Register the route of a stream."""

    @V3.add("GET", f"/{name}/stream", section="3.2", cost=0, scopes="read")
    def read_stream(tx: Tx, query: StreamQuery) -> Reply:
        last = counters.last(tx, "event")
        after = read_position(tx, name, query.position, last)
        until = min(last, after + MOST_LOOKED_AT) if subject.resources else last
        entries = events.within(tx, subject.resources, after, until, query.limit) if subject.resources else []
        position = entries[-1].event.seq if len(entries) == query.limit else until
        items = shown(tx, subject, tell(tx, subject, entries))
        return Reply(200, Stream(name, items, position, is_top=position == last))


for _name, _subject in SUBJECTS.items():
    _add(_name, _subject)
