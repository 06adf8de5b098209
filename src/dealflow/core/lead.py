"""Leads: somebody, or some organization, who may become a contact with a deal."""

from typing import NamedTuple

from dealflow.core.text import NO_KEY
from dealflow.core.time import Instant


class Lead(NamedTuple):
    """A lead has a last name, the name of an organization, or both.

    `label_ids`, `details` and `custom_fields` are JSON text; `status_id`, `source_id` and `unqualified_reason_id` are
    terms. The keys are those of the names and of the e-mail address: `core.text.sort_key`.
    """

    id: int
    first_name: str | None
    last_name: str | None
    organization_name: str | None
    status_id: int
    owner_id: int
    creator_id: int
    source_id: int | None
    unqualified_reason_id: int | None
    email: str | None
    phone: str | None
    mobile: str | None
    label_ids: str
    details: str
    custom_fields: str
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None
    version: int
    first_key: str = NO_KEY
    last_key: str = NO_KEY
    organization_key: str = NO_KEY
    email_key: str = NO_KEY


class LeadConversion(NamedTuple):
    """What a lead was made into."""

    id: int
    lead_id: int
    person_id: int | None
    organization_id: int | None
    deal_id: int | None
    creator_id: int
    created_at: Instant
