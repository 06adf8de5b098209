"""Calls (contract 2.14)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.actions import calls as actions
from dealflow.actions.calls import read_ids
from dealflow.core.call import Call, TextMessage
from dealflow.core.note import LONGEST
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, flag, ids, instant, integer, link, nothing, text
from dealflow.dialects.sell.links import link_attributes, link_filter, read_link, show_link
from dealflow.dialects.sell.lists import PageQuery, Where, read_id_list
from dealflow.storage import calls, users
from dealflow.storage.links import reachable_by, seen_deals
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        "phone_number": text(required=True),
        "user_id": link(nullable=False),
        "made_at": instant(nullable=False),
        "incoming": flag(),
        "missed": flag(),
        "summary": text(longest=LONGEST),
        "recording_url": text(longest=LONGEST),
        "external_id": text(),
        "duration": integer("duration_s", least=0),
        "outcome_id": link(),
        **link_attributes(("contact", "lead")),
        "associated_deal_ids": ids("deal_ids"),
        **dict.fromkeys(("id", "created_at", "updated_at"), nothing()),
    }
)


class CallOut(msgspec.Struct):
    """A call; `duration` in seconds. Deals that are gone or hidden are not among the associated ones."""

    id: int
    user_id: int
    phone_number: str
    incoming: bool
    missed: bool
    summary: str | None
    recording_url: str | None
    external_id: str | None
    duration: int | None
    outcome_id: int | None
    resource_type: str | None
    resource_id: int | None
    associated_deal_ids: list[int]
    made_at: str
    created_at: str
    updated_at: str


class CallsQuery(PageQuery, kw_only=True):
    """Parameters of the list, which is always newest first."""

    ids: str | None = None
    resource_type: Literal["contact", "lead"] | None = None
    resource_id: Id | None = None
    associated_deal_id: Id | None = None


class DealLinks:
    """The deals that calls or messages of one answer belong to, as far as they can be seen."""

    def __init__(self, tx: Tx, found: Iterable[Call | TextMessage]) -> None:
        wanted = {each for row in found if row.deal_ids != "[]" for each in read_ids(row.deal_ids)}
        self._seen = seen_deals(tx, wanted, users.me(tx))

    def of(self, row: Call | TextMessage) -> list[int]:
        """Their ids, as they were written."""
        return [each for each in read_ids(row.deal_ids) if each in self._seen]


def call_out(call: Call, deals: DealLinks) -> CallOut:
    """The wire object."""
    return CallOut(
        call.id,
        call.user_id,
        call.phone_number,
        call.incoming,
        call.missed,
        call.summary,
        call.recording_url,
        call.external_id,
        call.duration_s,
        call.outcome_id,
        *show_link(call.about),
        deals.of(call),
        iso(call.made_at),
        iso(call.created_at),
        iso(call.updated_at),
    )


def _out(tx: Tx, call: Call) -> CallOut:
    return call_out(call, DealLinks(tx, [call]))


def _read(data: Data, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return read_link(FORM.read(data, shown), shown)


@V2.add("GET", "/calls", section="2.14", cost=0, scopes="read", shows=list[CallOut])
def list_calls(tx: Tx, query: CallsQuery) -> Reply:
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    if query.associated_deal_id is not None:
        if not seen_deals(tx, [query.associated_deal_id], users.me(tx)):
            return listed([], query.page, query.per_page)
        where |= calls.of_deal(query.associated_deal_id)
    found = calls.calls.page(
        tx,
        where,
        order="made_at",
        descending=True,
        then=[("id", False)],
        start=(query.page - 1) * query.per_page,
        limit=query.per_page + 1,
        ids=None if query.ids is None else read_id_list(query.ids, "ids"),
    )
    deals = DealLinks(tx, found)
    return listed([item("call", call_out(each, deals)) for each in found], query.page, query.per_page)


@V2.add("POST", "/calls", section="2.14", cost=0, scopes="write", shows=CallOut, pooled=True)
def add_call(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return one("call", _out(tx, actions.add_call(tx, _read(body))))


@V2.add("GET", "/calls/{call_id}", section="2.14", cost=0, scopes="read", shows=CallOut)
def get_call(tx: Tx, call_id: Id) -> Reply:
    return one("call", _out(tx, actions.readable_call(tx, call_id)))


@V2.add("PUT", "/calls/{call_id}", section="2.14", cost=0, scopes="write", shows=CallOut, pooled=True)
def update_call(tx: Tx, call_id: Id, body: Annotated[Data, FORM]) -> Reply:
    shown = msgspec.to_builtins(_out(tx, actions.readable_call(tx, call_id)))
    return one("call", _out(tx, actions.update_call(tx, call_id, _read(body, shown))))


@V2.add("DELETE", "/calls/{call_id}", section="2.14", cost=0, scopes="write", status=204, shows=None, pooled=True)
def delete_call(tx: Tx, call_id: Id) -> Reply:
    actions.delete_call(tx, call_id)
    return empty()
