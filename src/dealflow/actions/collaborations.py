"""Collaborations: add, delete."""

from typing import Final

from dealflow.actions.links import found_kind
from dealflow.actions.users import active_user
from dealflow.core.about import About
from dealflow.core.collaboration import Collaboration
from dealflow.core.errors import Conflict
from dealflow.storage import collaborations, counters, events, users
from dealflow.storage.links import get_reachable
from dealflow.storage.tx import Tx

COLLABORATIONS: Final = collaborations.collaborations


def add_collaboration(tx: Tx, about: About, collaborator_id: int) -> Collaboration:
    """Let a user, the owner too, work on a record. Raises Invalid, Conflict if they do already."""
    found_kind(tx, about)
    active_user(tx, collaborator_id, "collaborator_id")
    same = {"of_resource": about.kind, "of_record": about.id, "collaborator_id": collaborator_id}
    if COLLABORATIONS.all(tx, {"same": same}):
        raise Conflict("collaborator_id", "already exists")
    made = Collaboration(
        counters.next_id(tx, "collaboration"), about.kind, about.id, collaborator_id, tx.user_id, tx.now, tx.now
    )
    COLLABORATIONS.add(tx, made)
    events.created(tx, "collab", made)
    return made


def readable_collaboration(tx: Tx, collaboration_id: int) -> Collaboration:
    """A collaboration on a record that is not deleted and that the user may see. Raises NotFound."""
    return get_reachable(tx, COLLABORATIONS, collaboration_id, users.me(tx))


def delete_collaboration(tx: Tx, collaboration_id: int) -> None:
    """End a collaboration. Raises NotFound."""
    found = readable_collaboration(tx, collaboration_id)
    COLLABORATIONS.drop(tx, found.id)
    events.append(tx, "collab", found.id, "deleted", found._asdict(), None)
