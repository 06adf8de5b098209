"""A deal: where it stands, how it ended, and the moves between.

The open stage and the outcome are kept apart: a won deal still knows the stage it was won in. Functions take a deal
and give the new one; nothing here stores or records.
"""

from typing import Any, Final, NamedTuple

from dealflow.core import money
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.money import Amount
from dealflow.core.pipeline import Stage
from dealflow.core.text import search_key
from dealflow.core.time import DAY, Day, Instant


class Deal(NamedTuple):
    """`label_ids` and `custom_fields` are JSON text. `outcome`: open, won, lost or unqualified.

    `outcome_at` is the last change of outcome, reopening included; None before any. `started_at` is the moment
    the deal began, as its owner sees it; `created_at` the moment its row was made. `loss_reason` is the reason as it
    was worded, `loss_reason_id` and `unqualified_reason_id` those chosen from the company's own lists.

    Surfaces that show an outcome as a stage (`shown_stage`) keep times of their own: `sell_stage_changed_at` is the
    last change of what they show, None before any. `last_activity_at` is the last note, task or call.
    """

    id: int
    title: str
    title_key: str
    value: Amount
    currency: str
    owner_id: int
    creator_id: int
    person_id: int | None
    organization_id: int | None
    pipeline_id: int
    stage_id: int
    outcome: str
    outcome_at: Instant | None
    first_won_at: Instant | None
    loss_reason: str | None
    probability: int | None
    expected_close: Day | None
    visibility: int
    label_ids: str
    custom_fields: str
    origin: str
    origin_id: str | None
    channel: int | None
    channel_id: str | None
    started_at: Instant
    created_at: Instant
    updated_at: Instant
    stage_changed_at: Instant | None
    archived_at: Instant | None
    deleted_at: Instant | None
    version: int
    hot: bool = False
    source_id: int | None = None
    loss_reason_id: int | None = None
    unqualified_reason_id: int | None = None
    sell_stage_changed_at: Instant | None = None
    sell_stage_changed_by_id: int | None = None
    last_activity_at: Instant | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome == "open"

    @property
    def closed_at(self) -> Instant | None:
        return None if self.outcome == "open" else self.outcome_at

    @property
    def counts(self) -> bool:
        """Whether the deal enters the totals of its pipeline: open, neither archived nor deleted."""
        return self.outcome == "open" and self.archived_at is None and self.deleted_at is None


OUTCOMES: Final = ("open", "won", "lost", "unqualified")
PRIVATE: Final = 1
DEFAULT_VISIBILITY: Final = 3
VISIBILITIES: Final = (1, 3, 5, 7)


_PLACE: Final = {name: place for place, name in enumerate(Deal._fields)}


def changed(deal: Deal, **changes: Any) -> Deal:
    """The deal with other attributes, as `_replace` gives it, which takes three times as long for so many of them."""
    values = list(deal)
    for name, value in changes.items():
        values[_PLACE[name]] = value
    return tuple.__new__(Deal, values)


def new_deal(title: str, stage: Stage, owner_id: int, currency: str, at: Instant) -> Deal:
    """An open deal without worth, as it begins in a stage: made by its owner, seen by all, its id still to come."""
    return Deal(
        id=0,
        title=title,
        title_key=search_key(title),
        value=money.ZERO,
        currency=currency,
        owner_id=owner_id,
        creator_id=owner_id,
        person_id=None,
        organization_id=None,
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        outcome="open",
        outcome_at=None,
        first_won_at=None,
        loss_reason=None,
        probability=None,
        expected_close=None,
        visibility=DEFAULT_VISIBILITY,
        label_ids="[]",
        custom_fields="{}",
        origin="API",
        origin_id=None,
        channel=None,
        channel_id=None,
        started_at=at,
        created_at=at,
        updated_at=at,
        stage_changed_at=None,
        archived_at=None,
        deleted_at=None,
        version=1,
    )


def move(deal: Deal, stage: Stage, at: Instant) -> Deal:
    """The deal in another stage; unchanged where it stands there already. The outcome stays."""
    if stage.id == deal.stage_id:
        return deal
    return changed(deal, stage_id=stage.id, pipeline_id=stage.pipeline_id, stage_changed_at=at)


def close(deal: Deal, outcome: str, at: Instant) -> Deal:
    """The deal with another outcome as of `at`; unchanged if it has it already. Reasons stay, for the next time."""
    if outcome == deal.outcome:
        return deal
    if outcome == "won":
        return changed(deal, outcome="won", outcome_at=at, first_won_at=deal.first_won_at or at)
    return changed(deal, outcome=outcome, outcome_at=at)


def contact_of(deal: Deal) -> int | None:
    """The party a deal is with, where there is but one: the person, else the organization."""
    return deal.organization_id if deal.person_id is None else deal.person_id


def shown_place(deal: Deal) -> tuple[str, int]:
    """Where surfaces see a deal that show an outcome as a stage: in its stage, or in that outcome of its pipeline."""
    return ("open", deal.stage_id) if deal.outcome == "open" else (deal.outcome, deal.pipeline_id)


def with_shown_change(before: Deal, after: Deal, at: Instant, by_id: int | None) -> Deal:
    """The later state of a deal with the time and the user of the change, if its shown place differs.

    `by_id` None if nobody is known to have done it.
    """
    if shown_place(before) == shown_place(after):
        return after
    return changed(after, sell_stage_changed_at=at, sell_stage_changed_by_id=by_id)


def read_probability(percent: int | None) -> int | None:
    """A percentage, 0 to 100, or None for that of the stage. Raises Invalid."""
    if percent is not None and not 0 <= percent <= 100:
        raise Invalid("probability", "must be from 0 to 100")
    return percent


def read_visibility(visibility: int) -> int:
    """1 owner and followers, 3 to 7 wider circles. Raises Invalid."""
    if visibility not in VISIBILITIES:
        raise Invalid("visibility", "must be 1, 3, 5 or 7")
    return visibility


def require_writable(deal: Deal) -> None:
    """Archived deals are read-only. Raises Conflict."""
    if deal.archived_at is not None:
        raise Conflict("deal", "is archived and cannot be changed")


def probability(deal: Deal, stage: Stage, *, probability_enabled: bool) -> int:
    """The percentage that weighs the deal: its own where the pipeline uses it, else its stage's."""
    return deal.probability if probability_enabled and deal.probability is not None else stage.likelihood


def weighted(value: Amount, percent: int, decimals: int) -> Amount:
    """`value * percent / 100`, rounded half up to the currency's decimals."""
    return money.rounded(value * percent, 100, decimals)


def rotten_at(deal: Deal, days: int | None) -> Instant | None:
    """When an open deal turns rotten if nothing more happens to it; `days` are its stage's, None for never."""
    if days is None or not deal.is_open:
        return None
    return Instant(deal.updated_at + days * DAY)
