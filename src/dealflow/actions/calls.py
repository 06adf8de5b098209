"""Calls: add, change, delete. Text messages and visits come from elsewhere and are added whole.

Attributes are given by the core's words. Besides the columns `about` is known, a party or a lead or None, and
`deal_ids` is a list.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dealflow.actions.links import party_or_lead
from dealflow.actions.touch import touch_deals
from dealflow.core.call import VERIFICATIONS, Call, TextMessage, Visit
from dealflow.core.errors import Invalid
from dealflow.core.term import CALL_OUTCOME, VISIT_OUTCOME
from dealflow.core.text import read_text
from dealflow.storage import calls, counters, events, terms, users
from dealflow.storage.links import get_reachable, seen_deals
from dealflow.storage.tx import Tx

CALLS: Final = calls.calls
LONGEST_NUMBER: Final = 255
MOST_DEALS: Final = 500
PLAIN: Final = ("incoming", "missed", "summary", "recording_url", "external_id", "duration_s", "made_at")

read_ids = msgspec.json.Decoder(list[int]).decode


def add_call(tx: Tx, given: Mapping[str, Any]) -> Call:
    """A new call, of the user and as of now unless said otherwise. Raises Invalid."""
    if "phone_number" not in given:
        raise Invalid("phone_number", "is required")
    blank = Call(
        id=0,
        user_id=tx.user_id,
        phone_number="",
        incoming=False,
        missed=False,
        summary=None,
        recording_url=None,
        external_id=None,
        duration_s=None,
        outcome_id=None,
        lead_id=None,
        party_id=None,
        deal_ids="[]",
        made_at=tx.now,
        created_at=tx.now,
        updated_at=tx.now,
        version=1,
    )
    call = _changed(tx, blank, given)
    call = CALLS.add(tx, call._replace(id=counters.next_id(tx, "call")))
    events.created(tx, "call", call)
    touch_deals(tx, read_ids(call.deal_ids))
    return call


def readable_call(tx: Tx, call_id: int) -> Call:
    """A call that the user may see, as may be whom it was about, who is not deleted. Raises NotFound."""
    return get_reachable(tx, CALLS, call_id, users.me(tx))


def update_call(tx: Tx, call_id: int, given: Mapping[str, Any]) -> Call:
    """Change what is given. Raises NotFound, Invalid."""
    before = readable_call(tx, call_id)
    after = _changed(tx, before, given)
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "call", before, after)
    touch_deals(tx, read_ids(after.deal_ids))
    return CALLS.save(tx, before, after)


def delete_call(tx: Tx, call_id: int) -> None:
    """Remove a call for good. Raises NotFound."""
    call = readable_call(tx, call_id)
    CALLS.drop(tx, call.id)
    events.append(tx, "call", call.id, "deleted", call._asdict(), None)


def add_text_message(tx: Tx, given: Mapping[str, Any]) -> TextMessage:
    """A text message that was sent or received. Raises Invalid."""
    message = TextMessage(
        id=counters.next_id(tx, "text_message"),
        user_id=_user(tx, given.get("user_id", tx.user_id)),
        user_phone_number=given.get("user_phone_number", ""),
        content=given["content"],
        incoming=given.get("incoming", False),
        resource_phone_number=given.get("resource_phone_number", ""),
        deal_ids=_deals(tx, given.get("deal_ids", [])),
        sent_at=given.get("sent_at", tx.now),
        created_at=tx.now,
        updated_at=tx.now,
        **party_or_lead(tx, {"about": given.get("about")}),
    )
    calls.text_messages.add(tx, message)
    events.created(tx, "text_message", message)
    return message


def add_visit(tx: Tx, given: Mapping[str, Any]) -> Visit:
    """A visit that was made to a party or a lead. Raises Invalid."""
    verification = given.get("verification", "location_unknown")
    if verification not in VERIFICATIONS:
        raise Invalid("verification", "value is not included in the list")
    visit = Visit(
        id=counters.next_id(tx, "visit"),
        creator_id=_user(tx, given.get("creator_id", tx.user_id), "creator_id"),
        outcome_id=_outcome(tx, VISIT_OUTCOME, given.get("outcome_id")),
        address=given.get("address"),
        visited_at=given.get("visited_at", tx.now),
        summary=given.get("summary"),
        verification=verification,
        created_at=tx.now,
        updated_at=tx.now,
        **party_or_lead(tx, {"about": given["about"]}),
    )
    calls.visits.add(tx, visit)
    events.created(tx, "visit", visit)
    return visit


def _changed(tx: Tx, call: Call, given: Mapping[str, Any]) -> Call:
    """The call with all that is given applied and checked."""
    changes: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
    changes |= party_or_lead(tx, given)
    if "phone_number" in given:
        changes["phone_number"] = read_text(given["phone_number"], "phone_number", LONGEST_NUMBER)
    if "user_id" in given:
        changes["user_id"] = _user(tx, given["user_id"])
    if "outcome_id" in given:
        changes["outcome_id"] = _outcome(tx, CALL_OUTCOME, given["outcome_id"])
    if "deal_ids" in given:
        changes["deal_ids"] = _deals(tx, given["deal_ids"])
    if (given.get("duration_s") or 0) < 0:
        raise Invalid("duration_s", "must not be negative")
    return call._replace(**changes)


def _user(tx: Tx, user_id: int, field: str = "user_id") -> int:
    """Who called; they may have left the company since."""
    if users.users.find(tx, user_id) is None:
        raise Invalid(field, "no such user")
    return user_id


def _outcome(tx: Tx, kind: str, term_id: int | None) -> int | None:
    if term_id is not None and terms.find(tx, kind, term_id) is None:
        raise Invalid("outcome_id", "no such outcome")
    return term_id


def _deals(tx: Tx, deal_ids: list[int]) -> str:
    if len(deal_ids) > MOST_DEALS:
        raise Invalid("deal_ids", f"must have at most {MOST_DEALS} entries")
    if not set(deal_ids) <= seen_deals(tx, deal_ids, users.me(tx)):
        raise Invalid("deal_ids", "no such deal")
    return msgspec.json.encode(deal_ids).decode()
