"""What admins do with the users of their company, and whom records may be given to."""

from dealflow.actions import companies
from dealflow.actions.permissions import require_admin
from dealflow.core.company import User
from dealflow.core.errors import Invalid
from dealflow.storage import users
from dealflow.storage.tx import Tx

LONGEST_NAME = 255


def invite_user(tx: Tx, email: str, *, is_admin: bool = False, is_active: bool = True) -> User:
    """A new user, named after the address until somebody says better. Raises Invalid, Conflict if it is in use."""
    require_admin(tx)
    name = email.strip().partition("@")[0][:LONGEST_NAME]
    user = companies.new_user(tx, name or email, email, role="admin" if is_admin else "user").user
    return user if is_active else companies.set_active(tx, user.id, active=False)


def set_user_active(tx: Tx, user_id: int, *, active: bool) -> User:
    """Let a user in or keep them out. Raises NotFound, Conflict for the last active admin."""
    require_admin(tx)
    return companies.set_active(tx, user_id, active=active)


def active_user(tx: Tx, user_id: int | None, field: str = "owner_id") -> int:
    """The id of a user who may be given something. Raises Invalid."""
    user = users.users.find(tx, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise Invalid(field, "no such user")
    return user.id
