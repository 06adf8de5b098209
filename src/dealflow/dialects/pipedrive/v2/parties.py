"""What persons and organizations share in version 2 (contract 1.6, 2.13)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.core.fields import blank_values, option_labels, read_values, show_values, with_labels
from dealflow.core.party import Party
from dealflow.dialects.pipedrive.paging import (
    CursorQuery,
    Direction,
    cursor_page,
    cursor_reply,
    read_cursor,
    write_cursor,
)
from dealflow.dialects.pipedrive.parties import (
    DEAL_COUNTS,
    NO_CONSENT,
    ORGANIZATION_PLACES,
    PARTICIPANT_COUNTS,
    UNCOUNTED,
    Counts,
    Term,
    Where,
    kept_details,
    label_ids,
    listed,
    read_document,
    search_items,
)
from dealflow.dialects.pipedrive.v1.expand import cc_email
from dealflow.dialects.pipedrive.values import read_body_time, read_field_keys, read_timestamp
from dealflow.storage import fields, parties, users
from dealflow.storage.party_search import Hit
from dealflow.storage.tx import Tx
from dealflow.wire import IdsText, InstantText, Int, Reply, read_ids, read_words, words_of

WORDS: Final = {"id": "id", "update_time": "updated_at", "add_time": "created_at"}
MOST_IDS: Final = 100
NULL_EXTRAS: Final = frozenset({"next_activity_id", "last_activity_id"})
ORGANIZATION_EXTRAS: Final = NULL_EXTRAS | {
    *DEAL_COUNTS,
    *UNCOUNTED,
    "followers_count",
    "people_count",
    "smart_bcc_email",
}
PERSON_NULL_EXTRAS: Final = NULL_EXTRAS | {"last_incoming_mail_time", "last_outgoing_mail_time", "doi_status"}
PERSON_EXTRAS: Final = (
    (ORGANIZATION_EXTRAS - {"people_count"}) | PERSON_NULL_EXTRAS | {*PARTICIPANT_COUNTS, "marketing_status"}
)
RENAMED: Final[Mapping[str, str]] = {
    "add_time": "created_at",
    "industry": "industry_id",
    "org_id": "organization_id",
    "visible_to": "visibility",
}


class ShowQuery(msgspec.Struct, kw_only=True):
    """What get-one shows beside the ordinary."""

    include_fields: str = ""
    custom_fields: str | None = None
    include_option_labels: bool = False
    include_labels: bool = False


class ListQuery(CursorQuery, kw_only=True):
    """Parameters of both lists."""

    filter_id: Int | None = None
    ids: IdsText | None = None
    owner_id: Int | None = None
    updated_since: InstantText | None = None
    updated_until: InstantText | None = None
    sort_by: Literal["id", "update_time", "add_time"] = "id"
    sort_direction: Direction = "asc"
    include_fields: str = ""
    custom_fields: str | None = None
    include_option_labels: bool = False
    include_labels: bool = False


class CursorSearchQuery(CursorQuery, kw_only=True):
    """Parameters of both searches."""

    term: Term
    fields: Annotated[str, words_of(ORGANIZATION_PLACES)] = ""
    exact_match: bool = False
    include_fields: str = ""


def list_page(tx: Tx, kind: str, query: ListQuery, where: Where) -> tuple[list[Party], str | None]:
    """One page of a list, `where` apart from what both lists can be restricted by. Unknown filters hold nothing."""
    where = {**listed(tx, kind), **where}
    if query.owner_id is not None:
        where["owner"] = {"owner_id": query.owner_id}
    if query.updated_since is not None:
        where["updated_since"] = {"updated_since": read_timestamp(query.updated_since, "updated_since")}
    if query.updated_until is not None:
        where["updated_until"] = {"updated_until": read_timestamp(query.updated_until, "updated_until")}
    ids = None if query.ids is None else read_ids(query.ids, "ids", MOST_IDS)
    return cursor_page(
        tx,
        parties.parties,
        where,
        query,
        words=WORDS,
        sort_by=query.sort_by,
        direction=query.sort_direction,
        ids=ids if query.filter_id is None else [],
    )


class Shown:
    """What both objects show beside their own attributes; loads it once for an answer."""

    def __init__(
        self, tx: Tx, kind: str, found: Sequence[Party], query: ShowQuery | ListQuery, extras: frozenset[str]
    ) -> None:
        live = fields.live(tx, kind)
        self._blank = blank_values(read_field_keys(query.custom_fields, live))
        self._options = option_labels(live) if query.include_option_labels else None
        self._labels = fields.label_names(tx, "contact") if query.include_labels else None
        self._extras = read_words(query.include_fields, "include_fields", extras) if query.include_fields else []
        self._counts = Counts(tx, kind, [party.id for party in found], self._extras)
        self._mail = cc_email(users.company(tx).domain) if "smart_bcc_email" in self._extras else ""

    def custom_fields(self, party: Party) -> dict[str, Any]:
        """All fields asked for, null where unset."""
        stored = read_document(party.custom_fields) if party.custom_fields != "{}" else {}
        if self._options is None:
            return show_values(self._blank, stored)
        return with_labels(self._blank, self._options, stored)

    def extras(self, party: Party) -> dict[str, Any]:
        """Labels and `include_fields`, as far as asked for."""
        shown: dict[str, Any] = {}
        if self._labels is not None:
            names = self._labels
            shown["labels"] = [{"id": each, "label": names[each]} for each in label_ids(party) if each in names]
        for name in self._extras:
            shown[name] = self._extra(party, name)
        return shown

    def _extra(self, party: Party, name: str) -> Any:
        if name in UNCOUNTED:
            return 0
        if name in PERSON_NULL_EXTRAS:
            return None
        if name == "smart_bcc_email":
            return self._mail
        if name == "marketing_status":
            return kept_details(party).get(name, NO_CONSENT)
        return self._counts.of(party.id, name)


def in_core_words(tx: Tx, kind: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What a body gives, its custom fields and times read. Raises Invalid."""
    read = {RENAMED.get(name, name): value for name, value in sent.items() if name != "custom_fields"}
    added = read.pop("created_at", None)
    if added is not None:
        read["created_at"] = read_body_time(added, "add_time")
    if sent.get("custom_fields"):
        me = users.me(tx)
        read["custom"] = read_values(fields.live(tx, kind), sent["custom_fields"], me.timezone, me.currency)
    return read


def search_reply(tx: Tx, kind: str, query: CursorSearchQuery, hits: Sequence[Hit], extras: Sequence[str] = ()) -> Reply:
    """A page of hits; the cursor holds the score, in hundredths, and the id of the last one."""
    if query.cursor:
        after = read_cursor(query.cursor, "result_score", "desc")
        hits = [hit for hit in hits if (-_hundredths(hit), hit.party.id) > (-after.key, after.id)]
    page, cursor = hits[: query.limit], None
    if len(hits) > query.limit:
        cursor = write_cursor("result_score", "desc", _hundredths(page[-1]), page[-1].party.id)
    reply = cursor_reply([], cursor)
    reply.content["data"] = {"items": search_items(tx, kind, page, extras)}
    return reply


def _hundredths(hit: Hit) -> int:
    return round(hit.score * 100)
