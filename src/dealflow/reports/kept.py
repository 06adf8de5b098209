"""The columns of companies, kept in memory from one question to the next and brought up to date from the log.

Those asked for longest ago are dropped when all together take more memory than they may.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from dealflow.core.deal import PRIVATE
from dealflow.core.time import Instant
from dealflow.reports.columns import ABSENT, NEVER, OPEN, Array, Columns, Lived, Packed
from dealflow.reports.room import ROOM
from dealflow.storage import events, lived
from dealflow.storage.lived import DealTexts, EntryTexts
from dealflow.storage.statement import Row
from dealflow.storage.tx import Tx

FEW: Final = 1_000


class Kept:
    """The columns of one company as of the event `seq`, which happened `at`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.packed = Packed()
        self.seq = 0
        self.at = Instant(0)

    def refresh(self, tx: Tx) -> Packed:
        """The columns as `tx` sees the company. Who asks holds the lock while they read them."""
        newest = lived.last_seq(tx)
        if newest < self.seq or events.at(tx, self.seq) != self.at:
            self.packed, self.seq = Packed(), 0
        if newest != self.seq:
            self._catch_up(tx, newest)
            self.seq, self.at = newest, events.at(tx, newest)
        return self.packed

    def _catch_up(self, tx: Tx, newest: int) -> None:
        changed = lived.changed_between(tx, self.seq, newest) if self.seq else None
        much = max(FEW, len(self.packed) // 4)
        if changed is None or len(changed) > much or self.packed.replaced > much:
            self.packed = loaded(tx)
        else:
            self.packed.replace(changed, [now(deal, entries) for deal, entries in lived.some(tx, changed) if entries])


class Shelf:
    """The columns of companies, those asked for longest ago first; together they take no more than there is room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Kept] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def packed(self, tx: Tx) -> Iterator[Packed]:
        """The columns of a company, as it is now; until the end nobody else brings them further."""
        key = (tx.db.home, tx.company_id)
        with self._lock:
            kept = self._kept.setdefault(key, Kept())
            self._kept.move_to_end(key)
        with kept.lock:
            yield kept.refresh(tx)
        self._make_room(key)

    def _make_room(self, key: tuple[str, int]) -> None:
        most = ROOM.most_mb << 20
        with self._lock:
            held = {each: kept.packed.nbytes for each, kept in self._kept.items()}
            for each in list(self._kept):
                if sum(held.values()) <= most:
                    break
                if each != key or held[key] > most:
                    del self._kept[each], held[each]

    def clear(self) -> None:
        """Keep nothing; what is asked next is read anew."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


SHELF: Final = Shelf()


def columns(tx: Tx) -> Columns:
    """What there is to count in a company now: deals that are not deleted."""
    with SHELF.packed(tx) as found:
        return found.columns()


# ------------------------------------------------------------------------------------------------------------ reading


def now(deal: Row, entries: list[Row]) -> Lived:
    """The life of a deal as it is; it came into its first stage when it began, whenever its row was made."""
    *head, visibility, archived_at, expected_close, probability = deal
    came = [entry[1:] for entry in entries]
    came[0] = (deal[5], *came[0][1:])
    state = (*head, visibility == PRIVATE, archived_at is not None, expected_close, probability)
    return Lived._make((*state, came))


def loaded(tx: Tx) -> Packed:
    """The columns read anew."""
    made = Packed()
    for deals, entries in lived.everything(tx):
        if entries.deal_id:
            _extend(made, deals, entries)
    return made


def _extend(made: Packed, deals: DealTexts, entries: EntryTexts) -> None:
    read = {name: _numbers(text) for name, text in deals._asdict().items() if name != "currency"}
    of_deal, at, pipeline_id, stage_id = map(_numbers, entries)
    if not (known := np.isin(of_deal, read["id"])).all():  # made since
        of_deal, at, pipeline_id, stage_id = (each[known] for each in (of_deal, at, pipeline_id, stage_id))
    places = np.searchsorted(read["id"], of_deal)
    first = np.searchsorted(places, np.arange(len(read["id"])), side="left")
    last = np.searchsorted(places, np.arange(len(read["id"])), side="right") - 1
    lives = last >= first
    at[first[lives]] = read["started_at"][lives]
    is_open = read["outcome"] == OPEN
    made.extend(
        {
            "deal_id": read["id"],
            "owner_id": read["owner_id"],
            "pipeline_id": read["pipeline_id"],
            "outcome": read["outcome"],
            "closed_at": np.where(is_open, NEVER, read["outcome_at"]),
            "started_at": read["started_at"],
            "value": read["value"],
            "currency": _currencies(made, deals.currency),
            "is_private": read["visibility"] == PRIVATE,
            "is_archived": read["archived_at"] != 0,
            "expected_close": np.where(read["day"] == 0, ABSENT, read["day"]),
            "probability": read["probability"],
            "first": first,
            "last": last,
            "is_there": lives & (read["deleted_at"] == 0),
        },
        {
            "entry_deal": places,
            "entry_at": at,
            "entry_pipeline": pipeline_id,
            "entry_stage": stage_id,
        },
    )


def _numbers(text: str) -> Array:
    return np.fromstring(text, np.int64, sep=",")


def _currencies(made: Packed, text: str) -> Array:
    """Codes of three letters as places in the list of currencies."""
    words: Any = np.frombuffer(f"{text},".encode("ascii"), "S4")
    names, which = np.unique(words.view("<u4"), return_inverse=True)
    codes = made.currency_codes(name.decode()[:3] for name in names.view("S4"))
    return np.array(codes, np.int64)[which]
