"""A company's past in the words of a history file (docs/history-file.md), as far as it has words for it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from dealflow.core import money
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.time import Instant, exact
from dealflow.storage import counters, events, external_keys, terms, users
from dealflow.storage.events import Event
from dealflow.storage.pipelines import pipelines, stages
from dealflow.storage.tx import Tx

DEALS_AT_ONCE: Final = 500
STATES: Final = ("active", "disabled", "deleted")
ENDS: Final = frozenset({"won", "lost", "unqualified"})
BEFORE: Final[Mapping[str, Any]] = {"outcome": "open", "archived_at": None, "deleted_at": None}
"""How every deal begins, whatever its creation says at once."""

Object = dict[str, Any]


class Past:
    """What there is to tell of a company, all as of one moment: the last event of the log when it is made.

    `deals` comes first, `head` afterwards: which people and deleted stages belong to it is known by then.
    """

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._until = counters.last(tx, "event")
        self._users = users.everyone(tx)
        self._pipelines = sorted(pipelines.all(tx, {}), key=_order)
        self._stages = [stage for stage in stages.all(tx, {}) if stage.category == "open"]
        self._user_keys = _keys(tx, "user", [user.id for user in self._users])
        self._pipeline_keys = _keys(tx, "pipeline", [pipeline.id for pipeline in self._pipelines])
        self._stage_keys = _keys(tx, "stage", [stage.id for stage in self._stages])
        self._terms = {term.id: term.name for term in terms.terms.all(tx, {})}
        self._seen_users: set[int] = set()
        self._seen_stages: set[int] = set()

    def deals(self) -> Iterator[Object]:
        """A line for each deal, by id, read in short pages."""
        coming = events.by_record(self._tx, "deal", self._until)
        while piece := dict(islice(coming, DEALS_AT_ONCE)):
            keys = _keys(self._tx, "deal", piece)
            for deal_id, log in piece.items():
                yield self._deal(keys[deal_id], log)

    def head(self) -> Iterator[Object]:
        """The lines before the deals, as far as `deals` has come."""
        company = users.company(self._tx)
        yield {"kind": "company", "currency": company.currency, "timezone": company.timezone}
        called = external_keys.keys_of(self._tx, "user", [user.id for user in self._users])
        for user in self._users:
            if user.id in called or user.id in self._seen_users:
                yield {"kind": "user", "key": self._user_keys[user.id], "name": user.name, "email": user.email}
        shown = [stage for stage in self._stages if stage.deleted_at is None or stage.id in self._seen_stages]
        used = {stage.pipeline_id for stage in shown}
        wanted = [each for each in self._pipelines if each.state != "deleted" or each.id in used]
        for pipeline in wanted:
            yield {
                "kind": "pipeline",
                "key": self._pipeline_keys[pipeline.id],
                "name": pipeline.name,
                "probability_enabled": pipeline.probability_enabled,
                **({} if pipeline.state == "active" else {pipeline.state: True}),
            }
        for pipeline in wanted:
            for stage in sorted((each for each in shown if each.pipeline_id == pipeline.id), key=_place):
                yield {
                    "kind": "stage",
                    "key": self._stage_keys[stage.id],
                    "pipeline": self._pipeline_keys[pipeline.id],
                    "name": stage.name,
                    "likelihood": stage.likelihood,
                    **({} if stage.deleted_at is None else {"deleted": True}),
                }

    def _deal(self, key: str, log: Sequence[Event]) -> Object:
        first = dict(log[0].after or {})
        begun: Instant = [event.after["started_at"] for event in log if event.after and "started_at" in event.after][-1]
        told = [_Told(min(begun, log[0].at), {"type": "created", "stage": self._stage(first["stage_id"])})]
        state = {**first, **BEFORE}
        for event in log:
            state = self._tell(told, state, event)
        told[0] = told[0]._replace(at=min(begun, told[1].at if len(told) > 1 else log[-1].at))
        return {
            "kind": "deal",
            "key": key,
            "title": state["title"],
            "value": money.text(first["value"]),
            "currency": first["currency"],
            "owner": self._user(first["owner_id"]),
            "events": [{"at": exact(each.at), **each.what} for each in told],
        }

    def _tell(self, told: "list[_Told]", before: Object, event: Event) -> Object:
        """Add what an event says; the state after it. Times given by people stay within what the log allows."""
        after = {**before, **(event.after or {})}
        for what, given in self._happened(before, after):
            at = event.at if given is None else min(given, event.at)
            told.append(_Told(max(told[-1].at, at), what))
        if before["outcome"] == after["outcome"] and before.get("outcome_at") != after.get("outcome_at"):
            _date_again(told, after["outcome_at"], event.at)
        return after

    def _happened(self, before: Object, after: Object) -> Iterator[tuple[Object, Instant | None]]:
        """The words for what differs, with the time that people gave it, if they could."""
        if before["stage_id"] != after["stage_id"]:
            yield {"type": "stage", "stage": self._stage(after["stage_id"])}, None
        if before["owner_id"] != after["owner_id"]:
            yield {"type": "owner", "owner": self._user(after["owner_id"])}, None
        value = {} if before["value"] == after["value"] else {"value": money.text(after["value"])}
        currency = {} if before["currency"] == after["currency"] else {"currency": after["currency"]}
        if value or currency:
            yield {"type": "value", **value, **currency}, None
        yield from self._closed(before, after)
        if (before["archived_at"] is None) != (after["archived_at"] is None):
            archived_at = after["archived_at"]
            yield {"type": "unarchived" if archived_at is None else "archived"}, archived_at
        if (before["deleted_at"] is None) != (after["deleted_at"] is None):
            yield {"type": "restored" if after["deleted_at"] is None else "deleted"}, None

    def _closed(self, before: Object, after: Object) -> Iterator[tuple[Object, Instant | None]]:
        """How a deal was closed, why, or that it is open again."""
        outcome, reason = after["outcome"], self._reason(after)
        same = outcome == before["outcome"]
        if same and (outcome in ("open", "won") or reason == self._reason(before)):
            return
        if outcome in ("open", "won"):
            yield {"type": "reopened" if outcome == "open" else "won"}, after.get("outcome_at")
        else:
            yield (
                {"type": outcome, **({"reason": reason} if reason else {})},
                None if same else after.get("outcome_at"),
            )

    def _reason(self, state: Object) -> str | None:
        """Why a deal was lost, in words: its own, else the company's."""
        chosen = "unqualified_reason_id" if state["outcome"] == "unqualified" else "loss_reason_id"
        words: str | None = state.get("loss_reason")
        return words or self._terms.get(state.get(chosen) or 0)

    def _stage(self, stage_id: int) -> str:
        self._seen_stages.add(stage_id)
        return self._stage_keys[stage_id]

    def _user(self, user_id: int) -> str:
        self._seen_users.add(user_id)
        return self._user_keys[user_id]


class _Told(NamedTuple):
    """An event of the file."""

    at: Instant
    what: Object


def _date_again(told: list[_Told], given: Instant, latest: Instant) -> None:
    """Give the last change of outcome another time, between its neighbours."""
    for i in reversed(range(1, len(told))):
        if told[i].what["type"] in ENDS:
            if i + 1 < len(told):
                latest = told[i + 1].at
            told[i] = told[i]._replace(at=max(told[i - 1].at, min(given, latest)))
            return


def _order(pipeline: Pipeline) -> tuple[int, int, int]:
    """Those in use by position, behind them the disabled and the deleted ones."""
    return STATES.index(pipeline.state), pipeline.position if pipeline.is_live else 0, pipeline.id


def _place(stage: Stage) -> tuple[bool, int, int]:
    """By position, deleted ones behind."""
    return stage.deleted_at is not None, stage.position, stage.id


def _keys(tx: Tx, kind: str, ids: Collection[int]) -> dict[int, str]:
    """What records are called in a file: by the keys they came with, else by a letter and their id."""
    kept = external_keys.keys_of(tx, kind, ids)
    made = {each: f"{kind[0]}{each}" for each in ids if each not in kept}
    while taken := external_keys.known(tx, kind, made.values()):
        made = {each: f"{key}_" if key in taken else key for each, key in made.items()}
    return {**kept, **made}
