"""Collaborations (contract 2.14)."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from dealflow.actions import collaborations as actions
from dealflow.core.collaboration import Collaboration
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, link, nothing
from dealflow.dialects.sell.links import KINDS, link_attributes, link_filter, read_link, show_link
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.storage import collaborations, users
from dealflow.storage.links import reachable_by
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        **link_attributes(KINDS, required=True),
        "collaborator_id": link(required=True),
        **dict.fromkeys(("id", "creator_id", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {name: Sort(name) for name in ("id", "created_at", "updated_at")}


class CollaborationOut(msgspec.Struct):
    """A user who works on a record. A `sales_account` is an organization."""

    id: int
    creator_id: int
    resource_type: str | None
    resource_id: int | None
    collaborator_id: int
    created_at: str
    updated_at: str


class CollaborationsQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    creator_id: Id | None = None
    resource_type: Literal["contact", "deal", "lead", "sales_account"] | None = None
    resource_id: Id | None = None


def collaboration_out(collaboration: Collaboration) -> CollaborationOut:
    """The wire object."""
    return CollaborationOut(
        collaboration.id,
        collaboration.creator_id,
        *show_link(collaboration.about),
        collaboration.collaborator_id,
        iso(collaboration.created_at),
        iso(collaboration.updated_at),
    )


@V2.add("GET", "/collaborations", section="2.14", cost=0, scopes="read", shows=list[CollaborationOut])
def list_collaborations(tx: Tx, query: CollaborationsQuery) -> Reply:
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    if query.creator_id is not None:
        where["creator"] = {"creator_id": query.creator_id}
    found = read_page(tx, collaborations.collaborations, query, where, SORTS)
    shown = [item("collaboration", collaboration_out(each)) for each in found]
    return listed(shown, query.page, query.per_page)


@V2.add("POST", "/collaborations", section="2.14", cost=0, scopes="write", shows=CollaborationOut)
def add_collaboration(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    given = read_link(FORM.read(body))
    made = actions.add_collaboration(tx, given["about"], given["collaborator_id"])
    return one("collaboration", collaboration_out(made))


@V2.add("GET", "/collaborations/{collaboration_id}", section="2.14", cost=0, scopes="read", shows=CollaborationOut)
def get_collaboration(tx: Tx, collaboration_id: Id) -> Reply:
    return one("collaboration", collaboration_out(actions.readable_collaboration(tx, collaboration_id)))


@V2.add("DELETE", "/collaborations/{collaboration_id}", section="2.14", cost=0, scopes="write", status=204, shows=None)
def delete_collaboration(tx: Tx, collaboration_id: Id) -> Reply:
    actions.delete_collaboration(tx, collaboration_id)
    return empty()
