"""Which records a user may see, deleted ones among them: for those who tell what happened."""

from collections.abc import Iterable

from dealflow.core.about import DEAL, LEAD, About
from dealflow.storage import deals, parties, users
from dealflow.storage.records import pieces
from dealflow.storage.tx import Tx


def deals_in_sight(tx: Tx, deal_ids: Iterable[int]) -> set[int]:
    """Those of some deals that the acting user may see."""
    wanted, seen = set(deal_ids), deals.visible_to(users.me(tx))
    if not seen:
        return wanted
    return {deal.id for piece in pieces(sorted(wanted)) for deal in deals.deals.page_by_ids(tx, piece, seen)}


def parties_in_sight(tx: Tx, party_ids: Iterable[int]) -> set[int]:
    """The same of persons and organizations."""
    wanted, seen = set(party_ids), parties.visible_to(users.me(tx))
    if not seen:
        return wanted
    return {party.id for piece in pieces(sorted(wanted)) for party in parties.parties.page_by_ids(tx, piece, seen)}


def abouts_in_sight(tx: Tx, abouts: Iterable[About | None]) -> set[About | None]:
    """The same of what notes, tasks and the like are about. Everybody sees leads, and what is about nothing."""
    wanted = set(abouts)
    linked = [each for each in wanted if each is not None and each.kind != LEAD]
    deal_ids = deals_in_sight(tx, (each.id for each in linked if each.kind == DEAL))
    party_ids = parties_in_sight(tx, (each.id for each in linked if each.kind != DEAL))
    hidden = {each for each in linked if each.id not in (deal_ids if each.kind == DEAL else party_ids)}
    return wanted - hidden
