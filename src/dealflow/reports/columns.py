"""Deals and where they have been, in arrays: a row for each deal, and one for each time a deal came into a stage."""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dealflow.core.time import LATEST, Day, Instant

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Array = NDArray[Any]

NEVER: Final = 2 * LATEST
OUTCOMES: Final[Mapping[str, int]] = {"open": 0, "won": 1, "lost": 2, "unqualified": 2}
OPEN, WON, LOST = 0, 1, 2
ABSENT: Final = -1
ELSEWHERE: Final = -2
LONGEST_KEPT: Final = 4
FEW: Final = 10_000


class Lived(NamedTuple):
    """A deal at some moment; `entries` are the times it came into a stage, with pipeline and stage, oldest first."""

    deal_id: int
    owner_id: int
    pipeline_id: int
    outcome: str
    outcome_at: Instant | None
    started_at: Instant
    value: int
    currency: str
    is_private: bool
    is_archived: bool
    expected_close: Day | None
    probability: int | None
    entries: Sequence[tuple[Instant, int, int]]


@dataclass(frozen=True, slots=True)
class Columns:
    """What there is to count. A deal is named by its place in the first group of arrays.

    `closed_at` is NEVER while a deal is open; `outcome` OPEN, WON or LOST; `currency` a place in `currencies`;
    `expected_close` is a number such as 20260430 and `probability` a percentage, both ABSENT if there is none.
    `is_there` is false for what has been replaced. `first` and `last` are a deal's entries among the second group,
    which stand deal by deal, oldest first.
    """

    deal_id: Ints
    owner_id: Ints
    pipeline_id: Ints
    outcome: Array
    closed_at: Ints
    started_at: Ints
    value: Ints
    currency: Array
    is_private: Flags
    is_archived: Flags
    expected_close: Array
    probability: Array
    first: Ints
    last: Ints
    is_there: Flags
    currencies: tuple[str, ...]

    entry_deal: Array
    entry_at: Ints
    entry_pipeline: Array
    entry_stage: Array
    entry_moves: Flags
    """Whether the deal came from another stage of the same pipeline."""

    within: Callable[[Instant, Instant], Ints]
    """The entries from one instant on and before another, ascending."""

    ranks: Callable[[int, tuple[int, ...]], tuple[Array, Array]]
    """Of a pipeline and its stages in order: the rank before and after each entry, ELSEWHERE where there is none."""


DEAL_TYPES: Final[Mapping[str, type]] = {
    "deal_id": np.int64,
    "owner_id": np.int64,
    "pipeline_id": np.int64,
    "outcome": np.int8,
    "closed_at": np.int64,
    "started_at": np.int64,
    "value": np.int64,
    "currency": np.int16,
    "is_private": np.bool_,
    "is_archived": np.bool_,
    "expected_close": np.int32,
    "probability": np.int16,
    "first": np.int64,
    "last": np.int64,
    "is_there": np.bool_,
}
ENTRY_TYPES: Final[Mapping[str, type]] = {
    "entry_deal": np.int32,
    "entry_at": np.int64,
    "entry_pipeline": np.int32,
    "entry_stage": np.int32,
    "entry_moves": np.bool_,
}


class _Growing:
    """An array with room at its end. What it gave out before stays as it was."""

    __slots__ = ("_room", "_size")

    def __init__(self, kind: type) -> None:
        self._room: Array = np.empty(0, kind)
        self._size = 0

    @property
    def values(self) -> Array:
        return self._room[: self._size]

    @property
    def nbytes(self) -> int:
        return self._room.nbytes

    def extend(self, more: Array) -> None:
        end = self._size + len(more)
        if end > len(self._room):
            room = np.empty(end if not self._size else max(end, self._size * 5 // 4), self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        self._room[self._size : end] = more
        self._size = end

    def copy(self) -> "_Growing":
        made = _Growing(self._room.dtype.type)
        made.extend(self.values)
        return made


class Packed:
    """Columns that grow. Whoever changes or asks holds the lock; what `columns` gave stays as it was."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._arrays = {name: _Growing(kind) for name, kind in {**DEAL_TYPES, **ENTRY_TYPES}.items()}
        self._currencies: dict[str, int] = {}
        self._place: dict[int, int] = {}
        self._ranks: dict[tuple[int, tuple[int, ...]], tuple[_Growing, _Growing]] = {}
        self._by_time: Array = np.empty(0, np.int32)

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        ranks = [each for pair in self._ranks.values() for each in pair]
        return self._by_time.nbytes + sum(each.nbytes for each in [*self._arrays.values(), *ranks])

    def __len__(self) -> int:
        return len(self._arrays["deal_id"].values)

    @property
    def replaced(self) -> int:
        """How many deals are kept more than once."""
        return len(self) - int(np.count_nonzero(self._arrays["is_there"].values))

    def copy(self) -> "Packed":
        """The same, to be changed apart."""
        made = Packed()
        with self.lock:
            made._arrays = {name: array.copy() for name, array in self._arrays.items()}
            made._currencies = dict(self._currencies)
            made._place = dict(self._places())
            made._ranks = {key: (before.copy(), after.copy()) for key, (before, after) in self._ranks.items()}
        return made

    def _places(self) -> dict[int, int]:
        """Where each deal stands, by id; made when first something changes."""
        if not self._place and len(self):
            there = np.flatnonzero(self._arrays["is_there"].values)
            ids = self._arrays["deal_id"].values[there]
            self._place = dict(zip(ids.tolist(), there.tolist(), strict=True))
        return self._place

    def currency_codes(self, names: Iterable[str]) -> list[int]:
        """The places of currencies in the list of those known, which grows."""
        return [self._currencies.setdefault(name, len(self._currencies)) for name in names]

    def extend(self, deals: Mapping[str, Array], entries: Mapping[str, Array]) -> None:
        """Append whole deals that are not there yet, with their entries; places count from 0 in what is given."""
        with self.lock:
            before, entries_before = len(self), len(self._arrays["entry_at"].values)
            shifts = {"first": entries_before, "last": entries_before, "entry_deal": before}
            moves = {"entry_moves": _moves(entries)}
            for name, values in {**deals, **entries, **moves}.items():
                self._arrays[name].extend(values + shifts[name] if name in shifts else values)
            if self._place:
                places = range(before, len(self))
                self._place.update(zip(deals["deal_id"].tolist(), places, strict=True))

    def replace(self, deal_ids: Iterable[int], lives: Sequence[Lived]) -> None:
        """Put lives in the place of those of some deals; deals without a life are gone."""
        with self.lock:
            places = self._places()
            gone = [place for deal_id in deal_ids if (place := places.pop(deal_id, None)) is not None]
            if gone:
                is_there = self._arrays["is_there"].copy()
                is_there.values[gone] = False
                self._arrays["is_there"] = is_there
            if lives:
                self.extend(*self._packed(lives))

    def _packed(self, lives: Sequence[Lived]) -> tuple[dict[str, Array], dict[str, Array]]:
        counts = [len(each.entries) for each in lives]
        ends = np.cumsum(counts)
        columns: dict[str, Iterable[Any]] = {
            "deal_id": (each.deal_id for each in lives),
            "owner_id": (each.owner_id for each in lives),
            "pipeline_id": (each.pipeline_id for each in lives),
            "outcome": (OUTCOMES[each.outcome] for each in lives),
            "closed_at": (NEVER if each.outcome == "open" else each.outcome_at for each in lives),
            "started_at": (each.started_at for each in lives),
            "value": (each.value for each in lives),
            "currency": self.currency_codes(each.currency for each in lives),
            "is_private": (each.is_private for each in lives),
            "is_archived": (each.is_archived for each in lives),
            "expected_close": (number_of(each.expected_close) for each in lives),
            "probability": (ABSENT if each.probability is None else each.probability for each in lives),
        }
        deals: dict[str, Array] = {
            name: np.fromiter(values, DEAL_TYPES[name], len(lives)) for name, values in columns.items()
        }
        deals |= {"first": ends - counts, "last": ends - 1, "is_there": np.ones(len(lives), np.bool_)}
        rows = np.array([entry for each in lives for entry in each.entries], np.int64).reshape(-1, 3)
        entries = {"entry_at": rows[:, 0], "entry_pipeline": rows[:, 1], "entry_stage": rows[:, 2]}
        return deals, {"entry_deal": np.repeat(np.arange(len(lives)), counts), **entries}

    def columns(self) -> Columns:
        """What there is now."""
        with self.lock:
            values = {name: array.values for name, array in self._arrays.items()}
            size = len(values["entry_at"])
            return Columns(
                **values,
                currencies=tuple(self._currencies),
                within=self._within(values["entry_at"]),
                ranks=self._ranks_of(size),
            )

    def _within(self, at: Ints) -> Callable[[Instant, Instant], Ints]:
        """By an order of time that is made anew when many entries have come since; those are looked through."""
        if len(at) - len(self._by_time) > max(FEW, len(at) // 8):
            self._by_time = np.argsort(at, kind="stable").astype(np.int32)
        by_time = self._by_time
        sorted_at, later = at[: len(by_time)], at[len(by_time) :]

        def within(start: Instant, end: Instant) -> Ints:
            first, last = (
                bisect_left(range(len(by_time)), moment, key=lambda place: sorted_at[by_time[place]])
                for moment in (start, end)
            )
            behind = np.flatnonzero((later >= start) & (later < end)) + len(by_time)
            return np.concatenate([np.sort(by_time[first:last]), behind])

        return within

    def _ranks_of(self, entries: int) -> Callable[[int, tuple[int, ...]], tuple[Array, Array]]:
        def ranks(pipeline_id: int, stages: tuple[int, ...]) -> tuple[Array, Array]:
            with self.lock:
                key = (pipeline_id, stages)
                if key not in self._ranks:
                    while len(self._ranks) >= LONGEST_KEPT:
                        del self._ranks[next(iter(self._ranks))]
                    kind = np.int8 if len(stages) <= np.iinfo(np.int8).max else np.int32
                    self._ranks[key] = (_Growing(kind), _Growing(kind))
                before, after = self._ranks[key]
                done = len(after.values)
                if done < len(self._arrays["entry_at"].values):
                    for array, more in zip((before, after), self._rank_from(done, pipeline_id, stages), strict=True):
                        array.extend(more)
                return before.values[:entries], after.values[:entries]

        return ranks

    def _rank_from(self, start: int, pipeline_id: int, stages: tuple[int, ...]) -> tuple[Array, Array]:
        """Ranks of the entries from one on, which begins a deal.

        In a stage that is no more a deal stands where it stood before: nowhere, if it comes from elsewhere.
        """
        deal, pipeline, stage = (
            self._arrays[name].values[start:] for name in ("entry_deal", "entry_pipeline", "entry_stage")
        )
        kind = np.int8 if len(stages) <= np.iinfo(np.int8).max else np.int32
        table = np.full(max([*stages, int(stage.max(initial=0))]) + 1, ABSENT, kind)
        table[list(stages)] = range(len(stages))
        after = np.where(pipeline == pipeline_id, table[stage], kind(ELSEWHERE))
        begins = np.empty(len(deal), np.bool_)
        begins[:1] = True
        np.not_equal(deal[1:], deal[:-1], out=begins[1:])
        gone = after == ABSENT
        if gone.any():
            after[gone & begins] = ELSEWHERE
            known = np.where(after == ABSENT, 0, np.arange(len(after)))
            after = after[np.maximum.accumulate(known)]
        before = np.empty_like(after)
        before[1:] = after[:-1]
        before[begins] = ELSEWHERE
        return before, after


def number_of(day: Day | None) -> int:
    """`20260430`; ABSENT for none."""
    return ABSENT if day is None else int(day.replace("-", ""))


def _moves(entries: Mapping[str, Array]) -> Flags:
    """Which entries of whole deals are moves within a pipeline."""
    deal, pipeline, stage = (entries[f"entry_{name}"] for name in ("deal", "pipeline", "stage"))
    found = np.zeros(len(deal), np.bool_)
    found[1:] = (deal[1:] == deal[:-1]) & (pipeline[1:] == pipeline[:-1]) & (stage[1:] != stage[:-1])
    return found


# ------------------------------------------------------------------------------------------------- what arrays lack


def exact_sum(values: Array, weights: Array | None = None) -> int:
    """The sum of whole numbers, or of their products with small ones, beyond 64 bits."""
    high, low = values >> 32, values & 0xFFFFFFFF
    if weights is not None:
        high, low = high * weights, low * weights
    return (int(high.sum()) << 32) + int(low.sum())


def standing(columns: Columns, deals: Ints, at: Ints) -> Ints:
    """The last entry of each deal that is not later than an instant of its own; -1 where all are."""
    found = columns.last[deals].copy()
    early = np.flatnonzero(columns.entry_at[found] > at)
    if len(early):
        first = columns.first[deals[early]]
        counts = found[early] - first + 1
        ends = np.cumsum(counts)
        starts = ends - counts
        entries = np.arange(ends[-1]) + np.repeat(first - starts, counts)
        come = columns.entry_at[entries] <= np.repeat(at[early], counts)
        found[early] = np.maximum.reduceat(np.where(come, entries, -1), starts)
    return found
