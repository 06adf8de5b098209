"""Linked records as version 1 spells them out: objects whose `value` is the id (contract 2.8)."""

from collections.abc import Iterable
from typing import Any, Final, NotRequired, TypedDict

import msgspec

from dealflow.core.company import User
from dealflow.core.party import ContactPoint, Party

MAIL_DOMAIN: Final = "pipedrivemail.com"
_numbers = msgspec.json.Decoder(list[int])
_object = msgspec.json.Decoder(dict[str, Any])


class PointOut(TypedDict):
    """An e-mail address or number."""

    label: str
    value: str
    primary: bool


class UserRef(TypedDict):
    """A user that a record links to."""

    id: int
    name: str
    email: str
    has_pic: int
    pic_hash: None
    active_flag: bool
    value: int


class PersonRef(TypedDict):
    """A person that a record links to."""

    active_flag: bool
    name: str
    email: list[PointOut]
    phone: list[PointOut]
    owner_id: int
    company_id: NotRequired[int]
    value: int


class OrganizationRef(TypedDict):
    """An organization that a record links to."""

    name: str
    people_count: int
    owner_id: int
    address: str | None
    active_flag: bool
    cc_email: str
    owner_name: str | None
    label_ids: list[int]
    value: int


def cc_email(domain: str, deal_id: int | None = None) -> str:
    """The address that files a mail with the company `domain`, or with one of its deals."""
    return f"{domain}@{MAIL_DOMAIN}" if deal_id is None else f"{domain}+deal{deal_id}@{MAIL_DOMAIN}"


def point_list(points: Iterable[ContactPoint], *, emails: bool) -> list[PointOut]:
    """E-mail addresses, or numbers of every kind, in the order they were given."""
    wanted = sorted((point for point in points if (point.kind == "email") == emails), key=_position)
    return [{"label": point.label, "value": point.value, "primary": point.is_primary} for point in wanted]


def _position(point: ContactPoint) -> int:
    return point.position


def user_ref(user: User) -> UserRef:
    """A user: `user_id` and `creator_user_id` of a deal, `owner_id` of a person."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "has_pic": 0,
        "pic_hash": None,
        "active_flag": user.is_active,
        "value": user.id,
    }


def person_ref(party: Party, points: Iterable[ContactPoint], company_id: int | None = None) -> PersonRef:
    """A person: `person_id` of a deal; participants have the `company_id` as well."""
    points = list(points)
    shown: PersonRef = {
        "active_flag": party.deleted_at is None,
        "name": party.name,
        "email": point_list(points, emails=True),
        "phone": point_list(points, emails=False),
        "owner_id": party.owner_id,
        "value": party.id,
    }
    if company_id is not None:
        shown["company_id"] = company_id
    return shown


def organization_ref(party: Party, people_count: int, owner_name: str | None, mail: str) -> OrganizationRef:
    """An organization: `org_id` of a deal or person; `mail` is the company's `cc_email`."""
    address = _object.decode(party.details).get("address") or {}
    return {
        "name": party.name,
        "people_count": people_count,
        "owner_id": party.owner_id,
        "address": address.get("value"),
        "active_flag": party.deleted_at is None,
        "cc_email": mail,
        "owner_name": owner_name,
        "label_ids": _numbers.decode(party.label_ids),
        "value": party.id,
    }
