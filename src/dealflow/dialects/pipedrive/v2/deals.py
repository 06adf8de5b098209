"""Deals, version 2 (contract 2.7, 3.5 to 3.9)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import deals as actions
from dealflow.core import money
from dealflow.core.deal import Deal, rotten_at
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.fields import FieldInvalid, blank_values, option_labels, read_values, show_values, with_labels
from dealflow.core.time import iso, local_day, read_day
from dealflow.dialects.pipedrive.deals import (
    MOST_CUSTOM_FIELDS,
    STATUSES,
    Percent,
    VisibleTo,
    Where,
    chosen_reasons,
    loss_reason,
    read_amount,
    read_custom,
    read_label_ids,
    read_percent,
    status,
    visible,
    with_statuses,
)
from dealflow.dialects.pipedrive.dialect import V2, DeletedId, ok
from dealflow.dialects.pipedrive.paging import CursorQuery, Direction, cursor_page, cursor_reply
from dealflow.dialects.pipedrive.v1.expand import cc_email
from dealflow.dialects.pipedrive.values import read_body_time, read_timestamp, read_v1_time
from dealflow.storage import deals, fields, followers, pipelines, users
from dealflow.storage.followers import Follower
from dealflow.storage.tx import Tx
from dealflow.wire import (
    DayText,
    Id,
    IdsText,
    InstantText,
    Int,
    NameText,
    Number,
    NumberOut,
    Reply,
    given,
    read_ids,
    read_words,
    words_of,
)

READ: Final = "deals:read deals:full"
WRITE: Final = "deals:full"
WORDS: Final = {"id": "id", "update_time": "updated_at", "add_time": "started_at"}
NULL_EXTRAS: Final = frozenset(
    {"next_activity_id", "last_activity_id", "last_incoming_mail_time", "last_outgoing_mail_time", "source_lead_id"}
)
ZERO_EXTRAS: Final = frozenset(
    {
        "products_count",
        "files_count",
        "notes_count",
        "email_messages_count",
        "activities_count",
        "done_activities_count",
        "undone_activities_count",
    }
)
EXTRAS: Final = (
    NULL_EXTRAS | ZERO_EXTRAS | {"first_won_time", "followers_count", "participants_count", "smart_bcc_email"}
)


class LabelOut(TypedDict):
    """A label by its id and name."""

    id: int
    label: str


class DealOut(msgspec.Struct, gc=False):
    """A deal as version 2 shows it; what has UNSET as its default is shown when asked for."""

    id: int
    title: str
    creator_user_id: int
    owner_id: int
    value: NumberOut
    currency: str
    person_id: int | None
    org_id: int | None
    stage_id: int
    pipeline_id: int
    status: str
    probability: int | None
    lost_reason: str | None
    visible_to: int
    add_time: str
    update_time: str
    stage_change_time: str | None
    close_time: str | None
    won_time: str | None
    lost_time: str | None
    local_won_date: str | None
    local_lost_date: str | None
    local_close_date: str | None
    expected_close_date: str | None
    label_ids: list[int]
    is_archived: bool
    archive_time: str | None
    is_deleted: bool
    origin: str
    origin_id: str | None
    channel: int | None
    channel_id: str | None
    acv: None
    arr: None
    mrr: None
    rotten_time: str | None
    custom_fields: Mapping[str, Any]
    labels: list[LabelOut] | UnsetType = UNSET
    next_activity_id: None | UnsetType = UNSET
    last_activity_id: None | UnsetType = UNSET
    first_won_time: str | None | UnsetType = UNSET
    products_count: int | UnsetType = UNSET
    files_count: int | UnsetType = UNSET
    notes_count: int | UnsetType = UNSET
    followers_count: int | UnsetType = UNSET
    email_messages_count: int | UnsetType = UNSET
    activities_count: int | UnsetType = UNSET
    done_activities_count: int | UnsetType = UNSET
    undone_activities_count: int | UnsetType = UNSET
    participants_count: int | UnsetType = UNSET
    last_incoming_mail_time: None | UnsetType = UNSET
    last_outgoing_mail_time: None | UnsetType = UNSET
    smart_bcc_email: str | UnsetType = UNSET
    source_lead_id: None | UnsetType = UNSET


class ShowQuery(msgspec.Struct, kw_only=True):
    """What get-one shows beside the ordinary."""

    include_fields: Annotated[str, words_of(EXTRAS)] = ""
    custom_fields: str | None = None
    include_option_labels: bool = False
    include_labels: bool = False


class ArchivedQuery(CursorQuery, kw_only=True):
    """Parameters of both lists; those of the archived one are these."""

    filter_id: Int | None = None
    ids: IdsText | None = None
    owner_id: Int | None = None
    person_id: Int | None = None
    org_id: Int | None = None
    pipeline_id: Int | None = None
    stage_id: Int | None = None
    status: Annotated[str, words_of(STATUSES)] = ""
    updated_since: InstantText | None = None
    updated_until: InstantText | None = None
    sort_by: Literal["id", "update_time", "add_time"] = "id"
    sort_direction: Direction = "asc"
    include_fields: Annotated[str, words_of(EXTRAS)] = ""
    custom_fields: str | None = None


class ListQuery(ArchivedQuery, kw_only=True):
    """Parameters of the list."""

    include_option_labels: bool = False
    include_labels: bool = False


class DealBody(msgspec.Struct, kw_only=True):
    """Body of a change."""

    title: NameText | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    person_id: Id | None | UnsetType = UNSET
    org_id: Id | None | UnsetType = UNSET
    pipeline_id: Id | None | UnsetType = UNSET
    stage_id: Id | None | UnsetType = UNSET
    value: Number | None | UnsetType = UNSET
    currency: str | None | UnsetType = UNSET
    status: Literal["open", "won", "lost", "deleted"] | UnsetType = UNSET
    probability: Percent | None | UnsetType = UNSET
    lost_reason: str | None | UnsetType = UNSET
    visible_to: VisibleTo | UnsetType = UNSET
    close_time: InstantText | None | UnsetType = UNSET
    won_time: InstantText | None | UnsetType = UNSET
    lost_time: InstantText | None | UnsetType = UNSET
    expected_close_date: DayText | None | UnsetType = UNSET
    label_ids: list[Id] | None | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    archive_time: InstantText | None | UnsetType = UNSET
    is_deleted: Annotated[bool, msgspec.Meta(extra_json_schema={"const": False})] | UnsetType = UNSET
    custom_fields: dict[str, Any] | None | UnsetType = UNSET


class NewDeal(DealBody, kw_only=True):
    """Body of an addition."""

    title: NameText


RENAMED: Final[Mapping[str, str]] = {
    "org_id": "organization_id",
    "status": "outcome",
    "lost_reason": "loss_reason",
    "visible_to": "visibility",
    "close_time": "closed_at",
    "won_time": "won_at",
    "lost_time": "lost_at",
    "expected_close_date": "expected_close",
    "is_archived": "archived",
    "archive_time": "archived_at",
}


def read_deal(tx: Tx, body: DealBody) -> dict[str, Any]:
    """The attributes a body gives, in the core's words. Raises Invalid."""
    sent = given(body)
    if sent.pop("is_deleted", False) or sent.get("status") == "deleted":
        raise Invalid("is_deleted", "use DELETE to delete a deal")
    custom = sent.pop("custom_fields", None)
    read = {RENAMED.get(name, name): value for name, value in sent.items()}
    if "value" in read:
        read["value"] = read_amount(read["value"])
    if "probability" in read:
        read["probability"] = read_percent(read["probability"])
    for name, word in (("closed_at", "close_time"), ("won_at", "won_time"), ("lost_at", "lost_time")):
        if read.get(name) is not None:
            read[name] = read_body_time(read[name], word)
    if read.get("archived_at") is not None:
        read["archived_at"] = read_v1_time(read["archived_at"], "archive_time")
    if read.get("expected_close") is not None:
        read["expected_close"] = read_day(read["expected_close"], "expected_close_date")
    if custom:
        me = users.me(tx)
        read["custom"] = read_values(fields.live(tx, "deal"), custom, me.timezone, me.currency)
    return read


class Shown:
    """How the deals of one answer are shown; loads what they share once."""

    def __init__(self, tx: Tx, found: Sequence[Deal], query: ShowQuery | ArchivedQuery) -> None:
        self._rotting_days = pipelines.rotting_days(tx)
        live = fields.live(tx, "deal")
        keys = _read_keys(query.custom_fields, live)
        self._blank = blank_values(live if keys is None else keys)
        with_options = getattr(query, "include_option_labels", False)
        self._option_labels = option_labels(live) if with_options else None
        self._labels = fields.label_names(tx, "deal") if getattr(query, "include_labels", False) else None
        self._extras = read_words(query.include_fields, "include_fields", EXTRAS) if query.include_fields else []
        self._reasons = chosen_reasons(tx, found)
        ids = [deal.id for deal in found]
        self._followers = followers.follower_counts(tx, "deal", ids) if "followers_count" in self._extras else {}
        self._participants = followers.participant_counts(tx, ids) if "participants_count" in self._extras else {}
        needs_company = "smart_bcc_email" in self._extras or {deal.outcome for deal in found} - {"open"}
        company = users.company(tx) if needs_company else None
        self._timezone = company.timezone if company else "UTC"
        self._domain = company.domain if company else ""

    def out(self, deal: Deal) -> DealOut:
        """The wire object."""
        closed_at, moved_at, archived_at = deal.closed_at, deal.stage_changed_at, deal.archived_at
        close_time = won_time = lost_time = close_date = won_date = lost_date = None
        if closed_at is not None:
            close_time, close_date = iso(closed_at), local_day(closed_at, self._timezone)
            if deal.outcome == "won":
                won_time, won_date = close_time, close_date
            else:
                lost_time, lost_date = close_time, close_date
        days = self._rotting_days.get(deal.stage_id)
        rots_at = None if days is None else rotten_at(deal, days)
        shown = DealOut(
            deal.id,
            deal.title,
            deal.creator_id,
            deal.owner_id,
            money.number(deal.value),
            deal.currency,
            deal.person_id,
            deal.organization_id,
            deal.stage_id,
            deal.pipeline_id,
            status(deal),
            deal.probability,
            None if closed_at is None else loss_reason(deal, self._reasons),
            deal.visibility,
            iso(deal.started_at),
            iso(deal.updated_at),
            None if moved_at is None else iso(moved_at),
            close_time,
            won_time,
            lost_time,
            won_date,
            lost_date,
            close_date,
            deal.expected_close,
            read_label_ids(deal.label_ids) if deal.label_ids != "[]" else [],
            archived_at is not None,
            None if archived_at is None else iso(archived_at),
            deal.deleted_at is not None,
            deal.origin,
            deal.origin_id,
            deal.channel,
            deal.channel_id,
            None,
            None,
            None,
            None if rots_at is None else iso(rots_at),
            self._blank if deal.custom_fields == "{}" else self._custom(read_custom(deal.custom_fields)),
        )
        if self._labels is not None:
            names = self._labels
            shown.labels = [{"id": each, "label": names[each]} for each in shown.label_ids if each in names]
        for name in self._extras:
            setattr(shown, name, self._extra(name, deal))
        return shown

    def _custom(self, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._option_labels is None:
            return show_values(self._blank, stored)
        return with_labels(self._blank, self._option_labels, stored)

    def _extra(self, name: str, deal: Deal) -> Any:
        if name in ZERO_EXTRAS:
            return 0
        match name:
            case "first_won_time":
                return None if deal.first_won_at is None else iso(deal.first_won_at)
            case "followers_count":
                return self._followers.get(deal.id, 0)
            case "participants_count":
                return self._participants.get(deal.id, 0)
            case "smart_bcc_email":
                return cc_email(self._domain, deal.id)
        return None


def _read_keys(text: str | None, live: Mapping[str, Any]) -> list[str] | None:
    """The custom fields asked for; None for all. Raises FieldInvalid."""
    if text is None:
        return None
    keys = list(dict.fromkeys(key.strip() for key in text.split(",") if key.strip()))
    if len(keys) > MOST_CUSTOM_FIELDS:
        raise Invalid("custom_fields", f"must have at most {MOST_CUSTOM_FIELDS} keys")
    for key in keys:
        if key not in live:
            raise FieldInvalid(key, "no such custom field")
    return keys


def _list(tx: Tx, query: ArchivedQuery, *, archived: bool) -> Reply:
    statuses = read_words(query.status, "status", STATUSES)
    where: Where = visible(tx, archived=archived)
    with_statuses(tx, where, statuses)
    for name, condition, bind in (
        ("owner_id", "owner", "owner_id"),
        ("person_id", "person", "person_id"),
        ("org_id", "organization", "organization_id"),
        ("pipeline_id", "pipeline", "pipeline_id"),
        ("stage_id", "stage", "stage_id"),
    ):
        if (value := getattr(query, name)) is not None:
            where[condition] = {bind: value}
    if query.updated_since is not None:
        where["updated_since"] = {"updated_since": read_timestamp(query.updated_since, "updated_since")}
    if query.updated_until is not None:
        where["updated_until"] = {"updated_until": read_timestamp(query.updated_until, "updated_until")}
    ids = None if query.ids is None else read_ids(query.ids, "ids", 100)
    if query.filter_id is not None:
        ids = []
    found, cursor = cursor_page(
        tx,
        deals.deals,
        where,
        query,
        words=WORDS,
        sort_by=query.sort_by,
        direction=query.sort_direction,
        ids=ids,
    )
    shown = Shown(tx, found, query)
    return cursor_reply([shown.out(deal) for deal in found], cursor)


def _one(tx: Tx, deal: Deal, query: ShowQuery | None = None) -> Reply:
    return ok(Shown(tx, [deal], query or ShowQuery()).out(deal))


@V2.add("GET", "/deals", section="2.7", cost=10, scopes=READ, shows=list[DealOut])
def list_deals(tx: Tx, query: ListQuery) -> Reply:
    return _list(tx, query, archived=False)


@V2.add("GET", "/deals/archived", section="2.7", cost=20, scopes=READ, shows=list[DealOut])
def list_archived(tx: Tx, query: ArchivedQuery) -> Reply:
    return _list(tx, query, archived=True)


@V2.add("GET", "/deals/{deal_id}", section="2.7", cost=1, scopes=READ, shows=DealOut)
def get_deal(tx: Tx, deal_id: int, query: ShowQuery) -> Reply:
    return _one(tx, deals.get_visible(tx, deal_id, users.me(tx)), query)


@V2.add("POST", "/deals", section="2.7", cost=5, scopes=WRITE, shows=DealOut)
def add_deal(tx: Tx, body: NewDeal) -> Reply:
    return _one(tx, actions.add_deal(tx, read_deal(tx, body)))


@V2.add("PATCH", "/deals/{deal_id}", section="2.7", cost=5, scopes=WRITE, shows=DealOut)
def update_deal(tx: Tx, deal_id: int, body: DealBody) -> Reply:
    return _one(tx, actions.update_deal(tx, deal_id, read_deal(tx, body)))


@V2.add("DELETE", "/deals/{deal_id}", section="2.7", cost=3, scopes=WRITE, shows=DeletedId)
def delete_deal(tx: Tx, deal_id: int) -> Reply:
    actions.delete_deal(tx, deal_id)
    return ok({"id": deal_id})


# ----------------------------------------------------------------------------------------------------- followers


class NewFollower(msgspec.Struct):
    """Body of an addition."""

    user_id: Id


class FollowersQuery(CursorQuery, kw_only=True):
    """Parameters of the list; sorting is taken and means nothing."""

    sort_by: str = ""
    sort_direction: str = ""


class FollowerOut(TypedDict):
    """A follower."""

    user_id: int
    add_time: str


class FormerFollower(TypedDict):
    """Who follows no longer."""

    user_id: int


def follower_out(follower: Follower) -> FollowerOut:
    """The wire object."""
    return {"user_id": follower.user_id, "add_time": iso(follower.created_at)}


@V2.add("GET", "/deals/{deal_id}/followers", section="2.7", cost=10, scopes=READ, shows=list[FollowerOut])
def list_followers(tx: Tx, deal_id: int, query: FollowersQuery) -> Reply:
    deal = deals.get_visible(tx, deal_id, users.me(tx))
    found, cursor = cursor_page(
        tx, followers.followers, followers.of_record("deal", deal.id), query, words={"id": "id"}
    )
    return cursor_reply([follower_out(each) for each in found], cursor)


@V2.add("POST", "/deals/{deal_id}/followers", section="2.7", cost=5, scopes=WRITE, status=201, shows=FollowerOut)
def add_follower(tx: Tx, deal_id: int, body: NewFollower) -> Reply:
    follower, is_new = actions.add_follower(tx, deal_id, body.user_id)
    if not is_new:
        raise Conflict("user_id", "already a follower")
    return ok(follower_out(follower), status=201)


@V2.add("DELETE", "/deals/{deal_id}/followers/{follower_id}", section="2.7", cost=3, scopes=WRITE, shows=FormerFollower)
def remove_follower(tx: Tx, deal_id: int, follower_id: int) -> Reply:
    return ok({"user_id": actions.remove_follower(tx, deal_id, user_id=follower_id).user_id})
