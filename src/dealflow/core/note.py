"""Notes: what people wrote down about a deal, a person, an organization or a lead."""

from typing import Final, NamedTuple

from dealflow.core.about import About, about_of
from dealflow.core.time import Instant

REGULAR: Final = "regular"
KINDS: Final = (REGULAR, "restricted")
LONGEST: Final = 65_536


class Note(NamedTuple):
    """`tags` are names, as JSON text. Several links may be set."""

    id: int
    content: str
    content_key: str
    kind: str
    is_important: bool
    tags: str
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
