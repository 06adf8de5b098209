"""Words a company chooses from: why deals are lost, where they come from, how leads and calls stand."""

from collections.abc import Mapping, Sequence
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

BASICS: Final[Mapping[str, tuple[str, ...]]] = {
    LEAD_STATUS: ("New", "Working", "Unqualified"),
    CALL_OUTCOME: ("Interested", "Not interested", "Call back later", "Left voicemail", "No answer", "Wrong number"),
    VISIT_OUTCOME: ("Interested", "Not interested", "Visit again", "Nobody there"),
}
"""What every company begins with."""

_SOURCES: Final = ("Our website", "Word of mouth", "Referral", "Cold call", "Advertisement", "Trade show", "Partner")
SELL: Final[Mapping[str, tuple[str, ...]]] = {
    LOSS_REASON: ("Price", "Competition", "Missing features", "No budget", "Bad timing", "No answer"),
    DEAL_UNQUALIFIED_REASON: ("Not a fit", "No need", "No budget", "Could not be reached"),
    LEAD_UNQUALIFIED_REASON: ("Not a fit", "No need", "No budget", "Could not be reached", "Duplicate"),
    DEAL_SOURCE: _SOURCES,
    LEAD_SOURCE: _SOURCES,
}
"""What new Sell accounts have besides."""


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
