"""Tasks: activities of every type (contract 2.12, 6.4 k)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.actions import activities as actions
from dealflow.core.activity import LONGEST, Activity
from dealflow.core.text import search_key
from dealflow.core.time import Instant, iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, flag, instant, link, nothing, text
from dealflow.dialects.sell.links import link_attributes, link_filter, read_link, show_link
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.dialects.sell.values import instant_out
from dealflow.storage import activities, users
from dealflow.storage.links import reachable_by
from dealflow.storage.parties import containing
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

FORM: Final = Form(
    {
        "content": text("subject", longest=LONGEST, required=True),
        "owner_id": link(nullable=False),
        "due_date": instant("due_at"),
        "remind_at": instant(),
        "completed": flag("done"),
        **link_attributes(("contact", "deal", "lead")),
        **dict.fromkeys(("id", "creator_id", "completed_at", "overdue", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {
    "id": Sort("id"),
    "resource_type": Sort("about", "no_about"),
    "completed_at": Sort("done_at", "no_done_at"),
    "due_date": Sort("due_at", "no_due_at"),
    "created_at": Sort("created_at"),
    "updated_at": Sort("updated_at"),
}


class TaskOut(msgspec.Struct):
    """A task; `overdue` if its due date has passed and it is not completed. It may be about nothing."""

    id: int
    creator_id: int
    owner_id: int
    content: str
    due_date: str | None
    remind_at: str | None
    completed: bool
    completed_at: str | None
    overdue: bool
    resource_type: str | None
    resource_id: int | None
    created_at: str
    updated_at: str


class TasksQuery(ListQuery, kw_only=True):
    """Parameters of the list: `floating` tasks are about nothing, `remind` asks whether there is a reminder."""

    creator_id: Id | None = None
    owner_id: Id | None = None
    q: str | None = None
    type: Literal["floating", "related"] | None = None
    resource_type: Literal["contact", "deal", "lead"] | None = None
    resource_id: Id | None = None
    completed: bool | None = None
    overdue: bool | None = None
    remind: bool | None = None


def task_out(activity: Activity, now: Instant) -> TaskOut:
    """The wire object as of now."""
    return TaskOut(
        activity.id,
        activity.creator_id,
        activity.owner_id,
        activity.subject,
        instant_out(activity.due_at),
        instant_out(activity.remind_at),
        activity.done,
        instant_out(activity.done_at),
        activity.is_overdue(now),
        *show_link(activity.about),
        iso(activity.created_at),
        iso(activity.updated_at),
    )


def task_conditions(tx: Tx, query: TasksQuery) -> Where:
    """The conditions of a list."""
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    if query.creator_id is not None:
        where["creator"] = {"creator_id": query.creator_id}
    if query.owner_id is not None:
        where["owner"] = {"owner_id": query.owner_id}
    if query.q is not None:
        where["subject_matches"] = {"pattern": containing(search_key(query.q))}
    if query.type is not None:
        where["about_nothing" if query.type == "floating" else "about_something"] = {}
    if query.completed is not None:
        where["done"] = {"is_done": query.completed}
    if query.overdue is not None:
        where["overdue" if query.overdue else "not_overdue"] = {"due_before": tx.now}
    if query.remind is not None:
        where["reminding" if query.remind else "not_reminding"] = {}
    return where


def _read(data: Data, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return read_link(FORM.read(data, shown), shown)


@V2.add("GET", "/tasks", section="2.12", cost=0, scopes="read", shows=list[TaskOut])
def list_tasks(tx: Tx, query: TasksQuery) -> Reply:
    found = read_page(tx, activities.activities, query, task_conditions(tx, query), SORTS, "updated_at")
    return listed([item("task", task_out(each, tx.now)) for each in found], query.page, query.per_page)


@V2.add("POST", "/tasks", section="2.12", cost=0, scopes="write", shows=TaskOut)
def add_task(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return one("task", task_out(actions.add_activity(tx, _read(body)), tx.now))


@V2.add("GET", "/tasks/{task_id}", section="2.12", cost=0, scopes="read", shows=TaskOut)
def get_task(tx: Tx, task_id: Id) -> Reply:
    return one("task", task_out(actions.readable_activity(tx, task_id), tx.now))


@V2.add("PUT", "/tasks/{task_id}", section="2.12", cost=0, scopes="write", shows=TaskOut)
def update_task(tx: Tx, task_id: Id, body: Annotated[Data, FORM]) -> Reply:
    shown = msgspec.to_builtins(task_out(actions.readable_activity(tx, task_id), tx.now))
    return one("task", task_out(actions.update_activity(tx, task_id, _read(body, shown)), tx.now))


@V2.add("DELETE", "/tasks/{task_id}", section="2.12", cost=0, scopes="write", status=204, shows=None)
def delete_task(tx: Tx, task_id: Id) -> Reply:
    actions.delete_activity(tx, task_id)
    return empty()
