"""What both versions do alike with deals: reading filters, and words of the wire for outcomes."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec

from dealflow.core.deal import VISIBILITIES, Deal
from dealflow.core.errors import Invalid
from dealflow.core.money import Amount, amount
from dealflow.core.term import Term
from dealflow.core.time import DAY, Instant
from dealflow.storage import deals, terms, users
from dealflow.storage.tx import Tx
from dealflow.wire import Int, Number

STATUSES: Final = frozenset({"open", "won", "lost", "deleted"})
OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {"open": ("open",), "won": ("won",), "lost": ("lost", "unqualified")}
NEVER: Final = Instant(2**62)
MOST_CUSTOM_FIELDS: Final = 15
VisibleTo = Annotated[Int, msgspec.Meta(extra_json_schema={"enum": list(VISIBILITIES)})]
Percent = Annotated[Number, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 100})]
Where = dict[str, Mapping[str, Any]]

read_label_ids = msgspec.json.Decoder(list[int]).decode
read_custom = msgspec.json.Decoder(dict[str, Any]).decode


def status(deal: Deal) -> str:
    """open, won, lost or deleted."""
    if deal.deleted_at is not None:
        return "deleted"
    return "lost" if deal.outcome == "unqualified" else deal.outcome


def loss_reason(deal: Deal, reasons: Mapping[int, Term]) -> str | None:
    """The reason, only while the deal is lost: in words, else the one chosen from the company's list."""
    if deal.outcome not in ("lost", "unqualified"):
        return None
    chosen = reasons.get(_reason_id(deal) or 0)
    return deal.loss_reason or (chosen.name if chosen else None)


def _reason_id(deal: Deal) -> int | None:
    """The reason chosen for the outcome of the deal."""
    ids = {"lost": deal.loss_reason_id, "unqualified": deal.unqualified_reason_id}
    return ids.get(deal.outcome)


def chosen_reasons(tx: Tx, found: Iterable[Deal]) -> Mapping[int, Term]:
    """The reasons by id that deals without words of their own were lost for."""
    ids = {_reason_id(deal) for deal in found if deal.outcome != "open" and not deal.loss_reason} - {None}
    return terms.terms.by_id(tx, ids) if ids else {}


def kept_since(tx: Tx) -> Instant:
    """Deals deleted before this instant are gone for good."""
    return Instant(tx.now - deals.KEPT_DAYS * DAY)


def visible(tx: Tx, *, archived: bool) -> Where:
    """Conditions of every list: what the caller may see, archived deals apart."""
    where: Where = {"archived" if archived else "not_archived": {}}
    where.update(deals.visible_to(users.me(tx)))
    return where


def with_statuses(tx: Tx, where: Where, statuses: list[str]) -> None:
    """Leave the deals that have one of the statuses; none given means all that are not deleted."""
    if not statuses:
        where["not_deleted"] = {}
        return
    if statuses == ["open"]:
        where["open"] = {}
        return
    wanted = [outcome for word in statuses for outcome in OUTCOMES.get(word, ())] or [""]
    binds: dict[str, Any] = {f"of_outcome_{i}": wanted[min(i, len(wanted) - 1)] for i in range(4)}
    binds["deleted_since"] = kept_since(tx) if "deleted" in statuses else NEVER
    where["outcomes"] = binds


def read_amount(number: Number | None) -> Amount:
    """The worth of a deal; null is nothing. Raises Invalid."""
    return Amount(0) if number is None else amount(number)


def read_percent(number: Number | None) -> int | None:
    """A probability; fractions are cut. Raises Invalid."""
    if number is None:
        return None
    if not 0 <= number <= 100:
        raise Invalid("probability", "must be from 0 to 100")
    return int(number)
