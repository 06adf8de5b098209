"""Users, version 1 (contract 2.9)."""

from typing import Annotated, Any, Final, TypedDict
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import msgspec

from dealflow.actions import users as actions
from dealflow.core.company import User
from dealflow.core.text import read_name, search_key
from dealflow.core.time import Instant, moment, spaced
from dealflow.dialects.pipedrive.dialect import V1, ok
from dealflow.dialects.pipedrive.paging import DEFAULT
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import NameText, Reply

READ: Final = "users:read"
FIRST_USER: Final = 1
ENGLISH: Final = 1
DEFAULT_ROLE: Final = 1
DEALS_APP: Final = "sales"
LONGEST_EMAIL: Final = 254


class AccessOut(TypedDict):
    """What a user may do in one part of the product."""

    app: str
    admin: bool
    permission_set_id: str


class UserOut(msgspec.Struct):
    """A user; `is_you` marks the caller."""

    id: int
    name: str
    default_currency: str
    locale: str
    lang: int
    email: str
    phone: str | None
    activated: bool
    last_login: str | None
    created: str
    modified: str
    has_created_company: bool
    access: list[AccessOut]
    active_flag: bool
    timezone_name: str
    timezone_offset: str
    role_id: int
    icon_url: str | None
    is_you: bool
    is_deleted: bool


class Language(TypedDict):
    """The parts of a locale."""

    language_code: str
    country_code: str


class MyselfOut(UserOut):
    """The caller, with the company."""

    company_id: int
    company_name: str
    company_domain: str
    company_country: str | None
    company_industry: str | None
    language: Language


class SettingsOut(TypedDict):
    """The settings of the caller."""

    marketplace_team: bool
    list_limit: int
    beta_app: bool
    prevent_salesphone_callto_override: bool
    file_upload_destination: str
    callto_link_syntax: str
    autofill_deal_expected_close_date: bool
    person_duplicate_condition: bool


class FindQuery(msgspec.Struct):
    """What to look for in names, or in e-mail addresses instead."""

    term: NameText
    search_by_email: bool = False


class Access(msgspec.Struct):
    """What a user may do in one part of the vendor's product; only deals (`sales`) are here."""

    app: str
    admin: bool = False


class NewUser(msgspec.Struct):
    """Body of an addition."""

    email: Annotated[str, msgspec.Meta(max_length=LONGEST_EMAIL, extra_json_schema={"format": "email"})]
    access: list[Access] | None = None
    active_flag: bool = True


class UserChanges(msgspec.Struct):
    """Body of a change."""

    active_flag: bool


def _access(tx: Tx, user: User) -> list[AccessOut]:
    """Deal admins are admins of the account as well. The ids of permission sets are the same for ever."""
    apps = {DEALS_APP: user.is_admin, "global": user.is_admin}
    if user.is_admin:
        apps["account_settings"] = True
    return [
        {"app": app, "admin": admin, "permission_set_id": str(uuid5(NAMESPACE_URL, f"{tx.company_id}/{app}/{admin}"))}
        for app, admin in apps.items()
    ]


def _offset(at: Instant, timezone: str) -> str:
    """`+03:00`: how far a zone's clocks are ahead of UTC at an instant."""
    return moment(at).astimezone(ZoneInfo(timezone)).isoformat()[-6:]


def _attributes(tx: Tx, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "default_currency": user.currency,
        "locale": user.locale,
        "lang": ENGLISH,
        "email": user.email,
        "phone": user.phone,
        "activated": True,
        "last_login": None if user.last_login_at is None else spaced(user.last_login_at),
        "created": spaced(user.created_at),
        "modified": spaced(user.updated_at),
        "has_created_company": user.id == FIRST_USER,
        "access": _access(tx, user),
        "active_flag": user.is_active,
        "timezone_name": user.timezone,
        "timezone_offset": _offset(tx.now, user.timezone),
        "role_id": DEFAULT_ROLE,
        "icon_url": None,
        "is_you": user.id == tx.user_id,
        "is_deleted": False,
    }


def user_out(tx: Tx, user: User) -> UserOut:
    """The wire object."""
    return UserOut(**_attributes(tx, user))


@V1.add("GET", "/users", section="2.9", cost=20, scopes=READ, shows=list[UserOut])
def list_users(tx: Tx) -> Reply:
    return ok([user_out(tx, user) for user in users.everyone(tx)])


@V1.add("POST", "/users", section="2.9", cost=10, scopes="admin", admin=True, shows=UserOut)
def add_user(tx: Tx, body: NewUser) -> Reply:
    """The new user signs in with a token that an operator makes: tokens never go over the wire."""
    is_admin = any(access.app == DEALS_APP and access.admin for access in body.access or ())
    return ok(user_out(tx, actions.invite_user(tx, body.email, is_admin=is_admin, is_active=body.active_flag)))


@V1.add("GET", "/users/find", section="2.9", cost=40, scopes=READ, shows=list[UserOut])
def find_users(tx: Tx, query: FindQuery) -> Reply:
    term = search_key(read_name(query.term, "term"))
    found = [
        user
        for user in users.everyone(tx)
        if term in (user.email_key if query.search_by_email else search_key(user.name))
    ]
    return ok([user_out(tx, user) for user in found])


@V1.add("GET", "/users/me", section="2.9", cost=2, scopes="base", shows=MyselfOut)
def get_myself(tx: Tx) -> Reply:
    company = users.company(tx)
    me = users.users.get(tx, tx.user_id)
    language, _, country = me.locale.partition("_")
    shown = MyselfOut(
        **_attributes(tx, me),
        company_id=company.company_id,
        company_name=company.name,
        company_domain=company.domain,
        company_country=company.country,
        company_industry=None,
        language={"language_code": language, "country_code": country},
    )
    return ok(shown)


@V1.add("GET", "/users/{user_id}", section="2.9", cost=2, scopes=READ, shows=UserOut)
def get_user(tx: Tx, user_id: int) -> Reply:
    return ok(user_out(tx, users.users.get(tx, user_id)))


@V1.add("PUT", "/users/{user_id}", section="2.9", cost=10, scopes="admin", admin=True, shows=UserOut)
def update_user(tx: Tx, user_id: int, body: UserChanges) -> Reply:
    return ok(user_out(tx, actions.set_user_active(tx, user_id, active=body.active_flag)))


@V1.add("GET", "/users/{user_id}/permissions", section="2.9", cost=10, scopes=READ, shows=dict[str, bool])
def get_permissions(tx: Tx, user_id: int) -> Reply:
    """What the server lets the user do; what it does not have, nobody may do."""
    user = users.users.get(tx, user_id)
    sees_all = user.is_admin or user.sees_all
    permissions = {
        "can_add_custom_fields": user.is_admin,
        "can_add_products": False,
        "can_bulk_edit_items": True,
        "can_change_visibility_of_items": True,
        "can_delete_custom_fields": user.is_admin,
        "can_delete_deals": True,
        "can_edit_custom_fields": user.is_admin,
        "can_edit_deals_closed_date": True,
        "can_edit_products": False,
        "can_export_data_from_lists": True,
        "can_follow_other_users": False,
        "can_merge_deals": True,
        "can_modify_labels": user.is_admin,
        "can_see_company_wide_statistics": sees_all,
        "can_see_deals_list_summary": True,
        "can_see_hidden_items_names": False,
        "can_see_other_users": True,
        "can_see_other_users_statistics": sees_all,
        "can_use_api": user.is_active,
        "can_use_email_tracking": False,
        "can_use_import": False,
    }
    return ok(permissions)


@V1.add("GET", "/users/{user_id}/followers", section="2.9", cost=20, scopes=READ, shows=list[dict[str, Any]])
def get_followers(tx: Tx, user_id: int) -> Reply:
    """Always empty for a user who exists: here users follow deals, persons and organizations, not each other."""
    users.users.get(tx, user_id)
    return ok([])


@V1.add("GET", "/userSettings", section="2.9", cost=2, scopes="base", shows=SettingsOut)
def get_settings(tx: Tx) -> Reply:
    """The same for every user: none of it can be set here."""
    settings: SettingsOut = {
        "marketplace_team": False,
        "list_limit": DEFAULT,
        "beta_app": False,
        "prevent_salesphone_callto_override": False,
        "file_upload_destination": "local",
        "callto_link_syntax": "tel:###number###",
        "autofill_deal_expected_close_date": False,
        "person_duplicate_condition": False,
    }
    return ok(settings)
