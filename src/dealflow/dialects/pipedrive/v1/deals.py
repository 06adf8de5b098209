"""Deals, version 1, and the deals of a pipeline or stage (contract 2.4, 2.8, 3.5 to 3.9)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import deals as actions
from dealflow.core.deal import VISIBILITIES, Deal
from dealflow.core.errors import Forbidden, Invalid, NotFound
from dealflow.core.fields import read_loose_values, split_key
from dealflow.core.party import PERSON
from dealflow.core.time import read_day, spaced
from dealflow.dialects.pipedrive.deals import (
    Percent,
    VisibleTo,
    Where,
    read_amount,
    read_custom,
    read_percent,
    visible,
    with_statuses,
)
from dealflow.dialects.pipedrive.dialect import V1, V2, DeletedId, DeletedIds, ok
from dealflow.dialects.pipedrive.errors import Spelled
from dealflow.dialects.pipedrive.paging import OffsetQuery, offset_page, offset_reply, read_sort, slice_page, sorted_by
from dealflow.dialects.pipedrive.totals import read_target, summary_of
from dealflow.dialects.pipedrive.v1.deal_out import DealOut, FlatDeal, Shown, without_value
from dealflow.dialects.pipedrive.v1.expand import PersonRef, UserRef, person_ref, user_ref
from dealflow.dialects.pipedrive.v1.parties import Shown as ShownParties
from dealflow.dialects.pipedrive.v1.persons import PersonOut, person_out
from dealflow.dialects.pipedrive.values import LabelsIn, read_v1_labels, read_v1_time
from dealflow.storage import deals, fields, followers, parties, pipelines, users
from dealflow.storage.followers import Follower, Participant
from dealflow.storage.records import pieces
from dealflow.storage.tx import Tx
from dealflow.wire import DayText, IdsText, InstantText, Int, NameText, Number, Reply, convert, given, needs, read_ids

READ: Final = "deals:read deals:full"
WRITE: Final = "deals:full"
SORTS: Final[Mapping[str, str]] = {
    "id": "id",
    "title": "title",
    "value": "value",
    "currency": "currency",
    "add_time": "started_at",
    "update_time": "updated_at",
    "stage_id": "stage_id",
    "pipeline_id": "pipeline_id",
    "status": "outcome",
    "probability": "probability",
    "expected_close_date": "expected_close",
    "stage_change_time": "stage_changed_at",
    "close_time": "outcome_at",
    "won_time": "outcome_at",
    "lost_time": "outcome_at",
    "user_id": "owner_id",
    "person_id": "person_id",
    "org_id": "organization_id",
}


class ListQuery(OffsetQuery, kw_only=True):
    """Parameters of the list."""

    user_id: Int | None = None
    filter_id: Int | None = None
    stage_id: Int | None = None
    status: Literal["all_not_deleted", "open", "won", "lost", "deleted"] = "all_not_deleted"
    sort: Annotated[str, sorted_by(SORTS)] | None = None
    owned_by_you: bool = False


class ArchivedQuery(ListQuery, kw_only=True):
    """Parameters of the archived list."""

    person_id: Int | None = None
    org_id: Int | None = None
    product_id: Int | None = None
    pipeline_id: Int | None = None


class StageDealsQuery(OffsetQuery, kw_only=True):
    """Parameters of the deals of a stage."""

    filter_id: Int | None = None
    user_id: Int | None = None
    everyone: bool = False


class PipelineDealsQuery(StageDealsQuery, kw_only=True):
    """Parameters of the deals of a pipeline."""

    stage_id: Int | None = None
    get_summary: bool = False
    totals_convert_currency: str | None = None


class IdsQuery(msgspec.Struct):
    """The ids of a bulk deletion."""

    ids: IdsText = ""


class DealBody(msgspec.Struct, kw_only=True):
    """The system fields of a body; custom fields stand beside them by their keys."""

    title: NameText | None | UnsetType = UNSET
    value: Number | None | UnsetType = UNSET
    currency: str | None | UnsetType = UNSET
    label: LabelsIn = UNSET
    label_ids: LabelsIn = UNSET
    user_id: Int | None | UnsetType = UNSET
    person_id: Int | None | UnsetType = UNSET
    org_id: Int | None | UnsetType = UNSET
    pipeline_id: Int | None | UnsetType = UNSET
    stage_id: Int | None | UnsetType = UNSET
    status: Literal["open", "won", "lost", "deleted"] | None | UnsetType = UNSET
    is_archived: bool | None | UnsetType = UNSET
    archive_time: InstantText | None | UnsetType = UNSET
    origin_id: str | None | UnsetType = UNSET
    add_time: InstantText | None | UnsetType = UNSET
    won_time: InstantText | None | UnsetType = UNSET
    lost_time: InstantText | None | UnsetType = UNSET
    close_time: InstantText | None | UnsetType = UNSET
    expected_close_date: DayText | None | UnsetType = UNSET
    probability: Percent | None | UnsetType = UNSET
    lost_reason: str | None | UnsetType = UNSET
    visible_to: VisibleTo | None | UnsetType = UNSET
    channel: Int | None | UnsetType = UNSET
    channel_id: str | None | UnsetType = UNSET


RENAMED: Final[Mapping[str, str]] = {
    "user_id": "owner_id",
    "org_id": "organization_id",
    "status": "outcome",
    "lost_reason": "loss_reason",
    "visible_to": "visibility",
    "expected_close_date": "expected_close",
    "label": "label_ids",
    "is_archived": "archived",
    "archive_time": "archived_at",
    "add_time": "started_at",
    "won_time": "won_at",
    "lost_time": "lost_at",
    "close_time": "closed_at",
}
# Owner of the deals that an unknown filter finds: none.
NOBODY: Final = 0
TIMES: Final = ("add_time", "archive_time", "won_time", "lost_time", "close_time")
# What null leaves as it is; the rest it clears.
KEPT_BY_NULL: Final = frozenset(
    {"user_id", "status", "pipeline_id", "stage_id", "currency", "visible_to", "is_archived", *TIMES}
)


def read_deal(tx: Tx, document: Mapping[str, Any], stored: Deal | None) -> dict[str, Any]:
    """The attributes a body gives, in the core's words; `stored` is the deal it is to change. Raises Invalid."""
    known = set(DealBody.__struct_encode_fields__)
    live = fields.live(tx, "deal")
    custom = {key: value for key, value in document.items() if key not in known and split_key(live, key)}
    if stored is None:
        _refuse_unknown(document, known | set(custom))
    system = {key: None if value == "" else value for key, value in document.items() if key in known}
    sent = given(convert(system, DealBody, strict=False))
    if stored is not None:
        sent = {name: value for name, value in sent.items() if name not in ("origin_id", "add_time")}
    read: dict[str, Any] = {}
    for name, value in sent.items():
        if value is None and name in KEPT_BY_NULL:
            continue
        read[RENAMED.get(name, name)] = _read(name, value)
    if custom:
        me = users.me(tx)
        before = read_custom(stored.custom_fields) if stored else {}
        read["custom"] = read_loose_values(live, custom, me.timezone, me.currency, before)
    return read


def _refuse_unknown(document: Mapping[str, Any], known: set[str]) -> None:
    if "id" in document:
        raise Spelled("Inserting ID with POST request is not allowed. Please remove the id from the payload.")
    unknown = [key for key in document if key not in known]
    if unknown:
        raise Spelled(f"Invalid field(s) in the payload: {', '.join(key[:60] for key in unknown[:20])}")


def _read(name: str, value: Any) -> Any:
    if name == "value":
        return read_amount(value)
    if name == "probability":
        return read_percent(value)
    if name in TIMES:
        return read_v1_time(value, name)
    if name == "expected_close_date" and value is not None:
        return read_day(value, name)
    if name in ("label", "label_ids"):
        return read_v1_labels(value, "label")
    if name == "visible_to" and value not in VISIBILITIES:
        raise Forbidden
    return value


def _expanded_reply(tx: Tx, found: Sequence[Deal], block: Mapping[str, Any]) -> Reply:
    shown = Shown(tx, found)
    data = [shown.expanded(deal) for deal in found]
    return offset_reply(data, block, null_when_empty=True, related_objects=shown.related(found))


def _list(tx: Tx, query: ListQuery, *, archived: bool) -> Reply:
    where: Where = visible(tx, archived=archived)
    with_statuses(tx, where, [] if query.status == "all_not_deleted" else [query.status])
    owner = tx.user_id if query.owned_by_you else query.user_id
    if query.filter_id is not None:
        owner = NOBODY
    if owner is not None:
        where["owner"] = {"owner_id": owner}
    if query.stage_id is not None:
        where["stage"] = {"stage_id": query.stage_id}
    if isinstance(query, ArchivedQuery):
        for condition, bind, value in (
            ("person", "person_id", query.person_id),
            ("organization", "organization_id", query.org_id),
            ("pipeline", "pipeline_id", query.pipeline_id),
        ):
            if value is not None:
                where[condition] = {bind: value}
    found, block = offset_page(tx, deals.deals, where, query, read_sort(query.sort, SORTS))
    return _expanded_reply(tx, found, block)


@V1.add("GET", "/deals", section="2.8", cost=20, scopes=READ, shows=list[DealOut] | None)
def list_deals(tx: Tx, query: ListQuery) -> Reply:
    return _list(tx, query, archived=False)


@V1.add("GET", "/deals/archived", section="2.8", cost=40, scopes=READ, shows=list[DealOut] | None)
def list_archived(tx: Tx, query: ArchivedQuery) -> Reply:
    return _list(tx, query, archived=True)


@V1.add("GET", "/deals/{deal_id}", section="2.8", cost=2, scopes=READ, shows=DealOut)
def get_deal(tx: Tx, deal_id: int) -> Reply:
    deal = deals.get_visible(tx, deal_id, users.me(tx))
    shown = Shown(tx, [deal])
    return Reply(
        200,
        {
            "success": True,
            "data": {**shown.expanded(deal), **shown.details(deal)},
            "additional_data": {"dropbox_email": shown.dropbox_email(deal)},
            "related_objects": shown.related_to_one(deal),
        },
    )


def _one(tx: Tx, deal: Deal, status: int = 200) -> Reply:
    shown = Shown(tx, [deal])
    content = {"success": True, "data": shown.expanded(deal), "related_objects": shown.related([deal])}
    return Reply(status, content)


@V1.add(
    "POST",
    "/deals",
    section="2.8",
    cost=10,
    scopes=WRITE,
    status=201,
    shows=DealOut,
    form=Annotated[DealBody, needs("title")],
)
def add_deal(tx: Tx, body: dict[str, Any]) -> Reply:
    read = read_deal(tx, body, None)
    is_deleted = read.get("outcome") == "deleted"
    if is_deleted:
        del read["outcome"]
    deal = actions.add_deal(tx, read)
    if is_deleted:
        actions.delete_deal(tx, deal.id)
        deal = deals.deals.get(tx, deal.id)
    return _one(tx, deal, 201)


@V1.add("PUT", "/deals/{deal_id}", section="2.8", cost=10, scopes=WRITE, shows=DealOut, form=DealBody)
def update_deal(tx: Tx, deal_id: int, body: dict[str, Any]) -> Reply:
    read = read_deal(tx, body, actions.writable_deal(tx, deal_id))
    if read.get("outcome") == "deleted":
        actions.delete_deal(tx, deal_id)
        return _one(tx, deals.deals.get(tx, deal_id))
    return _one(tx, actions.update_deal(tx, deal_id, read))


@V1.add("DELETE", "/deals/{deal_id}", section="2.8", cost=6, scopes=WRITE, shows=DeletedId)
def delete_deal(tx: Tx, deal_id: int) -> Reply:
    actions.delete_deal(tx, deal_id)
    return ok({"id": deal_id})


@V1.add("DELETE", "/deals", section="2.8", cost=10, scopes=WRITE, shows=DeletedIds, pooled=True)
def delete_deals(tx: Tx, query: IdsQuery) -> Reply:
    ids = read_ids(query.ids, "ids", 500)
    if not ids:
        raise Spelled("Please provide at least one item to delete")
    actions.delete_deals(tx, ids)
    return ok({"id": ids})


def duplicate_deal(tx: Tx, deal_id: int) -> Reply:
    deal = actions.duplicate_deal(tx, deal_id)
    return ok(Shown(tx, [deal]).flat(deal))


V1.add("POST", "/deals/{deal_id}/duplicate", section="2.8", cost=10, scopes=WRITE, shows=FlatDeal)(duplicate_deal)
V2.add("POST", "/deals/{deal_id}/duplicate", section="2.8", cost=5, scopes=WRITE, shows=FlatDeal)(duplicate_deal)


# ------------------------------------------------------------------------------- deals of a pipeline or a stage


def _place(tx: Tx, query: StageDealsQuery, where: Where) -> Where:
    """Whose open deals: everyone's, one user's, else the caller's; a filter counts only without these.

    Raises NotFound for a filter, since none exists.
    """
    if not query.everyone:
        if query.user_id is None and query.filter_id is not None:
            raise NotFound("filter", query.filter_id)
        where["owner"] = {"owner_id": tx.user_id if query.user_id is None else query.user_id}
    return {**where, **visible(tx, archived=False), "open": {}}


@V1.add(
    "GET",
    "/pipelines/{pipeline_id}/deals",
    section="2.4",
    cost=20,
    scopes=READ,
    pooled=True,
    shows=list[FlatDeal] | None,
)
def list_pipeline_deals(tx: Tx, pipeline_id: int, query: PipelineDealsQuery) -> Reply:
    pipelines.pipelines.get(tx, pipeline_id)
    where = _place(tx, query, {"pipeline": {"pipeline_id": pipeline_id}})
    if query.stage_id is not None:
        where["stage"] = {"stage_id": query.stage_id}
    found, block = offset_page(tx, deals.deals, where, query)
    shown = Shown(tx, found)
    reply = offset_reply([shown.flat(deal) for deal in found], block, null_when_empty=True)
    if query.get_summary:
        target = read_target(tx, query.totals_convert_currency)
        reply.content["additional_data"]["deals_summary"] = summary_of(tx, deals.deals.all(tx, where), target)
    return reply


@V1.add("GET", "/stages/{stage_id}/deals", section="2.4", cost=20, scopes=READ, shows=list[FlatDeal] | None)
def list_stage_deals(tx: Tx, stage_id: int, query: StageDealsQuery) -> Reply:
    pipelines.get_stage(tx, stage_id)
    found, block = offset_page(tx, deals.deals, _place(tx, query, {"stage": {"stage_id": stage_id}}), query)
    shown = Shown(tx, found)
    return offset_reply([shown.flat(deal) for deal in found], block, null_when_empty=True)


# -------------------------------------------------------------------------------------- followers, participants


class NewFollower(msgspec.Struct):
    """Body of an addition."""

    user_id: Int | None = None


class NewParticipant(msgspec.Struct):
    """Body of an addition."""

    person_id: Int | None = None


class FollowerOut(TypedDict):
    """A follower; `id` is that of the relation."""

    id: int
    user_id: int
    deal_id: int
    add_time: str


class DealRef(TypedDict):
    """The deal somebody takes part in."""

    deal_id: int
    title: str


class ParticipantOut(TypedDict):
    """Somebody who takes part in a deal."""

    id: int
    person_id: PersonRef
    add_time: str
    active_flag: bool
    related_item_data: DealRef
    person: PersonOut
    added_by_user_id: UserRef


def follower_out(follower: Follower) -> FollowerOut:
    """The wire object."""
    return {
        "id": follower.id,
        "user_id": follower.user_id,
        "deal_id": follower.record_id,
        "add_time": spaced(follower.created_at),
    }


@V1.add("GET", "/deals/{deal_id}/followers", section="2.8", cost=20, scopes=READ, shows=list[FollowerOut] | None)
def list_followers(tx: Tx, deal_id: int) -> Reply:
    deal = deals.get_visible(tx, deal_id, users.me(tx))
    found = followers.followers.all(tx, followers.of_record("deal", deal.id))
    return ok([follower_out(each) for each in found] or None)


@V1.add(
    "POST",
    "/deals/{deal_id}/followers",
    section="2.8",
    cost=10,
    scopes=WRITE,
    shows=FollowerOut,
    form=Annotated[NewFollower, needs("user_id")],
)
def add_follower(tx: Tx, deal_id: int, body: NewFollower) -> Reply:
    if body.user_id is None:
        raise Invalid("user_id", "is required")
    follower, _ = actions.add_follower(tx, deal_id, body.user_id)
    return ok(follower_out(follower))


@V1.add("DELETE", "/deals/{deal_id}/followers/{follower_id}", section="2.8", cost=6, scopes=WRITE, shows=DeletedId)
def remove_follower(tx: Tx, deal_id: int, follower_id: int) -> Reply:
    return ok({"id": actions.remove_follower(tx, deal_id, follower_id=follower_id).id})


def _participants_out(tx: Tx, deal: Deal, found: Sequence[Participant]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The wire objects and what they link to."""
    persons = parties.parties.by_id(tx, (each.person_id for each in found))
    points = parties.contact_points(tx, list(persons))
    shown = ShownParties(tx, PERSON, list(persons.values()))
    adders = users.users.by_id(tx, (each.added_by for each in found))
    data = []
    for each in found:
        person, contacts = persons[each.person_id], points.get(each.person_id, ())
        participant = {
            "id": each.id,
            "person_id": person_ref(person, contacts, tx.company_id),
            "add_time": spaced(each.created_at),
            "active_flag": person.deleted_at is None,
            "related_item_data": {"deal_id": deal.id, "title": deal.title},
            "person": person_out(person, contacts, shown),
            "added_by_user_id": user_ref(adders[each.added_by]),
        }
        data.append(participant)
    return data, {"user": {str(user.id): without_value(user_ref(user)) for user in adders.values()}}


def _visible_participants(tx: Tx, deal: Deal) -> list[Participant]:
    """Those whose person the caller may see, the deal's own person first."""
    found = followers.participants.all(tx, {"deal": {"deal_id": deal.id}})
    persons = {"kind": {"of_kind": PERSON}, **parties.visible_to(users.me(tx))}
    seen = {
        party.id
        for piece in pieces([each.person_id for each in found])
        for party in parties.parties.page_by_ids(tx, piece, persons)
    }
    shown = [each for each in found if each.person_id in seen]
    return sorted(shown, key=lambda each: (each.person_id != deal.person_id, each.id))


@V1.add("GET", "/deals/{deal_id}/participants", section="2.8", cost=10, scopes=READ, shows=list[ParticipantOut] | None)
def list_participants(tx: Tx, deal_id: int, query: OffsetQuery) -> Reply:
    deal = deals.get_visible(tx, deal_id, users.me(tx))
    page, block = slice_page(_visible_participants(tx, deal), query)
    data, related = _participants_out(tx, deal, page)
    return offset_reply(data, block, null_when_empty=True, related_objects=related)


@V1.add(
    "POST",
    "/deals/{deal_id}/participants",
    section="2.8",
    cost=10,
    scopes=WRITE,
    shows=ParticipantOut,
    form=Annotated[NewParticipant, needs("person_id")],
)
def add_participant(tx: Tx, deal_id: int, body: NewParticipant) -> Reply:
    if body.person_id is None:
        raise Invalid("person_id", "is required")
    participant = actions.add_participant(tx, deal_id, body.person_id)
    data, related = _participants_out(tx, deals.deals.get(tx, deal_id), [participant])
    return Reply(200, {"success": True, "data": data[0], "related_objects": related})


@V1.add(
    "DELETE",
    "/deals/{deal_id}/participants/{deal_participant_id}",
    section="2.8",
    cost=6,
    scopes=WRITE,
    shows=DeletedId,
)
def remove_participant(tx: Tx, deal_id: int, deal_participant_id: int) -> Reply:
    actions.remove_participant(tx, deal_id, deal_participant_id)
    return ok({"id": deal_participant_id})
