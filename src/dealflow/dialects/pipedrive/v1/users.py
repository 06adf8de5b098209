"""Users, version 1 (contract 2.9)."""

from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import msgspec

from dealflow.actions import users as actions
from dealflow.core.company import User
from dealflow.core.text import search_key
from dealflow.core.time import Instant, moment, spaced
from dealflow.dialects.pipedrive.dialect import V1, ok
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

READ: Final = "users:read"
FIRST_USER: Final = 1
ENGLISH: Final = 1
DEFAULT_ROLE: Final = 1
DEALS_APP: Final = "sales"

FOR_ALL: Final = (
    "can_add_products",
    "can_bulk_edit_items",
    "can_change_visibility_of_items",
    "can_delete_deals",
    "can_edit_deals_closed_date",
    "can_edit_shared_filters",
    "can_export_data_from_lists",
    "can_follow_other_users",
    "can_merge_deals",
    "can_merge_organizations",
    "can_merge_people",
    "can_see_deals_list_summary",
    "can_see_hidden_items_names",
    "can_see_other_users",
    "can_share_filters",
    "can_use_api",
)
EMAIL_LENGTH: Final = 254


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
    access: list[dict[str, Any]]
    active_flag: bool
    timezone_name: str
    timezone_offset: str
    role_id: int
    icon_url: str | None
    is_you: bool
    is_deleted: bool


class MyselfOut(UserOut):
    """The caller, with the company."""

    company_id: int
    company_name: str
    company_domain: str
    company_country: str | None
    company_industry: str | None
    language: dict[str, str]
