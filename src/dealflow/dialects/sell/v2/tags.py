"""Tags: the labels of deals, contacts and leads (contract 2.9)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.actions import labels as actions
from dealflow.core.errors import NotFound
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, choice, nothing, text
from dealflow.dialects.sell.lists import ListQuery, matching, page_of
from dealflow.storage import fields
from dealflow.storage.fields import Label
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        "name": text(required=True),
        "resource_type": choice(actions.CARRIERS, required=True, writing="once"),
        **{name: nothing() for name in ("id", "creator_id", "created_at", "updated_at")},
    }
)
SORTS: Final[Mapping[str, Callable[[Label], Any]]] = {
    "id": lambda label: label.id,
    "name": lambda label: label.name,
    "created_at": lambda label: label.created_at,
    "updated_at": lambda label: label.updated_at,
}


class TagOut(msgspec.Struct):
    """A tag; `resource_type` is what it is put on."""

    id: int
    creator_id: int
    name: str
    resource_type: str
    created_at: str
    updated_at: str


class TagsQuery(ListQuery, kw_only=True):
    """Parameters of the list; a name is matched whole, its case too."""

    creator_id: Id | None = None
    name: str | None = None
    resource_type: Literal["lead", "contact", "deal"] | None = None


def tag_out(label: Label) -> TagOut:
    """The wire object."""
    since, until = iso(label.created_at), iso(label.updated_at)
    return TagOut(label.id, label.creator_id, label.name, label.resource, since, until)


def _get(tx: Tx, tag_id: int) -> Label:
    label = fields.label_records.find(tx, tag_id)
    if label is None:
        raise NotFound("label", tag_id)
    return label


@V2.add("GET", "/tags", section="2.9", cost=0, scopes="read", shows=list[TagOut])
def list_tags(tx: Tx, query: TagsQuery) -> Reply:
    found = matching(fields.label_records.all(tx, {}), query.resource_type, lambda label: label.resource)
    found = matching(found, query.name, lambda label: label.name)
    found = matching(found, query.creator_id, lambda label: label.creator_id)
    page = page_of(found, query, SORTS, default="updated_at")
    return listed([item("tag", tag_out(label)) for label in page], query.page, query.per_page)


@V2.add("POST", "/tags", section="2.9", cost=0, scopes="write", shows=TagOut)
def add_tag(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    given = FORM.read(body)
    return one("tag", tag_out(actions.add_label(tx, given["resource_type"], given["name"])))


@V2.add("GET", "/tags/{tag_id}", section="2.9", cost=0, scopes="read", shows=TagOut)
def get_tag(tx: Tx, tag_id: Id) -> Reply:
    return one("tag", tag_out(_get(tx, tag_id)))


@V2.add("PUT", "/tags/{tag_id}", section="2.9", cost=0, scopes="write", shows=TagOut)
def update_tag(tx: Tx, tag_id: Id, body: Annotated[Data, FORM]) -> Reply:
    label = _get(tx, tag_id)
    given = FORM.read(body, shown=msgspec.structs.asdict(tag_out(label)))
    return one("tag", tag_out(actions.rename_label(tx, label, given.get("name", label.name))))


@V2.add("DELETE", "/tags/{tag_id}", section="2.9", cost=0, scopes="write", status=204, shows=None, pooled=True)
def delete_tag(tx: Tx, tag_id: Id) -> Reply:
    actions.delete_label(tx, _get(tx, tag_id))
    return empty()
