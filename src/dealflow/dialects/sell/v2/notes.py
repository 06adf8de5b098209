"""Notes (contract 2.11)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.actions import notes as actions
from dealflow.core.note import KINDS, LONGEST, Note
from dealflow.core.text import search_key
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, choice, flag, names, nothing, text
from dealflow.dialects.sell.links import link_attributes, link_filter, read_link, show_link
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.storage import notes, users
from dealflow.storage.links import reachable_by
from dealflow.storage.parties import containing
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        "content": text(longest=LONGEST, required=True),
        **link_attributes(("contact", "deal", "lead"), required=True),
        "type": choice(KINDS, "kind", nullable=False),
        "is_important": flag(),
        "tags": names(),
        **dict.fromkeys(("id", "creator_id", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {
    "id": Sort("id"),
    "resource_type": Sort("about", "no_about"),
    "created_at": Sort("created_at"),
    "updated_at": Sort("updated_at"),
}

read_tags = msgspec.json.Decoder(list[str]).decode


class NoteOut(msgspec.Struct):
    """A note. `tags` are its own, no labels of the company."""

    id: int
    creator_id: int
    content: str
    resource_type: str | None
    resource_id: int | None
    type: str
    is_important: bool
    tags: list[str]
    created_at: str
    updated_at: str


class NotesQuery(ListQuery, kw_only=True):
    """Parameters of the list; `q` is looked for in the content, `includes` changes nothing."""

    creator_id: Id | None = None
    resource_type: Literal["contact", "deal", "lead"] | None = None
    resource_id: Id | None = None
    q: str | None = None
    includes: str | None = None


def note_out(note: Note) -> NoteOut:
    """The wire object."""
    return NoteOut(
        note.id,
        note.creator_id,
        note.content,
        *show_link(note.about),
        note.kind,
        note.is_important,
        read_tags(note.tags),
        iso(note.created_at),
        iso(note.updated_at),
    )


def note_conditions(tx: Tx, query: NotesQuery) -> Where:
    """The conditions of a list."""
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    if query.creator_id is not None:
        where["creator"] = {"creator_id": query.creator_id}
    if query.q is not None:
        where["content_matches"] = {"pattern": containing(search_key(query.q))}
    return where


def _read(data: Data, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return read_link(FORM.read(data, shown), shown)


@V2.add("GET", "/notes", section="2.11", cost=0, scopes="read", shows=list[NoteOut])
def list_notes(tx: Tx, query: NotesQuery) -> Reply:
    found = read_page(tx, notes.notes, query, note_conditions(tx, query), SORTS, "updated_at")
    return listed([item("note", note_out(note)) for note in found], query.page, query.per_page)


@V2.add("POST", "/notes", section="2.11", cost=0, scopes="write", shows=NoteOut)
def add_note(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return one("note", note_out(actions.add_note(tx, _read(body))))


@V2.add("GET", "/notes/{note_id}", section="2.11", cost=0, scopes="read", shows=NoteOut)
def get_note(tx: Tx, note_id: Id) -> Reply:
    return one("note", note_out(actions.readable_note(tx, note_id)))


@V2.add("PUT", "/notes/{note_id}", section="2.11", cost=0, scopes="write", shows=NoteOut)
def update_note(tx: Tx, note_id: Id, body: Annotated[Data, FORM]) -> Reply:
    shown = msgspec.to_builtins(note_out(actions.readable_note(tx, note_id)))
    return one("note", note_out(actions.update_note(tx, note_id, _read(body, shown))))


@V2.add("DELETE", "/notes/{note_id}", section="2.11", cost=0, scopes="write", status=204, shows=None)
def delete_note(tx: Tx, note_id: Id) -> Reply:
    actions.delete_note(tx, note_id)
    return empty()
