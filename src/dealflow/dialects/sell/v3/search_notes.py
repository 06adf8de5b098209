"""Searching notes and tasks (contract 3.3)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from dealflow.core.activity import Activity
from dealflow.core.note import Note
from dealflow.dialects.sell.links import KINDS
from dealflow.dialects.sell.v2.notes import note_out
from dealflow.dialects.sell.v2.tasks import task_out
from dealflow.dialects.sell.v3.searched import NEVER, Resource, Show, Word, same
from dealflow.storage.links import RANKS, reachable_by
from dealflow.storage.search import Branch, Leaf, Node, Place
from dealflow.storage.search_subjects import ACTIVITIES, NOTES
from dealflow.storage.tx import Tx


def _about_one_of(_: Tx, types: Sequence[str]) -> Node:
    ranks = tuple(RANKS[KINDS[each]] for each in types if each in ("contact", "deal", "lead"))
    return Leaf(Place("about_rank"), "among", ranks) if ranks else NEVER


def _overdue(tx: Tx, wanted: Sequence[bool]) -> Node:
    due = Branch("all", (Leaf(Place("done"), "among", (False,)), Leaf(Place("due_at"), "below", (tx.now,))))
    return Branch("any", tuple(due if each else Branch("none", (due,)) for each in set(wanted)))


ABOUT: Final = {"resource_type": Word("about_rank", "text", _about_one_of), "resource_id": Word("about_id")}


def _show_notes(_: Tx, __: Sequence[Note]) -> Show:
    return lambda note: msgspec.structs.asdict(note_out(note))


def _show_tasks(tx: Tx, _: Sequence[Activity]) -> Show:
    return lambda activity: msgspec.structs.asdict(task_out(activity, tx.now))


NOTE_SEARCH: Final = Resource(
    path="notes",
    type="note",
    search=NOTES,
    words={
        **same("id", "creator_id", "content", "is_important", "tags", "created_at", "updated_at"),
        **ABOUT,
        "type": Word("kind"),
    },
    seen=reachable_by,
    show=_show_notes,
)
TASK_SEARCH: Final = Resource(
    path="tasks",
    type="task",
    search=ACTIVITIES,
    words={
        **same("id", "creator_id", "owner_id", "remind_at", "created_at", "updated_at"),
        **ABOUT,
        "content": Word("subject"),
        "due_date": Word("due_at"),
        "completed": Word("done"),
        "completed_at": Word("done_at"),
        "overdue": Word(None, "flag", _overdue),
    },
    seen=reachable_by,
    show=_show_tasks,
    zoned=True,
)
