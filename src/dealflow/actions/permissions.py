"""Who may do what."""

from dealflow.core.errors import Forbidden
from dealflow.storage import users
from dealflow.storage.tx import Tx


def require_admin(tx: Tx) -> None:
    """Pipelines, stages, fields and users are the admins' business. Raises Forbidden."""
    if not users.me(tx).is_admin:
        raise Forbidden
