"""Deals: add, change, close, move, archive, duplicate, delete; who follows and who takes part.

Attributes are given by the core's words. Besides the columns of a deal these are known: `won_at`, `lost_at` and
`closed_at` (the time of the outcome), `archived` (a flag), `label_ids` (a list), `custom` (values as `core.fields`
reads them, None to clear), `contact_id` (a person, who brings the organization along, or an organization) and
`shown_stage_id` (a stage, or what stands for an outcome; contract 6.4 of Sell).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dealflow.actions.companies import read_currency
from dealflow.core import money
from dealflow.core.deal import (
    DEFAULT_VISIBILITY,
    Deal,
    changed,
    close,
    contact_of,
    move,
    new_deal,
    read_probability,
    read_visibility,
    require_writable,
    with_shown_change,
)
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.fields import merged_values
from dealflow.core.party import ORGANIZATION, PERSON, Party
from dealflow.core.pipeline import Stage
from dealflow.core.term import DEAL_SOURCE, DEAL_UNQUALIFIED_REASON, LOSS_REASON, closest
from dealflow.core.text import read_name, search_key
from dealflow.core.time import Instant
from dealflow.storage import counters, deals, events, fields, parties, pipelines, terms, users
from dealflow.storage.followers import Follower, Participant, followers, of_record, participants
from dealflow.storage.tx import Tx

DEALS = deals.deals
PRIMARY: Final = "primary"
INVOLVED: Final = "involved"
PLACED_AT_ONCE: Final = frozenset({"title", "pipeline_id", "stage_id", "value", "started_at"})


def add_deal(tx: Tx, given: Mapping[str, Any]) -> Deal:
    """A new deal; what is left out follows contract 3.5. Its owner follows it. Raises Invalid."""
    me = users.me(tx)
    if "title" not in given:
        raise Invalid("title", "is required")
    title = read_title(given["title"] or "")
    stage = _entry_stage(tx, given)
    started_at = given.get("started_at") or tx.now
    deal = changed(
        new_deal(title, stage, me.id, me.currency, tx.now),
        id=counters.next_id(tx, "deal"),
        value=given.get("value") or money.ZERO,
        origin_id=given.get("origin_id"),
        started_at=started_at,
        updated_at=given.get("updated_at") or started_at,
    )
    rest = {name: value for name, value in given.items() if name not in PLACED_AT_ONCE}
    deal = _changed(tx, deal, rest)._replace(
        sell_stage_changed_at=given.get("sell_stage_changed_at"), sell_stage_changed_by_id=None
    )
    DEALS.add(tx, deal)
    events.created(tx, "deal", deal)
    deals.count_in(tx, deal, 1)
    _follow(tx, deal.id, deal.owner_id)
    if deal.person_id is not None:
        _add_participant(tx, deal.id, deal.person_id, PRIMARY)
    return deal


def read_title(text: str) -> str:
    """A trimmed text of 1 to 65,535 characters. Raises Invalid."""
    return read_name(text, "title", 65_535)


def update_deal(tx: Tx, deal_id: int, given: Mapping[str, Any], *, archived_too: bool = False) -> Deal:
    """Change what is given. Raises NotFound for a deleted deal, Invalid, and Conflict for an archived one.

    `archived_too`: the surface knows no archive; its deals are like others and stay in it.
    """
    before = writable_deal(tx, deal_id)
    if given.get("archived") is not False and given and not archived_too:
        require_writable(before)
    return _save(tx, before, _changed(tx, before, given))


def delete_deal(tx: Tx, deal_id: int, *, archived_too: bool = False) -> None:
    """Mark a deal as deleted. Raises NotFound for one that is, Conflict for an archived one unless `archived_too`."""
    before = writable_deal(tx, deal_id)
    if not archived_too:
        require_writable(before)
    _save(tx, before, before._replace(deleted_at=tx.now), "deleted")


def delete_deals(tx: Tx, deal_ids: list[int]) -> None:
    """Mark several deals as deleted, all or none. Raises NotFound, Conflict."""
    for deal_id in deal_ids:
        delete_deal(tx, deal_id)


def duplicate_deal(tx: Tx, deal_id: int) -> Deal:
    """A new open deal with the same title, worth, links, place, labels and custom fields. Raises NotFound, Invalid."""
    source = writable_deal(tx, deal_id)
    return add_deal(
        tx,
        {
            "title": source.title,
            "value": source.value,
            "currency": source.currency,
            "owner_id": source.owner_id,
            "person_id": source.person_id,
            "organization_id": source.organization_id,
            "stage_id": source.stage_id,
            "probability": source.probability,
            "expected_close": source.expected_close,
            "visibility": source.visibility,
            "label_ids": msgspec.json.decode(source.label_ids, type=list[int]),
            "custom": msgspec.json.decode(source.custom_fields, type=dict[str, Any]),
            "channel": source.channel,
            "channel_id": source.channel_id,
        },
    )


def writable_deal(tx: Tx, deal_id: int) -> Deal:
    """A deal the acting user may see and that is not deleted. Raises NotFound."""
    deal = deals.get_visible(tx, deal_id, users.me(tx))
    if deal.deleted_at is not None:
        raise NotFound("deal", deal_id)
    return deal


def _save(tx: Tx, before: Deal, after: Deal, action: str = "updated") -> Deal:
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "deal", before, after, action)
    deals.recount(tx, before, after)
    if after.person_id != before.person_id:
        _replace_primary(tx, before, after)
    return DEALS.save(tx, before, after)


# ------------------------------------------------------------------------------------------------- attributes


def _changed(tx: Tx, deal: Deal, given: Mapping[str, Any]) -> Deal:
    """The deal with all that is given applied and checked."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name in _READERS:
            changes[name] = _READERS[name](tx, value)
    if "title" in changes:
        changes["title_key"] = search_key(changes["title"])
    if given.get("custom"):
        stored = msgspec.json.decode(deal.custom_fields, type=dict[str, Any])
        changes["custom_fields"] = msgspec.json.encode(merged_values(stored, given["custom"])).decode()
    if "archived" in given or given.get("archived_at") is not None:
        changes["archived_at"] = _archived_at(tx, deal, given)
    before, deal = deal, deal._replace(**changes)
    if given.get("contact_id") is not None:
        deal = _with_contact(tx, deal, given["contact_id"])
    if given.get("shown_stage_id") is not None:
        deal = _in_shown_stage(tx, deal, given["shown_stage_id"], given.get("sell_stage_changed_at"))
    else:
        stage = _target_stage(tx, deal, given)
        if stage is not None:
            deal = move(deal, stage, tx.now)
        deal = _with_outcome(tx, deal, given)
    deal = with_shown_change(before, deal, tx.now, tx.user_id)
    if given.get("sell_stage_changed_at") is not None:
        deal = deal._replace(sell_stage_changed_at=given["sell_stage_changed_at"])
    return _with_reasons(tx, deal, given)


def _archived_at(tx: Tx, deal: Deal, given: Mapping[str, Any]) -> Instant | None:
    archived = given.get("archived")
    if archived is False:
        return None
    if archived is None and deal.archived_at is None:
        raise Invalid("archive_time", "only with is_archived")
    return given.get("archived_at") or deal.archived_at or tx.now


def _with_outcome(tx: Tx, deal: Deal, given: Mapping[str, Any]) -> Deal:
    """Status, its time and the reason, by contract 3.5 of Pipedrive: a win takes the reason of loss away."""
    wanted = given.get("outcome") or deal.outcome
    if wanted == "lost" and deal.outcome == "unqualified":
        wanted = "unqualified"
    times = {name: given[name] for name in ("won_at", "lost_at", "closed_at") if given.get(name) is not None}
    lost = wanted in ("lost", "unqualified")
    if "won_at" in times and wanted != "won":
        raise Invalid("won_time", "only with status won")
    if "lost_at" in times and not lost:
        raise Invalid("lost_time", "only with status lost")
    if times and wanted == "open":
        raise Invalid("close_time", "only with status won or lost")
    if given.get("loss_reason") is not None and not lost:
        raise Invalid("loss_reason", "only with status lost")
    at = times.get("won_at") or times.get("lost_at") or times.get("closed_at")
    closed = close(deal, wanted, at or tx.now)
    if closed is not deal and wanted == "won":
        closed = closed._replace(loss_reason=None, loss_reason_id=None)
    if closed is deal and at is not None:
        closed = deal._replace(outcome_at=at)
    if closed.is_open and not deal.is_open and given.get("stage_id") is None:
        closed = _in_living_stage(tx, closed)
    return closed


def _in_living_stage(tx: Tx, deal: Deal) -> Deal:
    """A deal that reopens and whose stage is gone: in the first one of its pipeline, if that has any (case e)."""
    if pipelines.stages.get(tx, deal.stage_id).deleted_at is None:
        return deal
    first = pipelines.first_stage(tx, deal.pipeline_id)
    return deal if first is None else move(deal, first, tx.now)


def _with_reasons(tx: Tx, deal: Deal, given: Mapping[str, Any]) -> Deal:
    """A reason in words is linked to the company's own word for it; a chosen one replaces the words (case i)."""
    link = "unqualified_reason_id" if deal.outcome == "unqualified" else "loss_reason_id"
    if "loss_reason" in given:
        kind = DEAL_UNQUALIFIED_REASON if deal.outcome == "unqualified" else LOSS_REASON
        term = closest(terms.of_kind(tx, kind), deal.loss_reason) if deal.loss_reason else None
        return deal._replace(**{link: term.id if term else None})  # type: ignore[arg-type]
    return deal._replace(loss_reason=None) if link in given else deal


def _with_contact(tx: Tx, deal: Deal, contact_id: int) -> Deal:
    """A deal with another contact: a person and their organization, or an organization alone (case j)."""
    contact = _contact(tx, contact_id)
    if contact.kind == PERSON:
        return deal._replace(person_id=contact.id, organization_id=contact.organization_id)
    return deal._replace(person_id=None, organization_id=contact.id)


def _contact(tx: Tx, contact_id: int) -> Party:
    """A person or an organization the acting user may see. Raises Invalid."""
    where = {"not_deleted": {}, **parties.visible_to(users.me(tx))}
    for party in parties.parties.page_by_ids(tx, [contact_id], where):
        return party
    raise Invalid("contact_id", "no such contact")


def _in_shown_stage(tx: Tx, deal: Deal, stage_id: int, at: Instant | None) -> Deal:
    """A deal in a stage as Sell shows it: an open one, or one that stands for an outcome as of `at`.

    A deal may always be moved and closed within its own pipeline; into another one only if that takes deals.
    """
    stage = pipelines.stages.find(tx, stage_id)
    if stage is None or stage.deleted_at is not None:
        if stage is not None and deal.is_open and stage.id == deal.stage_id:
            return deal
        raise Invalid("stage_id", "no such stage")
    if stage.pipeline_id != deal.pipeline_id and not pipelines.pipelines.get(tx, stage.pipeline_id).is_live:
        raise Invalid("stage_id", "is in a pipeline that takes no deals")
    if stage.category == "open":
        return close(move(deal, stage, tx.now), "open", at or tx.now)
    if stage.pipeline_id != deal.pipeline_id:
        first = pipelines.first_stage(tx, stage.pipeline_id)
        if first is None:
            raise Invalid("stage_id", "is in a pipeline without open stages")
        deal = move(deal, first, tx.now)
    return close(deal, stage.category, at or tx.now)


def _entry_stage(tx: Tx, given: Mapping[str, Any]) -> Stage:
    """Where a new deal stands, to begin with in an open stage. Raises Invalid."""
    pipeline_id, stage_id = given.get("pipeline_id"), given.get("stage_id")
    if given.get("shown_stage_id") is not None:
        shown = pipelines.stages.find(tx, given["shown_stage_id"])
        if shown is None or shown.deleted_at is not None:
            raise Invalid("stage_id", "no such stage")
        if shown.category == "open":
            return _live_stage(tx, shown.id)
        if not pipelines.pipelines.get(tx, shown.pipeline_id).is_live:
            raise Invalid("stage_id", "is in a pipeline that takes no deals")
        pipeline_id = shown.pipeline_id
    if stage_id is not None:
        return _live_stage(tx, stage_id)
    if pipeline_id is None:
        pipeline_id = pipelines.default_pipeline(tx).id
    return _first_stage(tx, pipeline_id)


def _target_stage(tx: Tx, deal: Deal, given: Mapping[str, Any]) -> Stage | None:
    """Where a deal is to go: the stage decides; a pipeline alone means its first stage, unless the deal is in it."""
    stage_id, pipeline_id = given.get("stage_id"), given.get("pipeline_id")
    if stage_id is not None:
        return None if stage_id == deal.stage_id else _live_stage(tx, stage_id)
    if pipeline_id is not None and pipeline_id != deal.pipeline_id:
        return _first_stage(tx, pipeline_id)
    return None


def _live_stage(tx: Tx, stage_id: int) -> Stage:
    stage = pipelines.stages.find(tx, stage_id)
    if stage is None or stage.category != "open" or stage.deleted_at is not None:
        raise Invalid("stage_id", "no such stage")
    pipeline = pipelines.pipelines.get(tx, stage.pipeline_id)
    if not pipeline.is_live:
        raise Invalid("stage_id", "is in a pipeline that takes no deals")
    return stage


def _first_stage(tx: Tx, pipeline_id: int) -> Stage:
    pipeline = pipelines.pipelines.find(tx, pipeline_id)
    if pipeline is None or not pipeline.is_live:
        raise Invalid("pipeline_id", "no such pipeline")
    stage = pipelines.first_stage(tx, pipeline_id)
    if stage is None:
        raise Invalid("pipeline_id", "has no stages")
    return stage


def _owner(tx: Tx, user_id: int | None) -> int:
    user = users.users.find(tx, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise Invalid("owner_id", "no such user")
    return user.id


def _party(tx: Tx, kind: str, party_id: int | None, field: str) -> int | None:
    if party_id is None:
        return None
    try:
        party = parties.get_visible(tx, kind, party_id, users.me(tx))
    except NotFound:
        raise Invalid(field, f"no such {kind}") from None
    if party.deleted_at is not None:
        raise Invalid(field, f"no such {kind}")
    return party.id


def _labels(tx: Tx, label_ids: list[int] | None) -> str:
    wanted = list(dict.fromkeys(label_ids or []))
    known = fields.label_names(tx, "deal") if wanted else {}
    for label_id in wanted:
        if label_id not in known:
            raise Invalid("label_ids", "no such label")
    return msgspec.json.encode(wanted).decode()


def _currency(tx: Tx, code: str | None) -> str:
    return read_currency(code, "currency") if code is not None else users.me(tx).currency


def _term(tx: Tx, kind: str, term_id: int | None, field: str) -> int | None:
    if term_id is not None and terms.find(tx, kind, term_id) is None:
        raise Invalid(field, f"no such {kind.replace('_', ' ')}")
    return term_id


def _text_or_none(_: Tx, text: str | None) -> str | None:
    return text or None


_READERS: Final[Mapping[str, Any]] = {
    "title": lambda _, text: read_title(text or ""),
    "value": lambda _, units: units or money.ZERO,
    "currency": _currency,
    "owner_id": _owner,
    "started_at": lambda _, at: at,
    "person_id": lambda tx, party_id: _party(tx, PERSON, party_id, "person_id"),
    "organization_id": lambda tx, party_id: _party(tx, ORGANIZATION, party_id, "organization_id"),
    "probability": lambda _, percent: read_probability(percent),
    "expected_close": lambda _, day: day,
    "visibility": lambda _, circle: DEFAULT_VISIBILITY if circle is None else read_visibility(circle),
    "label_ids": _labels,
    "loss_reason": _text_or_none,
    "hot": lambda _, hot: bool(hot),
    "source_id": lambda tx, term_id: _term(tx, DEAL_SOURCE, term_id, "source_id"),
    "loss_reason_id": lambda tx, term_id: _term(tx, LOSS_REASON, term_id, "loss_reason_id"),
    "unqualified_reason_id": lambda tx, term_id: _term(tx, DEAL_UNQUALIFIED_REASON, term_id, "unqualified_reason_id"),
    "channel": lambda _, number: number,
    "channel_id": _text_or_none,
}


# ------------------------------------------------------------------------------------- followers, participants


def _follow(tx: Tx, deal_id: int, user_id: int) -> Follower:
    follower = Follower(counters.next_id(tx, "follower"), "deal", deal_id, user_id, tx.now)
    followers.add(tx, follower)
    events.append(tx, "deal", deal_id, "followed", None, {"user_id": user_id})
    return follower


def add_follower(tx: Tx, deal_id: int, user_id: int) -> tuple[Follower, bool]:
    """Let a user follow a deal; the follower and whether it is new. Raises NotFound, Invalid."""
    deal = writable_deal(tx, deal_id)
    for follower in followers.all(tx, of_record("deal", deal.id)):
        if follower.user_id == user_id:
            return follower, False
    user = users.users.find(tx, user_id)
    if user is None or not user.is_active:
        raise Invalid("user_id", "no such user")
    return _follow(tx, deal.id, user_id), True


def remove_follower(tx: Tx, deal_id: int, *, user_id: int | None = None, follower_id: int | None = None) -> Follower:
    """Let a user, or a relation by its own id, no longer follow. Raises NotFound."""
    deal = writable_deal(tx, deal_id)
    for follower in followers.all(tx, of_record("deal", deal.id)):
        if follower.user_id == user_id or follower.id == follower_id:
            followers.drop(tx, follower.id)
            events.append(tx, "deal", deal_id, "unfollowed", {"user_id": follower.user_id}, None)
            return follower
    raise NotFound("follower")


def _add_participant(tx: Tx, deal_id: int, person_id: int, role: str) -> Participant:
    for found in participants.all(tx, {"deal": {"deal_id": deal_id}, "person": {"person_id": person_id}}):
        return found
    participant = Participant(counters.next_id(tx, "participant"), deal_id, person_id, role, tx.user_id, tx.now)
    participants.add(tx, participant)
    events.append(tx, "deal", deal_id, "joined", None, {"person_id": person_id, "role": role})
    return participant


def _drop_participant(tx: Tx, participant: Participant) -> None:
    participants.drop(tx, participant.id)
    events.append(tx, "deal", participant.deal_id, "left", {"person_id": participant.person_id}, None)


def _replace_primary(tx: Tx, before: Deal, after: Deal) -> None:
    """The deal's own person takes part in it; the one before leaves unless added on its own."""
    for participant in participants.all(tx, {"deal": {"deal_id": after.id}}):
        if participant.person_id == before.person_id and participant.role == PRIMARY:
            _drop_participant(tx, participant)
    if after.person_id is not None:
        _add_participant(tx, after.id, after.person_id, PRIMARY)


def add_participant(tx: Tx, deal_id: int, person_id: int) -> Participant:
    """Let a person take part in a deal; who does already stays as they are. Raises NotFound, Invalid."""
    deal = writable_deal(tx, deal_id)
    require_writable(deal)
    if _party(tx, PERSON, person_id, "person_id") is None:
        raise Invalid("person_id", "is required")
    return _add_participant(tx, deal.id, person_id, INVOLVED)


def associate_contact(tx: Tx, deal_id: int, contact_id: int, role: str) -> Participant:
    """Let a party take part in a deal beside its own contact. Raises NotFound, Invalid, Conflict."""
    deal = writable_deal(tx, deal_id)
    contact = _contact(tx, contact_id)
    if contact.id == contact_of(deal):
        raise Invalid("contact_id", "is the primary contact of the deal")
    if participants.all(tx, {"deal": {"deal_id": deal_id}, "person": {"person_id": contact_id}}):
        raise Conflict("contact_id", "already takes part in the deal")
    return _add_participant(tx, deal.id, contact.id, role)


def dissociate_contact(tx: Tx, participant: Participant) -> None:
    """Let somebody no longer take part."""
    _drop_participant(tx, participant)


def remove_participant(tx: Tx, deal_id: int, participant_id: int) -> None:
    """Raises NotFound, Conflict for the deal's own person, who leaves by changing the deal."""
    deal = writable_deal(tx, deal_id)
    require_writable(deal)
    found = participants.find(tx, participant_id)
    if found is None or found.deal_id != deal.id:
        raise NotFound("participant", participant_id)
    if found.person_id == deal.person_id:
        raise Conflict("participant", "is the deal's own person")
    _drop_participant(tx, found)
