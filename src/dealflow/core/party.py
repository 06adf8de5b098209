"""Parties: persons and organizations, in one id space."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from dealflow.core.text import NO_KEY
from dealflow.core.time import Instant

PERSON: Final = "person"
ORGANIZATION: Final = "organization"


class Party(NamedTuple):
    """`kind` is person or organization and never changes. `label_ids`, `details` and `custom_fields` are JSON text.

    `organization_id` links a person to its organization, `parent_id` an organization to the one above it. The keys
    are those of the names that sort: `core.text.sort_key`.
    """

    id: int
    kind: str
    name: str
    name_key: str
    first_name: str | None
    last_name: str | None
    organization_id: int | None
    owner_id: int
    creator_id: int
    visibility: int
    label_ids: str
    details: str
    custom_fields: str
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None
    version: int
    parent_id: int | None = None
    first_key: str = NO_KEY
    last_key: str = NO_KEY


class ContactPoint(NamedTuple):
    """An e-mail address or a phone number; `kind` is email, phone, mobile or fax."""

    party_id: int
    kind: str
    position: int
    label: str
    value: str
    value_key: str
    is_primary: bool


def main_point(points: Iterable[ContactPoint], kind: str) -> ContactPoint | None:
    """The one that stands for all of a kind: the primary e-mail address, the first number; None without any."""
    of_kind = sorted((point for point in points if point.kind == kind), key=lambda point: point.position)
    first = next(iter(of_kind), None)
    return next((point for point in of_kind if point.is_primary), first) if kind == "email" else first
