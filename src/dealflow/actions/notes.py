"""Notes: add, change, delete.

Attributes are given by the core's words: `content`, `kind`, `is_important`, `tags` (names) and the links, as
`actions.links` reads them. A note is always about something.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dealflow.actions.links import given_links
from dealflow.actions.touch import touch_deals
from dealflow.core.errors import Invalid
from dealflow.core.note import KINDS, LONGEST, REGULAR, Note
from dealflow.core.text import read_text, search_key
from dealflow.storage import counters, events, notes, users
from dealflow.storage.links import get_reachable
from dealflow.storage.tx import Tx

NOTES: Final = notes.notes


def add_note(tx: Tx, given: Mapping[str, Any]) -> Note:
    """A new note; a deal it is about has seen activity. Raises Invalid."""
    if "content" not in given:
        raise Invalid("content", "is required")
    blank = Note(
        id=0,
        content="",
        content_key="",
        kind=REGULAR,
        is_important=False,
        tags="[]",
        creator_id=tx.user_id,
        deal_id=None,
        person_id=None,
        organization_id=None,
        lead_id=None,
        created_at=tx.now,
        updated_at=tx.now,
        deleted_at=None,
        version=1,
    )
    note = _changed(tx, blank, given)
    note = NOTES.add(tx, note._replace(id=counters.next_id(tx, "note")))
    events.created(tx, "note", note)
    touch_deals(tx, [note.deal_id])
    return note


def readable_note(tx: Tx, note_id: int) -> Note:
    """A note that is not deleted, nor what it is about, and that the user may see. Raises NotFound."""
    return get_reachable(tx, NOTES, note_id, users.me(tx))


def update_note(tx: Tx, note_id: int, given: Mapping[str, Any]) -> Note:
    """Change what is given. Raises NotFound, Invalid."""
    before = readable_note(tx, note_id)
    after = _changed(tx, before, given)
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "note", before, after)
    touch_deals(tx, [after.deal_id])
    return NOTES.save(tx, before, after)


def delete_note(tx: Tx, note_id: int) -> None:
    """Mark a note as deleted. Raises NotFound."""
    before = readable_note(tx, note_id)
    after = before._replace(deleted_at=tx.now, updated_at=tx.now)
    events.changed(tx, "note", before, after, "deleted")
    NOTES.save(tx, before, after)


def _changed(tx: Tx, note: Note, given: Mapping[str, Any]) -> Note:
    """The note with all that is given applied and checked."""
    changes: dict[str, Any] = given_links(tx, given)
    if "content" in given:
        content = read_text(given["content"], "content", LONGEST)
        changes |= {"content": content, "content_key": search_key(content)}
    if "kind" in given:
        if given["kind"] not in KINDS:
            raise Invalid("kind", "value is not included in the list")
        changes["kind"] = given["kind"]
    if "is_important" in given:
        changes["is_important"] = given["is_important"]
    if "tags" in given:
        changes["tags"] = msgspec.json.encode(given["tags"]).decode()
    note = note._replace(**changes)
    if note.about is None:
        raise Invalid("about", "is required")
    return note
