"""Searching persons and organizations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.core.fields import Field
from dealflow.core.party import ContactPoint, Party
from dealflow.core.search import NOT_FOUND, custom_texts, score
from dealflow.storage.parties import contact_points, containing, literal, parties
from dealflow.storage.records import PIECE, After
from dealflow.storage.tx import Tx

MOST_HITS: Final = 1_000
MOST_READ: Final = 10_000

_read_document = msgspec.json.Decoder(dict[str, Any]).decode
Where = Mapping[str, Mapping[str, Any]]


class Search(NamedTuple):
    """What to look for. `term` is a search key; `places`: name, email, phone, address, custom_fields.

    `fields` are the custom fields to look into.
    """

    term: str
    places: frozenset[str]
    exact: bool
    fields: Sequence[Field]

    def score(self, text: str) -> float:
        return score(text, self.term, exact=self.exact)


class Hit(NamedTuple):
    """A party that was found; `texts` are the values of custom fields that answer the term."""

    party: Party
    score: float
    texts: list[str]


def search(tx: Tx, kind: str, wanted: Search, where: Where) -> list[Hit]:
    """The parties of a kind that answer a search, best first, then by id.

    Of the parties found by name, by e-mail address and by number at most 1,000 each are ranked; addresses and custom
    fields are looked up in the 10,000 parties that were added last.
    """
    where = {"kind": {"of_kind": kind}, "not_deleted": {}, **where}
    found = {party.id: party for party in _matching(tx, wanted, where)}
    if "address" in wanted.places or ("custom_fields" in wanted.places and wanted.fields):
        found.update((party.id, party) for party in _newest(tx, where) if _kept_texts(party, wanted))
    points = contact_points(tx, list(found)) if wanted.places & {"email", "phone"} else {}
    hits = [_hit(party, points.get(party.id, []), wanted) for party in found.values()]
    return sorted(hits, key=lambda hit: (-hit.score, hit.party.id))


def _matching(tx: Tx, wanted: Search, where: Where) -> Iterator[Party]:
    """Parties that the database finds by itself; whose name is the term is found among however many."""
    if "name" in wanted.places:
        yield from parties.page(tx, {**where, "name": {"name_key": wanted.term}}, limit=MOST_HITS)
    pattern = literal(wanted.term) if wanted.exact else containing(wanted.term)
    for place, condition in (("name", "name_matches"), ("email", "email_matches"), ("phone", "number_matches")):
        if place in wanted.places and not (place == "name" and wanted.exact):
            yield from parties.page(tx, {**where, condition: {"pattern": pattern}}, limit=MOST_HITS)


def _newest(tx: Tx, where: Where) -> Iterator[Party]:
    after = None
    for _ in range(MOST_READ // PIECE):
        page = parties.page(tx, where, descending=True, after=after, limit=PIECE)
        yield from page
        if len(page) < PIECE:
            return
        after = After(page[-1].id, page[-1].id)


def address_text(party: Party) -> str | None:
    """The address of an organization on one line."""
    address = None if party.details == "{}" else _read_document(party.details).get("address")
    return address["value"] if address else None


def _address_texts(party: Party, wanted: Search) -> list[str]:
    address = address_text(party) if "address" in wanted.places else None
    return [address] if address and wanted.score(address) else []


def _custom_texts(party: Party, wanted: Search) -> list[str]:
    if "custom_fields" not in wanted.places or party.custom_fields == "{}":
        return []
    return [text for text in custom_texts(wanted.fields, _read_document(party.custom_fields)) if wanted.score(text)]


def _kept_texts(party: Party, wanted: Search) -> list[str]:
    return _address_texts(party, wanted) + _custom_texts(party, wanted)


def _hit(party: Party, points: Sequence[ContactPoint], wanted: Search) -> Hit:
    texts = [*_kept_texts(party, wanted), *([party.name] if "name" in wanted.places else [])]
    texts += [point.value for point in points if _place(point) in wanted.places]
    best = max(map(wanted.score, texts), default=NOT_FOUND)
    return Hit(party, best, _custom_texts(party, wanted))


def _place(point: ContactPoint) -> str:
    return "email" if point.kind == "email" else "phone"
