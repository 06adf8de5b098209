"""The life that a deal's line of a history file tells, once the line was found good."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dealflow.actions.deals import read_title
from dealflow.actions.history import Life, Moment
from dealflow.actions.history_file import (
    AnyEvent,
    Archived,
    Created,
    DealLine,
    Deleted,
    GivenTo,
    Lost,
    Moved,
    Reopened,
    Restored,
    Unarchived,
    Unqualified,
    Valued,
    Won,
)
from dealflow.core.deal import Deal, changed, close, move, new_deal, with_shown_change
from dealflow.core.money import exact_amount
from dealflow.core.pipeline import Stage
from dealflow.core.term import Term, closest
from dealflow.core.time import Instant, instant

ORIGIN: Final = "Import"


class Names(NamedTuple):
    """What the keys of a file stand for. `currency` is that of deals that name none; reasons are the company's own."""

    users: Mapping[str, int]
    stages: Mapping[str, Stage]
    currency: str
    loss_reasons: Sequence[Term]
    unqualified_reasons: Sequence[Term]


def read_life(line: DealLine, names: Names) -> Life:
    """The life that a line tells; events that change nothing are left out. Raises KeyError for an unknown key."""
    first, *later = line.events
    assert isinstance(first, Created)
    at = instant(first.at)
    deal = _begun(line, names.stages[first.stage], names, at)
    moments = [Moment(at, None, deal)]
    for event in later:
        at = instant(event.at)
        after: Deal = _EFFECTS[type(event)](names, deal, event, at)
        if after is not deal and after != deal:
            deal = with_shown_change(deal, after, at, None)
            moments.append(Moment(at, None, deal))
    return Life(moments)


def _begun(line: DealLine, stage: Stage, names: Names, at: Instant) -> Deal:
    deal = new_deal(read_title(line.title), stage, names.users[line.owner], line.currency or names.currency, at)
    return changed(deal, value=exact_amount(line.value), origin=ORIGIN)


def _won(deal: Deal, at: Instant) -> Deal:
    won = close(deal, "won", at)
    return deal if won is deal else changed(won, loss_reason=None, loss_reason_id=None)


def _lost(names: Names, deal: Deal, event: Lost | Unqualified, at: Instant) -> Deal:
    """The deal lost or unqualified for the reason that is given, or for none."""
    reason = event.reason or None
    changes: dict[str, Any] = {"loss_reason": reason}
    if isinstance(event, Lost):
        changes["loss_reason_id"] = _term_id(names.loss_reasons, reason)
    else:
        changes["unqualified_reason_id"] = _term_id(names.unqualified_reasons, reason)
    return changed(close(deal, event.type, at), **changes)


def _term_id(terms: Sequence[Term], reason: str | None) -> int | None:
    term = closest(terms, reason) if reason and terms else None
    return term.id if term else None


def _valued(deal: Deal, event: Valued) -> Deal:
    return changed(
        deal,
        value=deal.value if event.value is None else exact_amount(event.value),
        currency=deal.currency if event.currency is None else event.currency,
    )


_EFFECTS: Final[Mapping[type[AnyEvent], Any]] = {
    Moved: lambda names, deal, event, at: move(deal, names.stages[event.stage], at),
    Won: lambda _, deal, __, at: _won(deal, at),
    Lost: _lost,
    Unqualified: _lost,
    Reopened: lambda _, deal, __, at: close(deal, "open", at),
    GivenTo: lambda names, deal, event, _: changed(deal, owner_id=names.users[event.owner]),
    Valued: lambda _, deal, event, __: _valued(deal, event),
    Archived: lambda _, deal, __, at: changed(deal, archived_at=deal.archived_at or at),
    Unarchived: lambda _, deal, *__: changed(deal, archived_at=None),
    Deleted: lambda _, deal, __, at: changed(deal, deleted_at=deal.deleted_at or at),
    Restored: lambda _, deal, *__: changed(deal, deleted_at=None),
}
"""What each kind of event makes of a deal."""
