"""Deals (contract 2.3, 6.4)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from zlib import crc32

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import deals as actions
from dealflow.actions.companies import read_currency
from dealflow.actions.labels import labels_named
from dealflow.core.deal import Deal
from dealflow.core.errors import Invalid
from dealflow.core.text import search_key
from dealflow.core.time import iso
from dealflow.dialects.sell.custom_filters import custom_query
from dealflow.dialects.sell.custom_values import by_name, read_custom, show_custom
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import collection, empty, item, listed, one
from dealflow.dialects.sell.errors import BadParameter
from dealflow.dialects.sell.form import (
    Form,
    day,
    decimal,
    flag,
    instant,
    integer,
    link,
    mapping,
    names,
    nothing,
    text,
)
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.dialects.sell.tags import names_by_id, show_tags
from dealflow.dialects.sell.upsert import upsert
from dealflow.dialects.sell.v2.associated_contacts import associated, contact_out
from dealflow.dialects.sell.values import read_date, read_decimal, value_out
from dealflow.storage import deals, pipelines, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

LONGEST_TITLE: Final = 65_535
HALF_A_CENT: Final = 50

FORM: Final = Form(
    {
        "name": text("title", longest=LONGEST_TITLE, required=True),
        "contact_id": link(required=True),
        "value": decimal(),
        "currency": text(longest=3),
        "owner_id": link(nullable=False),
        "hot": flag(),
        "stage_id": link("shown_stage_id", nullable=False),
        "source_id": link(),
        "loss_reason_id": link(),
        "unqualified_reason_id": link(),
        "estimated_close_date": day("expected_close"),
        "customized_win_likelihood": integer("probability", least=0, most=100),
        "last_stage_change_at": instant("sell_stage_changed_at", nullable=False),
        "added_at": instant("started_at", nullable=False),
        "added_on": instant("started_at", nullable=False),
        "tags": names(),
        "custom_fields": mapping(nullable=False),
        **dict.fromkeys(
            (
                "id",
                "creator_id",
                "organization_id",
                "last_stage_change_by_id",
                "last_activity_at",
                "dropbox_email",
                "created_at",
                "updated_at",
                "associated_contacts",
            ),
            nothing(),
        ),
    }
)
SORTS: Final[Mapping[str, Sort]] = {
    "id": Sort("id"),
    "name": Sort("title"),
    "value": Sort("value"),
    "currency": Sort("currency"),
    "hot": Sort("hot"),
    "creator_id": Sort("creator_id"),
    "owner_id": Sort("owner_id"),
    "contact_id": Sort("contact_id", "no_contact"),
    "organization_id": Sort("organization_id", "no_organization"),
    "stage_id": Sort("shown_stage_id"),
    "source_id": Sort("source_id", "no_source"),
    "loss_reason_id": Sort("loss_reason_id", "no_loss_reason"),
    "unqualified_reason_id": Sort("unqualified_reason_id", "no_unqualified_reason"),
    "estimated_close_date": Sort("expected_close", "no_expected_close"),
    "customized_win_likelihood": Sort("probability", "no_probability"),
    "last_stage_change_at": Sort("sell_stage_changed_at"),
    "added_at": Sort("started_at"),
    "created_at": Sort("created_at"),
    "updated_at": Sort("updated_at"),
}


class DealOut(msgspec.Struct, gc=False):
    """A deal. `stage_id` of a closed one is the stage that stands for its outcome."""

    id: int
    creator_id: int
    owner_id: int
    name: str
    value: int | str
    currency: str
    hot: bool
    stage_id: int
    last_stage_change_at: str
    last_stage_change_by_id: int | None
    last_activity_at: str
    source_id: int | None
    loss_reason_id: int | None
    unqualified_reason_id: int | None
    dropbox_email: str
    contact_id: int | None
    organization_id: int | None
    estimated_close_date: str | None
    customized_win_likelihood: int | None
    tags: list[str]
    custom_fields: dict[str, Any]
    added_at: str
    created_at: str
    updated_at: str
    associated_contacts: dict[str, Any] | UnsetType = UNSET


class ShowQuery(msgspec.Struct, kw_only=True):
    """What get-one shows beside the ordinary."""

    includes: str | None = None


class DealsQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    creator_id: Id | None = None
    owner_id: Id | None = None
    contact_id: Id | None = None
    organization_id: Id | None = None
    hot: bool | None = None
    source_id: Id | None = None
    loss_reason_id: Id | None = None
    unqualified_reason_id: Id | None = None
    stage_id: Id | None = None
    name: str | None = None
    value: str | None = None
    currency: str | None = None
    estimated_close_date: str | None = None
    includes: str | None = None
    custom_fields: dict[str, str] | None = None


# Dropboxes have ten digits, and no two deals of a company the same.
HALF: Final = 2**31
ODD: Final = 2_654_435_761


class Shown:
    """How the deals of one answer are shown; loads what they share once."""

    def __init__(self, tx: Tx, found: Sequence[Deal], includes: str | None = None) -> None:
        closed = not {deal.outcome for deal in found} <= {"open"}
        self._terminal = pipelines.terminal_stages(tx) if closed else {}
        self._labels = names_by_id(tx, "deal") if not {deal.label_ids for deal in found} <= {"[]"} else {}
        self._fields = by_name(tx, "deal") if not {deal.custom_fields for deal in found} <= {"{}"} else {}
        self._mail = f"deals.{users.company(tx).domain}.example"
        self._first_box = crc32(b"%d-" % tx.company_id)
        wanted = [deal.id for deal in found] if includes == "associated_contacts" else []
        self._associated = associated(tx, found) if wanted else None

    def out(self, deal: Deal) -> DealOut:
        """The wire object."""
        created_at = changed_at = latest = deal.created_at
        if deal.sell_stage_changed_at is not None:
            changed_at = deal.sell_stage_changed_at
            latest = max(created_at, changed_at)
        if deal.last_activity_at is not None:
            latest = max(latest, deal.last_activity_at)
        box = HALF + (deal.id * ODD + self._first_box) % HALF
        shown = DealOut(
            deal.id,
            deal.creator_id,
            deal.owner_id,
            deal.title,
            value_out(deal.value),
            deal.currency,
            deal.hot,
            deal.stage_id if deal.outcome == "open" else self._terminal[deal.pipeline_id, deal.outcome],
            iso(changed_at),
            deal.sell_stage_changed_by_id,
            iso(latest),
            deal.source_id,
            deal.loss_reason_id,
            deal.unqualified_reason_id,
            f"dropbox@{box}.{self._mail}",
            deal.organization_id if deal.person_id is None else deal.person_id,
            deal.organization_id,
            deal.expected_close,
            deal.probability,
            show_tags(self._labels, deal.label_ids) if self._labels else [],
            show_custom(self._fields, deal.custom_fields) if self._fields else {},
            iso(deal.started_at),
            iso(created_at),
            iso(deal.updated_at),
        )
        if self._associated is not None:
            found = self._associated.get(deal.id, ())
            shown.associated_contacts = collection(item("associated_contact", contact_out(each)) for each in found)
        return shown


def _answer(tx: Tx, deal: Deal, includes: str | None = None) -> Reply:
    return one("deal", Shown(tx, [deal], includes).out(deal), deal.version)


def deal_conditions(tx: Tx, query: DealsQuery) -> Where | None:
    """The conditions of a list; None if nothing can meet them. Raises BadParameter."""
    where: Where = {"not_deleted": {}, **deals.visible_to(users.me(tx))}
    for name, condition, bind in (
        ("creator_id", "creator", "creator_id"),
        ("owner_id", "owner", "owner_id"),
        ("contact_id", "contact", "contact_id"),
        ("organization_id", "organization", "organization_id"),
        ("hot", "hot", "is_hot"),
        ("source_id", "source", "source_id"),
        ("loss_reason_id", "loss_reason", "loss_reason_id"),
        ("unqualified_reason_id", "unqualified_reason", "unqualified_reason_id"),
        ("currency", "currency", "of_currency"),
    ):
        wanted = getattr(query, name)
        if wanted is not None:
            where[condition] = {bind: wanted}
    if query.name is not None:
        where["title"] = {"of_title_key": search_key(query.name)}
    if query.estimated_close_date is not None:
        where["expected_close"] = {"of_expected_close": _day(query.estimated_close_date)}
    if query.value is not None:
        value = _value(query.value)
        where["value_between"] = {"least_value": value - HALF_A_CENT, "beyond_value": value + HALF_A_CENT}
    if query.stage_id is not None:
        stage = pipelines.stages.find(tx, query.stage_id)
        if stage is None:
            return None
        where["outcome"] = {"of_outcome": stage.category}
        if stage.category == "open":
            where["stage"] = {"stage_id": stage.id}
        else:
            where["pipeline"] = {"pipeline_id": stage.pipeline_id}
    return where


def _day(given: str) -> str:
    try:
        return read_date(given)
    except (ValueError, OverflowError):
        raise BadParameter("estimated_close_date", f"must be a date, given: {given[:80]}") from None


def _value(given: str) -> int:
    try:
        return read_decimal(given)
    except (TypeError, Invalid):
        raise BadParameter("value", f"must be a number, given: {given[:80]}") from None


def read_deal(tx: Tx, data: Data, shown: Mapping[str, Any] | None = None, stored: str = "{}") -> dict[str, Any]:
    """The attributes of a body in the core's words; new tags are made. Raises Rejected, Invalid.

    `stored` are the custom fields of the deal that is changed.
    """
    given = FORM.read(data, shown)
    if given.get("currency") is not None:
        given["currency"] = read_currency(given["currency"])
    if "custom_fields" in given:
        given["custom"] = read_custom(tx, "deal", given.pop("custom_fields"), stored)
    if "tags" in given:
        given["label_ids"] = labels_named(tx, "deal", given.pop("tags"))
    return given


def make_deal(tx: Tx, data: Data) -> Deal:
    """A new deal from a body. Raises Rejected, Invalid."""
    return actions.add_deal(tx, {**read_deal(tx, data), "updated_at": tx.now})


def change_deal(tx: Tx, deal: Deal, data: Data) -> Deal:
    """A deal changed by a body. Raises Rejected, Invalid."""
    shown = msgspec.to_builtins(Shown(tx, [deal]).out(deal))
    return actions.update_deal(tx, deal.id, read_deal(tx, data, shown, deal.custom_fields), archived_too=True)


def find_deals(tx: Tx, query: DealsQuery) -> list[Deal]:
    """The deals of a page and one more, if there is one. Raises BadParameter."""
    where = deal_conditions(tx, query)
    custom = custom_query(tx, ("deal",), query.custom_fields, query.sort_by)
    if where is None:
        return []
    return read_page(tx, deals.deals, query, {**where, **custom.where}, {**SORTS, **custom.sorts}, bound=custom.bound)


@V2.add("GET", "/deals", section="2.3", cost=0, scopes="read", shows=list[DealOut])
def list_deals(tx: Tx, query: DealsQuery) -> Reply:
    found = find_deals(tx, query)
    shown = Shown(tx, found, query.includes)
    items = [{"data": shown.out(deal), "meta": {"version": deal.version, "type": "deal"}} for deal in found]
    return listed(items, query.page, query.per_page)


@V2.add("POST", "/deals", section="2.3", cost=0, scopes="write", shows=DealOut)
def add_deal(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, make_deal(tx, body))


@V2.add("POST", "/deals/upsert", section="2.3", cost=0, scopes="write", shows=DealOut, pooled=True)
def upsert_deal(tx: Tx, query: DealsQuery, body: Annotated[Data, FORM]) -> Reply:
    deal = upsert(
        "deal",
        query,
        lambda: find_deals(tx, query),
        lambda: make_deal(tx, body),
        lambda found: change_deal(tx, found, body),
    )
    return _answer(tx, deal)


@V2.add("GET", "/deals/{deal_id}", section="2.3", cost=0, scopes="read", shows=DealOut)
def get_deal(tx: Tx, deal_id: Id, query: ShowQuery) -> Reply:
    return _answer(tx, actions.writable_deal(tx, deal_id), query.includes)


@V2.add("PUT", "/deals/{deal_id}", section="2.3", cost=0, scopes="write", shows=DealOut)
def update_deal(tx: Tx, deal_id: Id, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, change_deal(tx, actions.writable_deal(tx, deal_id), body))


@V2.add("DELETE", "/deals/{deal_id}", section="2.3", cost=0, scopes="write", status=204, shows=None)
def delete_deal(tx: Tx, deal_id: Id) -> Reply:
    actions.delete_deal(tx, deal_id, archived_too=True)
    return empty()
