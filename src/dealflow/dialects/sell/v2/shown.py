"""How the records that devices mirror look now to the acting user (contract 3.1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from dealflow.core.activity import Activity
from dealflow.core.note import Note
from dealflow.core.term import DEAL_SOURCE, LEAD_SOURCE, LOSS_REASON
from dealflow.dialects.sell.envelope import item
from dealflow.dialects.sell.v2 import contacts as contact_shapes
from dealflow.dialects.sell.v2 import deals as deal_shapes
from dealflow.dialects.sell.v2 import leads as lead_shapes
from dealflow.dialects.sell.v2.accounts import account_out
from dealflow.dialects.sell.v2.associated_contacts import associated, contact_out
from dealflow.dialects.sell.v2.dictionaries import term_out
from dealflow.dialects.sell.v2.notes import note_out
from dealflow.dialects.sell.v2.pipelines import pipeline_out
from dealflow.dialects.sell.v2.stages import stage_out, with_categories
from dealflow.dialects.sell.v2.tags import tag_out
from dealflow.dialects.sell.v2.tasks import task_out
from dealflow.dialects.sell.v2.users import user_out
from dealflow.storage import activities, deals, events, fields, leads, notes, parties, pipelines, terms, users
from dealflow.storage.links import reachable_by
from dealflow.storage.records import Records
from dealflow.storage.sight import abouts_in_sight
from dealflow.storage.sync import Item
from dealflow.storage.tx import Tx


class Shown(NamedTuple):
    """A record in its wire shape; `data` is None if it is gone."""

    type: str
    data: Any
    version: int | None = None

    @property
    def is_gone(self) -> bool:
        return self.data is None


Found = dict[int, Shown]
"""By id; what the user may not see or devices are not told of is absent."""

TERM_TYPES: Final[Mapping[str, str]] = {LOSS_REASON: "loss_reason", DEAL_SOURCE: "source", LEAD_SOURCE: "source"}
"""The terms that devices are told of."""


def look(tx: Tx, items: Sequence[Item]) -> dict[Item, Shown]:
    """What is seen of some items; what is not for the user is absent."""
    by_subject: dict[str, list[Item]] = {}
    for each in items:
        by_subject.setdefault(each.subject, []).append(each)
    seen: dict[Item, Shown] = {}
    for subject, group in by_subject.items():
        if subject == "participant":
            seen.update(_participants(tx, group))
        else:
            found = SUBJECTS[subject](tx, [each.record_id for each in group])
            seen.update((each, found[each.record_id]) for each in group if each.record_id in found)
    return seen


def _all_gone(type_: str, ids: Iterable[int]) -> Found:
    return dict.fromkeys(ids, Shown(type_, None))


def _account(tx: Tx, _: Sequence[int]) -> Found:
    company = users.company(tx)
    return {company.company_id: Shown("account", account_out(company, tx.now), company.version)}


def _users(tx: Tx, ids: Sequence[int]) -> Found:
    """Users never go."""
    found = users.users.by_id(tx, ids).values()
    return {user.id: Shown("user", user_out(user, tx.now), user.version) for user in found}


def _deals(tx: Tx, ids: Sequence[int]) -> Found:
    found = deals.deals.page_by_ids(tx, ids, deals.visible_to(users.me(tx)))
    there = [deal for deal in found if deal.deleted_at is None]
    shapes = deal_shapes.Shown(tx, there)
    return {
        **_all_gone("deal", (deal.id for deal in found)),
        **{deal.id: Shown("deal", shapes.out(deal), deal.version) for deal in there},
    }


def _parties(tx: Tx, ids: Sequence[int]) -> Found:
    found = parties.parties.page_by_ids(tx, ids, parties.visible_to(users.me(tx)))
    there = [party for party in found if party.deleted_at is None]
    shapes = contact_shapes.Shown(tx, there)
    return {
        **_all_gone("contact", (party.id for party in found)),
        **{party.id: Shown("contact", shapes.out(party), party.version) for party in there},
    }


def _leads(tx: Tx, ids: Sequence[int]) -> Found:
    there = [lead for lead in leads.leads.by_id(tx, ids).values() if lead.deleted_at is None]
    shapes = lead_shapes.Shown(tx, there)
    return {
        **_all_gone("lead", ids),
        **{lead.id: Shown("lead", shapes.out(lead), lead.version) for lead in there},
    }


def _tags(tx: Tx, ids: Sequence[int]) -> Found:
    there = fields.label_records.by_id(tx, ids).values()
    return {
        **_all_gone("tag", ids),
        **{label.id: Shown("tag", tag_out(label), label.version) for label in there},
    }


def _participants(tx: Tx, items: Sequence[Item]) -> dict[Item, Shown]:
    """Those who take part in deals the user may see; a deal's own contact is none of them."""
    found = deals.deals.page_by_ids(tx, [each.record_id for each in items], deals.visible_to(users.me(tx)))
    by_deal = associated(tx, [deal for deal in found if deal.deleted_at is None])
    now = {(each.deal_id, each.person_id): contact_out(each) for group in by_deal.values() for each in group}
    seen = {deal.id for deal in found}
    return {
        each: Shown("associated_contact", now.get((each.record_id, each.part_id)))
        for each in items
        if each.record_id in seen
    }


def _notes(tx: Tx, ids: Sequence[int]) -> Found:
    return _linked(tx, "note", notes.notes, ids, note_out)


def _tasks(tx: Tx, ids: Sequence[int]) -> Found:
    return _linked(tx, "task", activities.activities, ids, lambda each: task_out(each, tx.now))


L = TypeVar("L", Note, Activity)


def _linked(tx: Tx, type_: str, records: Records[L], ids: Sequence[int], out: Callable[[L], Any]) -> Found:
    """What is about another record goes with it."""
    found = records.page_by_ids(tx, ids, {})
    seen = abouts_in_sight(tx, (each.about for each in found))
    there = records.page_by_ids(tx, ids, reachable_by(users.me(tx)))
    return {
        **_all_gone(type_, (each.id for each in found if each.about in seen)),
        **{each.id: Shown(type_, out(each), each.version) for each in there},
    }


def _stages(tx: Tx, ids: Sequence[int]) -> Found:
    there = with_categories(pipelines.stages.all(tx, {"not_deleted": {}}))
    return {
        **_all_gone("stage", ids),
        **{each.stage.id: Shown("stage", stage_out(each), each.stage.version) for each in there},
    }


def _pipelines(tx: Tx, ids: Sequence[int]) -> Found:
    """Pipelines with their stages."""
    stages: dict[int, list[dict[str, Any]]] = {}
    for each in with_categories(pipelines.stages.all(tx, {"not_deleted": {}})):
        stages.setdefault(each.stage.pipeline_id, []).append(item("stage", stage_out(each)))
    found = _all_gone("pipeline", ids)
    for pipeline in pipelines.pipelines.all(tx, {"not_deleted": {}}):
        shape = msgspec.structs.asdict(pipeline_out(pipeline))
        shape["stages"] = {"items": stages.get(pipeline.id, [])}
        found[pipeline.id] = Shown("pipeline", shape, pipeline.version)
    return found


def _terms(tx: Tx, ids: Sequence[int]) -> Found:
    there = terms.terms.by_id(tx, ids)
    kinds = {term_id: _kind_of_removed(tx, term_id) for term_id in ids if term_id not in there}
    found = {term_id: Shown(TERM_TYPES[kind], None) for term_id, kind in kinds.items() if kind in TERM_TYPES}
    for term in there.values():
        if term.kind in TERM_TYPES:
            found[term.id] = Shown(TERM_TYPES[term.kind], term_out(term), term.version)
    return found


def _kind_of_removed(tx: Tx, term_id: int) -> str:
    """What a term was that is no more: its removal says so."""
    *_, last = events.of_record(tx, "term", term_id)
    return str((last.before or {}).get("kind"))


SUBJECTS: Final[Mapping[str, Callable[[Tx, Sequence[int]], Found]]] = {
    "activity": _tasks,
    "company": _account,
    "deal": _deals,
    "label": _tags,
    "lead": _leads,
    "note": _notes,
    "party": _parties,
    "pipeline": _pipelines,
    "stage": _stages,
    "term": _terms,
    "user": _users,
}
