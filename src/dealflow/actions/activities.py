"""Activities: add, change, do, delete.

Attributes are given by the core's words: `type`, `subject`, `due_at`, `remind_at`, `done`, `owner_id` and the links, as
`actions.links` reads them.
"""

from collections.abc import Mapping
from typing import Any, Final

from dealflow.actions.links import given_links
from dealflow.actions.touch import touch_deals
from dealflow.actions.users import active_user
from dealflow.core.activity import LONGEST, TASK, Activity
from dealflow.core.errors import Invalid
from dealflow.core.text import read_text, search_key
from dealflow.storage import activities, counters, events, users
from dealflow.storage.links import get_reachable
from dealflow.storage.tx import Tx

ACTIVITIES: Final = activities.activities
PLAIN: Final = ("type", "due_at", "remind_at")


def add_activity(tx: Tx, given: Mapping[str, Any]) -> Activity:
    """A new activity, a task of the user's own unless said otherwise. Raises Invalid."""
    if "subject" not in given:
        raise Invalid("subject", "is required")
    blank = Activity(
        id=0,
        type=TASK,
        subject="",
        subject_key="",
        due_at=None,
        remind_at=None,
        done=False,
        done_at=None,
        owner_id=tx.user_id,
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
    activity = _changed(tx, blank, given)
    activity = ACTIVITIES.add(tx, activity._replace(id=counters.next_id(tx, "activity")))
    events.created(tx, "activity", activity)
    touch_deals(tx, [activity.deal_id])
    return activity


def readable_activity(tx: Tx, activity_id: int) -> Activity:
    """An activity that is not deleted, nor what it is about, and that the user may see. Raises NotFound."""
    return get_reachable(tx, ACTIVITIES, activity_id, users.me(tx))


def update_activity(tx: Tx, activity_id: int, given: Mapping[str, Any]) -> Activity:
    """Change what is given. Raises NotFound, Invalid."""
    before = readable_activity(tx, activity_id)
    after = _changed(tx, before, given)
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "activity", before, after)
    touch_deals(tx, [after.deal_id])
    return ACTIVITIES.save(tx, before, after)


def delete_activity(tx: Tx, activity_id: int) -> None:
    """Mark an activity as deleted. Raises NotFound."""
    before = readable_activity(tx, activity_id)
    after = before._replace(deleted_at=tx.now, updated_at=tx.now)
    events.changed(tx, "activity", before, after, "deleted")
    ACTIVITIES.save(tx, before, after)


def _changed(tx: Tx, activity: Activity, given: Mapping[str, Any]) -> Activity:
    """The activity with all that is given applied and checked."""
    changes: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
    changes |= given_links(tx, given)
    if "subject" in given:
        subject = read_text(given["subject"], "subject", LONGEST)
        changes |= {"subject": subject, "subject_key": search_key(subject)}
    if "owner_id" in given and given["owner_id"] != activity.owner_id:
        changes["owner_id"] = active_user(tx, given["owner_id"])
    if "done" in given and given["done"] != activity.done:
        changes |= {"done": given["done"], "done_at": tx.now if given["done"] else None}
    return activity._replace(**changes)
