"""What contacts and leads have alike: texts, ways to reach them, address, tags, custom fields (contract 2.5, 2.13)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import msgspec

from dealflow.actions.labels import labels_named
from dealflow.core.fields import Field
from dealflow.core.time import Instant, iso
from dealflow.dialects.sell.custom_values import read_address, read_custom, read_stored, show_address, show_custom
from dealflow.dialects.sell.dialect import Data
from dealflow.dialects.sell.errors import BadParameter, Problem, Rejected
from dealflow.dialects.sell.form import TEXT_LENGTH, Attribute, Form, link, mapping, names, nothing, text
from dealflow.dialects.sell.lists import ListQuery, Sort, Where
from dealflow.dialects.sell.tags import show_tags
from dealflow.storage.tx import Tx
from dealflow.wire import Id

TEXTS: Final = ("title", "description", "industry", "website", "twitter", "facebook", "linkedin", "skype")
REACHED_BY: Final = ("email", "phone", "mobile", "fax")
ADDRESSES: Final = ("address", "billing_address", "shipping_address")
ADDRESS_FILTERS: Final = ("city", "postal_code", "country")

ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    "owner_id": link(nullable=False),
    "first_name": text(),
    "last_name": text(),
    **{name: text() for name in (*TEXTS, *REACHED_BY)},
    "description": text(longest=TEXT_LENGTH),
    "address": mapping(),
    "tags": names(),
    "custom_fields": mapping(nullable=False),
    **dict.fromkeys(("id", "creator_id", "created_at", "updated_at"), nothing()),
}
"""The attributes of both forms."""

SORTS: Final[Mapping[str, Sort]] = {
    **{name: Sort(name) for name in ("id", "creator_id", "owner_id", "created_at", "updated_at")},
    **{name: Sort(name, f"no_{name}", keyed=True) for name in ("first_name", "last_name", "email")},
    **{name: Sort(name, f"no_{name}") for name in (*TEXTS, *REACHED_BY) if name != "email"},
}
"""The sort keys of both lists."""


class Profile(msgspec.Struct, kw_only=True):
    """The attributes of both wire objects, behind those of their own."""

    title: str | None
    description: str | None
    industry: str | None
    website: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    fax: str | None
    twitter: str | None
    facebook: str | None
    linkedin: str | None
    skype: str | None
    address: dict[str, Any]
    tags: list[str]
    custom_fields: dict[str, Any]
    created_at: str
    updated_at: str


class ProfilesQuery(ListQuery, kw_only=True):
    """The filters of both lists."""

    creator_id: Id | None = None
    owner_id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: dict[str, str] | None = None
    custom_fields: dict[str, str] | None = None


class Record(Protocol):
    """A party or a lead."""

    @property
    def label_ids(self) -> str: ...
    @property
    def details(self) -> str: ...
    @property
    def custom_fields(self) -> str: ...
    @property
    def created_at(self) -> Instant: ...
    @property
    def updated_at(self) -> Instant: ...


def kept_details(record: Record) -> dict[str, Any]:
    """What stands in the details of a record."""
    return read_stored(record.details) if record.details != "{}" else {}


def shown_profile(
    record: Record,
    details: Mapping[str, Any],
    reached_by: Mapping[str, str | None],
    labels: Mapping[int, str],
    defined: Mapping[str, Field],
) -> dict[str, Any]:
    """The attributes of a `Profile`; those that are not in `reached_by` are among the details."""
    return {
        **{name: details.get(name) for name in (*TEXTS, *REACHED_BY)},
        **reached_by,
        "address": show_address(details.get("address")),
        "tags": show_tags(labels, record.label_ids),
        "custom_fields": show_custom(defined, record.custom_fields),
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def shared_conditions(query: ProfilesQuery) -> Where:
    """The conditions of the filters that are told by plain values. Raises BadParameter."""
    where: Where = {}
    for name, bind in (("creator_id", "creator_id"), ("owner_id", "owner_id")):
        value = getattr(query, name)
        if value is not None:
            where[name.removesuffix("_id")] = {bind: value}
    for name, value in (query.address or {}).items():
        if name not in ADDRESS_FILTERS:
            raise BadParameter(f"address[{name[:80]}]", f"must be one of {', '.join(ADDRESS_FILTERS)}")
        where[name] = {f"of_{name}": value}
    return where


@contextmanager
def _noted(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except Rejected as error:
        problems += error.problems


def read_profile(
    tx: Tx,
    form: Form,
    data: Data,
    shown: Mapping[str, Any] | None,
    *,
    tagged: str,
    customized: str,
    before: Record | None = None,
    problems: Sequence[Problem] = (),
) -> dict[str, Any]:
    """The attributes of a body in the core's words; new tags are made. Raises Rejected with all that is wrong.

    `tagged` is the resource of the labels, `customized` that of the custom fields; `problems` are known already.
    """
    found = list(problems)
    given: dict[str, Any] = {}
    with _noted(found):
        given = form.read(data, shown)
    kept = kept_details(before) if before is not None else {}
    for name in ADDRESSES:
        if given.get(name) is not None:
            with _noted(found):
                _read_address(given, name, (shown or {}).get(name, {}), kept.get(name))
    values = given.pop("custom_fields", {})
    with _noted(found):
        given["custom"] = read_custom(tx, customized, values, before.custom_fields if before is not None else "{}")
    if found:
        raise Rejected(found)
    if "tags" in given:
        given["label_ids"] = labels_named(tx, tagged, given.pop("tags"))
    return given


def _read_address(given: dict[str, Any], name: str, shown: Mapping[str, Any], kept: Mapping[str, Any] | None) -> None:
    """Read one address in place; one whose parts all are as they were is taken out."""
    if {**shown, **given[name]} == shown:
        del given[name]
    else:
        given[name] = read_address(given[name], name, kept)


def blank(value: Any) -> bool:
    """Whether a name is as good as none."""
    return value is None or (isinstance(value, str) and not value.strip())
