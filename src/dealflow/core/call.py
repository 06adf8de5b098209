"""Calls, text messages and visits: when somebody was spoken to, written to or seen."""

from typing import Final, NamedTuple

from dealflow.core.about import LEAD, PARTY, About, first_linked
from dealflow.core.time import Instant

VERIFICATIONS: Final = (
    "verified",
    "resource_location_too_far",
    "location_unknown",
    "location_services_disabled",
)
"""What is known of where a visitor was."""


class Call(NamedTuple):
    """`user_id` made or took it. `deal_ids` are those of the deals it belongs to, as JSON text."""

    id: int
    user_id: int
    phone_number: str
    incoming: bool
    missed: bool
    summary: str | None
    recording_url: str | None
    external_id: str | None
    duration_s: int | None
    outcome_id: int | None
    lead_id: int | None
    party_id: int | None
    deal_ids: str
    made_at: Instant
    created_at: Instant
    updated_at: Instant
    version: int

    @property
    def about(self) -> About | None:
        return first_linked((PARTY, self.party_id), (LEAD, self.lead_id))


class TextMessage(NamedTuple):
    """`user_id` sent it, or got an `incoming` one. `resource_phone_number` is that of the lead or the party."""

    id: int
    user_id: int
    user_phone_number: str
    content: str
    incoming: bool
    lead_id: int | None
    party_id: int | None
    resource_phone_number: str
    deal_ids: str
    sent_at: Instant
    created_at: Instant
    updated_at: Instant

    @property
    def about(self) -> About | None:
        return first_linked((PARTY, self.party_id), (LEAD, self.lead_id))


class Visit(NamedTuple):
    """`verification` is one of `VERIFICATIONS`, `address` that of the lead or the party at the time."""

    id: int
    creator_id: int
    outcome_id: int | None
    lead_id: int | None
    party_id: int | None
    address: str | None
    visited_at: Instant
    summary: str | None
    verification: str
    created_at: Instant
    updated_at: Instant

    @property
    def about(self) -> About | None:
        return first_linked((PARTY, self.party_id), (LEAD, self.lead_id))
