"""What Search finds: deals, notes and tasks, by which attributes, and how they are shown (contract 3.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.core import money
from dealflow.core.activity import Activity
from dealflow.core.company import Viewer
from dealflow.core.deal import Deal
from dealflow.core.note import Note
from dealflow.dialects.sell.custom_values import read_stored, show_value
from dealflow.dialects.sell.links import KINDS
from dealflow.dialects.sell.lists import Where
from dealflow.dialects.sell.v2 import deals as v2_deals
from dealflow.dialects.sell.v2.notes import note_out
from dealflow.dialects.sell.v2.tasks import task_out
from dealflow.dialects.sell.values import cents
from dealflow.storage import deals, fields, pipelines
from dealflow.storage.links import RANKS, reachable_by
from dealflow.storage.search import Branch, Leaf, Node, Place, Search
from dealflow.storage.search_subjects import ACTIVITIES, DEALS, NOTES
from dealflow.storage.tx import Tx

Show = Callable[[Any], dict[str, Any]]
NEVER: Final = Branch("any", ())


class Word(NamedTuple):
    """An attribute as Search names it. `attribute` is the core's, None for what follows from others.

    `kind` says how values are read, where that is not the kind of the attribute: a `date` is the day of an instant.
    `equals` makes the test for one of some values, where that is not a plain comparison.
    """

    attribute: str | None
    kind: str | None = None
    equals: Callable[[Tx, Sequence[Any]], Node] | None = None


class Resource(NamedTuple):
    """A kind of record. `shown` are attributes that are answered but not searched by.

    `fields` are the resources of its custom fields, by what stands before the id: `contact:12`. `labels` is the
    resource of its tags. `zoned`: dates and times without a zone are of the company's.
    """

    path: str
    type: str
    search: Search
    words: Mapping[str, Word]
    seen: Callable[[Viewer], Where]
    show: Callable[[Tx, Sequence[Any]], Show]
    shown: frozenset[str] = frozenset()
    fields: Mapping[str, str] = {}
    labels: str | None = None
    zoned: bool = False


def same(*names: str) -> dict[str, Word]:
    """Attributes that the core names alike."""
    return {name: Word(name) for name in names}


def custom_by_id(tx: Tx, resources: Sequence[str], stored: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    """How stored custom values are shown here: by the ids of their fields."""
    if all(each == "{}" for each in stored):
        return lambda _: {}
    defined = [field for resource in resources for field in fields.live(tx, resource).values()]

    def show(stored: str) -> dict[str, Any]:
        values = read_stored(stored)
        return {str(each.id): show_value(each, values[each.key]) for each in defined if each.key in values}

    return show


# ----------------------------------------------------------------------------------------------------------- deals


def _in_shown_stages(tx: Tx, ids: Sequence[int]) -> Node:
    """Open deals in some of the stages, and closed ones whose pipelines show their outcome as one of them."""
    stages = pipelines.stages.by_id(tx, ids).values()
    open_ids = tuple(stage.id for stage in stages if stage.category == "open")
    ways: list[Node] = [
        Branch(
            "all",
            (
                Leaf(Place("outcome"), "among", (stage.category,)),
                Leaf(Place("pipeline_id"), "among", (stage.pipeline_id,)),
            ),
        )
        for stage in stages
        if stage.category != "open"
    ]
    if open_ids:
        is_open = Leaf(Place("outcome"), "among", ("open",))
        ways.append(Branch("all", (is_open, Leaf(Place("stage_id"), "among", open_ids))))
    return Branch("any", tuple(ways))


def _show_deals(tx: Tx, found: Sequence[Deal]) -> Show:
    shown = v2_deals.Shown(tx, [deal._replace(custom_fields="{}") for deal in found])
    custom = custom_by_id(tx, ["deal"], [deal.custom_fields for deal in found])

    def show(deal: Deal) -> dict[str, Any]:
        data = msgspec.structs.asdict(shown.out(deal))
        data["decimal_value"] = data["value"] = money.number(cents(deal.value))
        data["added_at"] = data["added_at"][:10]
        data["pipeline_id"] = deal.pipeline_id
        data["custom_fields"] = custom(deal.custom_fields)
        return data

    return show


DEAL_SEARCH: Final = Resource(
    path="deals",
    type="deal",
    search=DEALS,
    words={
        **same("id", "creator_id", "owner_id", "contact_id", "organization_id", "currency", "hot", "pipeline_id"),
        **same("source_id", "loss_reason_id", "unqualified_reason_id", "last_activity_at", "created_at", "updated_at"),
        "name": Word("title"),
        "decimal_value": Word("value"),
        "value": Word("value"),
        "stage_id": Word("shown_stage_id", equals=_in_shown_stages),
        "last_stage_change_at": Word("sell_stage_changed_at"),
        "last_stage_change_by_id": Word("sell_stage_changed_by_id"),
        "estimated_close_date": Word("expected_close"),
        "customized_win_likelihood": Word("probability"),
        "added_at": Word("started_at", "date"),
        "tags": Word("label_ids"),
    },
    seen=lambda viewer: {"not_deleted": {}, **deals.visible_to(viewer)},
    show=_show_deals,
    shown=frozenset({"dropbox_email"}),
    fields={"": "deal"},
    labels="deal",
)


# -------------------------------------------------------------------------------------------------- notes and tasks


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

SEARCHED: Final = (DEAL_SEARCH, NOTE_SEARCH, TASK_SEARCH)
