"""Users: to be read only (contract 2.6)."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from dealflow.core.company import User
from dealflow.core.text import search_key
from dealflow.core.time import Instant, iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import item, listed, one
from dealflow.dialects.sell.lists import ListQuery, matching, page_of, read_id_list
from dealflow.dialects.sell.values import utc_offset
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

SORTS: Final[Mapping[str, Callable[[User], Any]]] = {
    "id": lambda user: user.id,
    "name": lambda user: user.name,
    "created_at": lambda user: user.created_at,
    "updated_at": lambda user: user.updated_at,
}


class UserOut(msgspec.Struct):
    """A user. There are neither teams nor groups here, nobody awaits confirmation, and nobody is known to Zendesk."""

    id: int
    name: str
    email: str
    status: str
    invited: bool
    confirmed: bool
    role: str
    roles: list[dict[str, Any]]
    team_name: str | None
    group: dict[str, Any] | None
    reports_to: int | None
    timezone: str
    phone_number: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None
    zendesk_user_id: str | None
    identity_type: str


class UsersQuery(ListQuery, kw_only=True):
    """Parameters of the list; a name is matched whole with its case, an e-mail address without."""

    zendesk_user_ids: str | None = None
    name: str | None = None
    email: str | None = None
    role: Literal["user", "admin"] | None = None
    status: Literal["active", "inactive"] | None = None
    confirmed: bool | None = None


def _status(user: User) -> str:
    return "active" if user.is_active else "inactive"


def user_out(user: User, now: Instant) -> UserOut:
    """The wire object; the time zone is shown as it is from UTC now."""
    return UserOut(
        id=user.id,
        name=user.name,
        email=user.email,
        status=_status(user),
        invited=True,
        confirmed=True,
        role=user.role,
        roles=[],
        team_name=None,
        group=None,
        reports_to=None,
        timezone=utc_offset(user.timezone, now),
        phone_number=user.phone,
        created_at=iso(user.created_at),
        updated_at=iso(user.updated_at),
        deleted_at=None,
        zendesk_user_id=None,
        identity_type="person",
    )


@V2.add("GET", "/users", section="2.6", cost=0, scopes="profile", shows=list[UserOut])
def list_users(tx: Tx, query: UsersQuery) -> Reply:
    found = matching(users.everyone(tx), query.name, lambda user: user.name)
    found = matching(found, None if query.email is None else search_key(query.email), lambda user: user.email_key)
    found = matching(found, query.role, lambda user: user.role)
    found = matching(found, query.status, _status)
    found = matching(found, query.confirmed, lambda _: True)
    if query.zendesk_user_ids is not None and read_id_list(query.zendesk_user_ids, "zendesk_user_ids"):
        found = []
    page = page_of(found, query, SORTS)
    return listed([item("user", user_out(user, tx.now)) for user in page], query.page, query.per_page)


@V2.add("GET", "/users/self", section="2.6", cost=0, scopes="profile", shows=UserOut)
def get_self(tx: Tx) -> Reply:
    return one("user", user_out(users.users.get(tx, tx.user_id), tx.now))


@V2.add("GET", "/users/{user_id}", section="2.6", cost=0, scopes="profile", shows=UserOut)
def get_user(tx: Tx, user_id: Id) -> Reply:
    return one("user", user_out(users.users.get(tx, user_id), tx.now))
