"""The further contacts of a deal (contract 2.4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from dealflow.actions import deals as actions
from dealflow.core.deal import Deal, contact_of
from dealflow.core.errors import NotFound
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, link, nothing, text
from dealflow.dialects.sell.lists import ListQuery, page_of
from dealflow.storage import followers
from dealflow.storage.followers import Participant
from dealflow.storage.records import pieces
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        "contact_id": link(required=True),
        "role": text(nullable=False),
        "created_at": nothing(),
        "updated_at": nothing(),
    }
)
SORTS: Final[Mapping[str, Callable[[Participant], Any]]] = {
    "id": lambda each: each.id,
    "contact_id": lambda each: each.person_id,
    "created_at": lambda each: each.created_at,
    "updated_at": lambda each: each.created_at,
}


class AssociatedContactOut(msgspec.Struct):
    """A contact that takes part in a deal beside its primary one."""

    contact_id: int
    role: str
    created_at: str
    updated_at: str


def contact_out(participant: Participant) -> AssociatedContactOut:
    """The wire object."""
    at = iso(participant.created_at)
    return AssociatedContactOut(participant.person_id, participant.role, at, at)


def associated(tx: Tx, found: Sequence[Deal]) -> dict[int, list[Participant]]:
    """The further contacts of deals, oldest first; deals without are absent."""
    primary = {deal.id: contact_of(deal) for deal in found}
    by_deal: dict[int, list[Participant]] = {}
    for piece in pieces(sorted(primary)):
        for each in followers.participants_of(tx, piece):
            if each.person_id != primary[each.deal_id]:
                by_deal.setdefault(each.deal_id, []).append(each)
    return by_deal


@V2.add(
    "GET",
    "/deals/{deal_id}/associated_contacts",
    section="2.4",
    cost=0,
    scopes="read",
    shows=list[AssociatedContactOut],
)
def list_associated_contacts(tx: Tx, deal_id: Id, query: ListQuery) -> Reply:
    found = associated(tx, [actions.writable_deal(tx, deal_id)]).get(deal_id, [])
    page = page_of(found, query, SORTS, "created_at")
    return listed([item("associated_contact", contact_out(each)) for each in page], query.page, query.per_page)


@V2.add(
    "POST", "/deals/{deal_id}/associated_contacts", section="2.4", cost=0, scopes="write", shows=AssociatedContactOut
)
def associate_contact(tx: Tx, deal_id: Id, body: Annotated[Data, FORM]) -> Reply:
    actions.writable_deal(tx, deal_id)
    given = FORM.read(body)
    made = actions.associate_contact(tx, deal_id, given["contact_id"], given.get("role") or actions.INVOLVED)
    return one("associated_contact", contact_out(made))


@V2.add(
    "DELETE",
    "/deals/{deal_id}/associated_contacts/{contact_id}",
    section="2.4",
    cost=0,
    scopes="write",
    status=204,
    shows=None,
)
def remove_associated_contact(tx: Tx, deal_id: Id, contact_id: Id) -> Reply:
    for each in associated(tx, [actions.writable_deal(tx, deal_id)]).get(deal_id, []):
        if each.person_id == contact_id:
            actions.dissociate_contact(tx, each)
            return empty()
    raise NotFound("associated_contact", contact_id)
