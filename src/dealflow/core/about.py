"""What notes, activities, calls, messages and visits are about: a deal, a person, an organization or a lead."""

from typing import Final, NamedTuple, Protocol

DEAL: Final = "deal"
LEAD: Final = "lead"
PARTY: Final = "party"


class About(NamedTuple):
    """The record that something is about.

    `kind` is deal, lead or party, which is either a person or an organization; who must have one of these says
    person or organization.
    """

    kind: str
    id: int


class Linked(Protocol):
    """Something with links of its own to each kind of record."""

    @property
    def deal_id(self) -> int | None: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def organization_id(self) -> int | None: ...
    @property
    def lead_id(self) -> int | None: ...


def first_linked(*links: tuple[str, int | None]) -> About | None:
    """The first of some links that is set."""
    return next((About(kind, record_id) for kind, record_id in links if record_id is not None), None)


def about_of(linked: Linked) -> About | None:
    """The one record that something with several links is about (case k of contract 6.4)."""
    return first_linked(
        (DEAL, linked.deal_id), (PARTY, linked.person_id), (PARTY, linked.organization_id), (LEAD, linked.lead_id)
    )
