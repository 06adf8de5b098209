"""Activities: what somebody has to do, or did. Calls that were made are not among them."""

from typing import Final, NamedTuple

from dealflow.core.about import About, about_of
from dealflow.core.time import Instant

TASK: Final = "task"
LONGEST: Final = 65_536


class Activity(NamedTuple):
    """`subject` is what there is to do. `done_at` is None until it is done. Several links, or none, may be set."""

    id: int
    type: str
    subject: str
    subject_key: str
    due_at: Instant | None
    remind_at: Instant | None
    done: bool
    done_at: Instant | None
    owner_id: int
    creator_id: int
    deal_id: int | None
    person_id: int | None
    organization_id: int | None
    lead_id: int | None
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None
    version: int

    @property
    def about(self) -> About | None:
        return about_of(self)

    def is_overdue(self, now: Instant) -> bool:
        """Whether it should have been done before now and is not."""
        return not self.done and self.due_at is not None and self.due_at < now
