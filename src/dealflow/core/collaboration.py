"""Collaborations: who works on a record beside its owner."""

from typing import NamedTuple

from dealflow.core.about import About
from dealflow.core.time import Instant


class Collaboration(NamedTuple):
    """`resource` is deal, lead, party, or organization for a party that must be one."""

    id: int
    resource: str
    record_id: int
    collaborator_id: int
    creator_id: int
    created_at: Instant
    updated_at: Instant

    @property
    def about(self) -> About:
        return About(self.resource, self.record_id)
