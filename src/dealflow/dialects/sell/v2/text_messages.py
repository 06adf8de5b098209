"""Text messages: read here, written by telephones (contract 2.14)."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from dealflow.core.call import TextMessage
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import item, listed, one
from dealflow.dialects.sell.links import link_filter, show_link
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.dialects.sell.v2.calls import DealLinks
from dealflow.storage import calls, users
from dealflow.storage.links import get_reachable, reachable_by
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

SORTS: Final[Mapping[str, Sort]] = {name: Sort(name) for name in ("id", "created_at", "updated_at", "sent_at")}


class TextMessageOut(msgspec.Struct):
    """A text message; of `resource_type` none if the number is nobody's."""

    id: int
    user_id: int
    user_phone_number: str
    content: str
    incoming: bool
    resource_type: str
    resource_id: int | None
    resource_phone_number: str
    associated_deal_ids: list[int]
    sent_at: str
    created_at: str
    updated_at: str


class TextMessagesQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    resource_type: Literal["contact", "lead", "none"] | None = None
    resource_id: Id | None = None


def text_message_out(message: TextMessage, deals: DealLinks) -> TextMessageOut:
    """The wire object."""
    type_, record_id = show_link(message.about)
    return TextMessageOut(
        message.id,
        message.user_id,
        message.user_phone_number,
        message.content,
        message.incoming,
        type_ or "none",
        record_id,
        message.resource_phone_number,
        deals.of(message),
        iso(message.sent_at),
        iso(message.created_at),
        iso(message.updated_at),
    )


@V2.add("GET", "/text_messages", section="2.14", cost=0, scopes="read", shows=list[TextMessageOut])
def list_text_messages(tx: Tx, query: TextMessagesQuery) -> Reply:
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    found = read_page(tx, calls.text_messages, query, where, SORTS, "id:desc")
    deals = DealLinks(tx, found)
    return listed([item("text_message", text_message_out(each, deals)) for each in found], query.page, query.per_page)


@V2.add("GET", "/text_messages/{message_id}", section="2.14", cost=0, scopes="read", shows=TextMessageOut)
def get_text_message(tx: Tx, message_id: Id) -> Reply:
    message = get_reachable(tx, calls.text_messages, message_id, users.me(tx))
    return one("text_message", text_message_out(message, DealLinks(tx, [message])))
