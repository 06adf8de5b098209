"""Words a company chooses from: why deals are lost, where they come from, how leads and calls stand."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from dealflow.core.text import search_key
from dealflow.core.time import Instant

LOSS_REASON: Final = "loss_reason"
DEAL_UNQUALIFIED_REASON: Final = "deal_unqualified_reason"
LEAD_UNQUALIFIED_REASON: Final = "lead_unqualified_reason"
DEAL_SOURCE: Final = "deal_source"
LEAD_SOURCE: Final = "lead_source"
LEAD_STATUS: Final = "lead_status"
CALL_OUTCOME: Final = "call_outcome"
VISIT_OUTCOME: Final = "visit_outcome"

KINDS: Final = (
    LOSS_REASON,
    DEAL_UNQUALIFIED_REASON,
    LEAD_UNQUALIFIED_REASON,
    DEAL_SOURCE,
    LEAD_SOURCE,
    LEAD_STATUS,
    CALL_OUTCOME,
    VISIT_OUTCOME,
)


class Term(NamedTuple):
    """A word of one kind. Names are unique within a kind, exactly as written; ids count across kinds."""

    id: int
    kind: str
    name: str
    creator_id: int | None
    created_at: Instant
    updated_at: Instant
    version: int


def closest(terms: Sequence[Term], name: str) -> Term | None:
    """The term of this exact name, else the oldest whose name differs in case only (contract 6.4 i)."""
    key = search_key(name)
    alike = sorted(term for term in terms if search_key(term.name) == key)
    return next((term for term in alike if term.name == name), alike[0] if alike else None)
