"""Deals and parties that come with a past: made up for the demo, or brought along from elsewhere.

What is written is what the ordinary actions would have left behind had they been called at those times: the record as
it is now, its events as they happened, its follower and participant, the totals.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice, pairwise
from operator import is_not
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from dealflow.actions.deals import PRIMARY
from dealflow.core.deal import Deal, changed
from dealflow.core.errors import Invalid
from dealflow.core.party import ContactPoint, Party
from dealflow.core.text import search_key
from dealflow.core.time import Instant
from dealflow.storage import counters, deals, schema
from dealflow.storage.bulk import Entry, Place, Progress, add_all, append_all
from dealflow.storage.events import is_told
from dealflow.storage.followers import Follower, Participant
from dealflow.storage.spool import Spool
from dealflow.storage.stage_entries import names_place
from dealflow.storage.tx import Tx

LOGGED: Final = [(place, name) if is_told(name) else None for place, name in enumerate(Deal._fields)]
"""The attributes by their place, None for one that the log does not keep."""

PIECE: Final = 500


class Moment(NamedTuple):
    """A deal as it was from `at` on, and who made it so."""

    at: Instant
    actor_id: int | None
    deal: Deal


class Life(NamedTuple):
    """A deal from its creation until now, oldest moment first. Ids and versions are given when it is written.

    Its person and organization stay the same.
    """

    moments: Sequence[Moment]


class Acquaintance(NamedTuple):
    """A party as it was made and still is, with its addresses and numbers. Its id is its own, taken beforehand."""

    party: Party
    points: Sequence[ContactPoint]


def add_past(
    tx: Tx, acquaintances: Sequence[Acquaintance], lives: Iterable[Life], progress: Progress = lambda _: None
) -> list[int]:
    """Write parties and deals with all their events, the events of all in the order of their times; the deals' ids.

    Deals get their ids in the order given. `lives` may be more than memory would hold: they are taken in pieces.
    `progress` is told the number of rows written, every so often. Raises Invalid if a life is empty or runs backwards.
    """
    ids: list[int] = []
    add_all(tx, schema.party, Party._fields, [each.party for each in acquaintances], progress)
    points = [point for each in acquaintances for point in each.points]
    add_all(tx, schema.contact_point, ContactPoint._fields, points, progress)
    with Spool() as log:
        log.extend(map(_met, acquaintances))
        coming = iter(lives)
        while piece := list(islice(coming, PIECE)):
            ids += _add_deals(tx, piece, log, progress)
        append_all(tx, log, len(log), progress)
    return ids


def _add_deals(tx: Tx, lives: Sequence[Life], log: Spool, progress: Progress) -> Iterator[int]:
    """Write deals and what is beside them; their events go into `log`. The ids."""
    first = counters.next_id(tx, "deal", len(lives))
    rows: list[Deal] = []
    for deal_id, life in enumerate(lives, first):
        deal, entries = _told(deal_id, life)
        rows.append(deal)
        log.extend(entries)
    add_all(tx, schema.deal, Deal._fields, rows, progress)
    _attach(tx, rows, lives, progress)
    for deal in rows:
        deals.count_in(tx, deal, 1)
    return (deal.id for deal in rows)


def _told(deal_id: int, life: Life) -> tuple[Deal, list[Entry]]:
    """The deal as it is now, and its events."""
    if not life.moments:
        raise Invalid("events", "must not be empty")
    begun = life.moments[0]
    begun = begun._replace(deal=changed(begun.deal, id=deal_id))
    entries = _begun(begun)
    version, changed_at = 1, begun.at
    for earlier, later in pairwise(life.moments):
        if later.at < earlier.at:
            raise Invalid("at", "history is not in time order")
        entry = _changed(deal_id, earlier.deal, later)
        if entry is not None:
            entries.append(entry)
            version, changed_at = version + 1, later.at
    now = life.moments[-1].deal
    title_key = search_key(now.title)
    return changed(now, id=deal_id, version=version, updated_at=changed_at, title_key=title_key), entries


def _begun(moment: Moment) -> list[Entry]:
    deal = moment.deal
    about = ("deal", deal.id)
    values: dict[str, Any] = {name: deal[place] for place, name in filter(None, LOGGED) if deal[place] is not None}
    place = Place(deal.started_at, deal.pipeline_id, deal.stage_id)
    entries = [
        Entry.of(moment.at, moment.actor_id, about, "created", None, values, place),
        Entry.of(moment.at, moment.actor_id, about, "followed", None, {"user_id": deal.owner_id}),
    ]
    if deal.person_id is not None:
        joined = {"person_id": deal.person_id, "role": PRIMARY}
        entries.append(Entry.of(moment.at, moment.actor_id, about, "joined", None, joined))
    return entries


def _changed(deal_id: int, before: Deal, moment: Moment) -> Entry | None:
    after = moment.deal
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    # Most attributes are the very same objects; only the others are looked at.
    for place, name in filter(None, compress(LOGGED, map(is_not, before, after))):
        if before[place] != after[place]:
            old[name], new[name] = before[place], after[place]
    if not new:
        return None
    action = "deleted" if before.deleted_at is None and after.deleted_at is not None else "updated"
    place_now = Place(moment.at, after.pipeline_id, after.stage_id) if names_place(new) else None
    return Entry.of(moment.at, moment.actor_id, ("deal", deal_id), action, old, new, place_now)


def _attach(tx: Tx, rows: Sequence[Deal], lives: Sequence[Life], progress: Progress) -> None:
    """Owners follow their deals from the start, persons take part in them."""
    firsts = [(deal.id, life.moments[0]) for deal, life in zip(rows, lives, strict=True)]
    followers = [("deal", deal_id, first.deal.owner_id, first.at) for deal_id, first in firsts]
    participants = [
        (deal_id, first.deal.person_id, PRIMARY, first.actor_id or first.deal.creator_id, first.at)
        for deal_id, first in firsts
        if first.deal.person_id is not None
    ]
    _relate(tx, schema.follower, Follower._fields, followers, progress)
    _relate(tx, schema.participant, Participant._fields, participants, progress)


def _relate(
    tx: Tx, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], progress: Progress
) -> None:
    """Write relations, which get their ids, the first column, in the order given."""
    if rows:
        first_id = counters.next_id(tx, table.name, len(rows))
        add_all(tx, table, columns, [(first_id + i, *row) for i, row in enumerate(rows)], progress)


def _met(acquaintance: Acquaintance) -> Entry:
    """The creation of a party as actions.parties records it."""
    party = acquaintance.party
    values = {name: value for name, value in party._asdict().items() if is_told(name) and value is not None}
    for attribute, wanted in (("emails", True), ("phones", False)):
        shown = [
            {"value": point.value, "label": point.label, "primary": point.is_primary}
            for point in acquaintance.points
            if (point.kind == "email") is wanted
        ]
        if shown:
            values[attribute] = shown
    return Entry.of(party.created_at, party.creator_id, (party.kind, party.id), "created", None, values)
